/* SPDX-License-Identifier: GPL-2.0 */
/* The page of doctor: facts, then the candidates of each hook with what they give. */
#include <string.h>

#include "view/format/text.h"
#include "view/rows/doctor.h"

#define INDENT 21

static void put_facts(struct text *x, const struct text_rows *rows)
{
	for (size_t i = 0; rows && i < rows->count; i++) {
		const struct fact *f = rows->row[i];
		const char *remedy = model_fact(x->t->model, "remedy", f->key);

		fprintf(x->view->out, "%-*s %s\n", INDENT - 1, f->key, tick_escaped(x->t, f->value));
		if (remedy)
			fprintf(x->view->out, "%*sremedy: %s\n", INDENT, "", tick_escaped(x->t, remedy));
	}
}

static void put_candidate(struct text *x, const struct doctor_candidate *c)
{
	FILE *f = x->view->out;
	char *const *text = c->text;

	fprintf(f, "  %s %-11s ", c->head.chosen ? "*" : " ", tick_escaped(x->t, text[DOCTOR_BACKEND]));
	if (c->head.works)
		fprintf(f, "works: gives %s\n", tick_escaped(x->t, text[DOCTOR_PROVIDES]));
	else
		fprintf(f, "no: %s%s%s\n", tick_escaped(x->t, text[DOCTOR_PROGRAM]), text[DOCTOR_PROGRAM][0] ? ": " : "",
			tick_escaped(x->t, text[DOCTOR_WHY]));
	if (c->head.works && text[DOCTOR_LIMITATIONS][0])
		fprintf(f, "%16smissing: %s\n", "", tick_escaped(x->t, text[DOCTOR_LIMITATIONS]));
	if (!c->head.works)
		fprintf(f, "%16swould give: %s\n%16sremedy: %s\n", "", tick_escaped(x->t, text[DOCTOR_PROVIDES]), "",
			tick_escaped(x->t, text[DOCTOR_REMEDY]));
}

static void put_tables(struct text *x)
{
	const struct text_rows *rows = text_rows_of(x, &row_candidate);
	const char *hook = "";

	put_facts(x, text_rows_of(x, &row_machine));
	for (size_t i = 0; rows && i < rows->count; i++) {
		const struct doctor_candidate *c = rows->row[i];

		if (strcmp(c->text[DOCTOR_HOOK], hook))
			fprintf(x->view->out, "\n%s: %s%s\n", tick_escaped(x->t, c->text[DOCTOR_HOOK]),
				tick_escaped(x->t, c->text[DOCTOR_HELP]), c->head.hopeless ? " - not on this machine" : "");
		hook = c->text[DOCTOR_HOOK];
		put_candidate(x, c);
	}
	fprintf(x->view->out, "\nmmtrace -p PID %s on this machine.\n",
		model_option(x->t->model, "usable") ? "works" : "cannot run");
}

const struct text_page page_doctor = { .tables = put_tables };
