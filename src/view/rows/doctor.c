/* SPDX-License-Identifier: GPL-2.0 */
/* Rows of doctor: facts of the machine, and candidates of hooks. */
#include "view/rows/doctor.h"

/* --- candidates --- */

static struct value get_text(const struct field *f, const void *row, const struct tick *t)
{
	(void)t;
	return value_text(((const struct doctor_candidate *)row)->text[f->arg]);
}

static struct value get_flag(const struct field *f, const void *row, const struct tick *t)
{
	const struct doctor_candidate *c = row;

	(void)t;
	return value_bool(f->arg ? c->head.chosen : c->head.works);
}

/* clang-format off */
static const struct field candidate_fields[] = {
	{ .key = "hook", .title = "HOOK", .help = "what is hooked", .width = -14, .label = true, .get = get_text,
	  .arg = DOCTOR_HOOK },
	{ .key = "what", .help = "what the hook is for", .rank = RANK_DATA, .get = get_text, .arg = DOCTOR_HELP },
	{ .key = "backend", .title = "BACKEND", .help = "how", .width = -11, .label = true, .get = get_text,
	  .arg = DOCTOR_BACKEND },
	{ .key = "works", .title = "WORKS", .help = "did it attach", .width = 5, .get = get_flag, .arg = 0 },
	{ .key = "chosen", .title = "USED", .help = "it is the one that commands use", .width = 4, .get = get_flag,
	  .arg = 1 },
	{ .key = "provides", .title = "GIVES", .help = "what it gives", .width = -20, .rank = 1, .get = get_text,
	  .arg = DOCTOR_PROVIDES },
	{ .key = "limitations", .title = "MISSING", .help = "what it cannot see", .width = -10, .rank = 2,
	  .get = get_text, .arg = DOCTOR_LIMITATIONS },
	{ .key = "program", .help = "the program that failed", .rank = RANK_DATA, .get = get_text,
	  .arg = DOCTOR_PROGRAM },
	{ .key = "why", .title = "WHY", .help = "why it does not work", .width = -10, .rank = 3, .get = get_text,
	  .arg = DOCTOR_WHY },
	{ .key = "remedy", .title = "REMEDY", .help = "what would make it work", .width = -10, .rank = 4,
	  .get = get_text, .arg = DOCTOR_REMEDY },
};
/* clang-format on */

static void each_candidate(const struct model *m, row_fn fn, void *ctx)
{
	const struct doctor *d = doctor_of(m);

	for (size_t i = 0; i < d->count; i++)
		fn(ctx, &d->candidates[i]);
}

const struct row_type row_candidate = {
	.name = "candidate",
	.noun = "candidate",
	.nouns = "candidates",
	.whole = true,
	.help = "ways to hook the kernel, each tried",
	.fields = candidate_fields,
	.count = FIELD_COUNT(candidate_fields),
	.each = each_candidate,
};

/* --- the machine --- */

static struct value get_key(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return value_text(((const struct fact *)row)->key);
}

static struct value get_value(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return value_text(((const struct fact *)row)->value);
}

static struct value get_remedy(const struct field *f, const void *row, const struct tick *t)
{
	(void)f;
	return value_text(model_fact(t->model, "remedy", ((const struct fact *)row)->key));
}

/* clang-format off */
static const struct field machine_fields[] = {
	{ .key = "key", .title = "FACT", .help = "what it is", .width = -20, .label = true, .get = get_key },
	{ .key = "value", .title = "VALUE", .help = "on this machine", .width = -20, .get = get_value },
	{ .key = "remedy", .title = "REMEDY", .help = "what to do about it; null: nothing need be done", .width = -10,
	  .rank = 1, .get = get_remedy },
};
/* clang-format on */

static void each_fact(const struct model *m, row_fn fn, void *ctx)
{
	for (const struct fact *f = NULL; (f = model_fact_next(m, "machine", f));)
		fn(ctx, f);
}

const struct row_type row_machine = {
	.name = "machine", .noun = "fact", .nouns = "facts", .whole = true, .help = "what decides which programs may run",
	.fields = machine_fields, .count = FIELD_COUNT(machine_fields), .each = each_fact,
};

/* --- the end --- */

static struct value get_usable(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return value_bool(model_option(row, "usable"));
}

/* clang-format off */
static const struct field end_fields[] = {
	{ .key = "usable", .help = "can page faults be traced here", .get = get_usable },
};
/* clang-format on */

const struct row_type row_doctor_end = { .name = "end", .fields = end_fields, .count = FIELD_COUNT(end_fields) };
