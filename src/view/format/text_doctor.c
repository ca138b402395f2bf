/* SPDX-License-Identifier: GPL-2.0 */
/* The page of doctor: facts, then the candidates of each hook with what they give. */
#include <string.h>

#include "view/format/text.h"
#include "view/rows/doctor.h"

#define INDENT 21
#define DEEPER 16

static void put_facts(struct text *x, const struct text_rows *rows)
{
	for (size_t i = 0; rows && i < rows->count; i++) {
		const struct fact *f = rows->row[i];
		const char *remedy = model_fact(x->t->model, "remedy", f->key);

		text_wrap_at(x, INDENT, "%-*s %s", INDENT - 1, f->key, tick_escaped(x->t, f->value));
		if (remedy)
			text_wrap_at(x, INDENT, "%*sremedy: %s", INDENT, "", tick_escaped(x->t, remedy));
	}
}

static void put_candidate(struct text *x, const struct doctor_candidate *c)
{
	char *const *text = c->text;
	const char *backend = tick_escaped(x->t, text[DOCTOR_BACKEND]);
	const char *name = tick_printf(x->t, "  %s %-11s", c->head.chosen ? "*" : " ", backend);

	if (c->head.works)
		text_wrap_at(x, DEEPER, "%s works: gives %s", name, tick_escaped(x->t, text[DOCTOR_PROVIDES]));
	else
		text_wrap_at(x, DEEPER, "%s no: %s%s%s", name, tick_escaped(x->t, text[DOCTOR_PROGRAM]),
			     text[DOCTOR_PROGRAM][0] ? ": " : "", tick_escaped(x->t, text[DOCTOR_WHY]));
	if (c->head.works && text[DOCTOR_LIMITATIONS][0])
		text_wrap_at(x, DEEPER, "%*smissing: %s", DEEPER, "", tick_escaped(x->t, text[DOCTOR_LIMITATIONS]));
	if (c->head.works)
		return;
	text_wrap_at(x, DEEPER, "%*swould give: %s", DEEPER, "", tick_escaped(x->t, text[DOCTOR_PROVIDES]));
	text_wrap_at(x, DEEPER, "%*sremedy: %s", DEEPER, "", tick_escaped(x->t, text[DOCTOR_REMEDY]));
}

/* What `mmtrace -p PID` would say. */
static void put_verdict(struct text *x)
{
	const struct model *m = x->t->model;
	const char *what = model_fact(m, "refusal", "what"), *cause = model_fact(m, "refusal", "cause");
	const char *hint = model_fact(m, "refusal", "hint");

	fprintf(x->view->out, "\nmmtrace -p PID %s on this machine.\n", model_option(m, "usable") ? "works" : "cannot run");
	if (what && cause)
		text_wrap(x, "It says: %s: %s", tick_escaped(x->t, what), tick_escaped(x->t, cause));
	if (hint && *hint)
		text_wrap(x, "hint: %s", tick_escaped(x->t, hint));
}

static void put_tables(struct text *x)
{
	const struct text_rows *rows = text_rows_of(x, &row_candidate);
	const char *hook = "";

	put_facts(x, text_rows_of(x, &row_machine));
	for (size_t i = 0; rows && i < rows->count; i++) {
		const struct doctor_candidate *c = rows->row[i];

		if (strcmp(c->text[DOCTOR_HOOK], hook))
			text_wrap_at(x, 2, "\n%s: %s%s", tick_escaped(x->t, c->text[DOCTOR_HOOK]),
				     tick_escaped(x->t, c->text[DOCTOR_HELP]), c->head.hopeless ? " - not on this machine" : "");
		hook = c->text[DOCTOR_HOOK];
		put_candidate(x, c);
	}
	put_verdict(x);
}

const struct text_page page_doctor = { .tables = put_tables };
