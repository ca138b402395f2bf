/* SPDX-License-Identifier: GPL-2.0 */
/* Fields of rows that have calls counted.  Each file that includes this defines first
 *   static const struct call_counts *calls_of(const void *row);
 * (NULL: none) and puts CALL_FIELDS among its own. */
#include "model/fault/session.h"

static const char *const call_keys[CALL_KINDS] = {
	"munmap", "mremap", "mprotect", "dontneed", "free", "willneed", "hugepage", "nohugepage", "collapse", "cold",
	"pageout", "populate", "advice",
};

/* From that kind up to one. */
static struct value calls_sum(const void *row, int from, int to, const struct tick *t)
{
	const struct call_counts *c = calls_of(row);
	uint64_t n = 0;

	for (int k = from; c && k <= to; k++)
		n += c->n[k];
	return session_of(t->model)->count_calls ? value_uint(n) : value_none();
}

static struct value get_calls(const struct field *f, const void *row, const struct tick *t)
{
	return calls_sum(row, f->arg, f->arg == COUNT_DONTNEED ? COUNT_ADVICE : f->arg, t);
}

static void put_calls(const struct nest *n, struct nest_out *o)
{
	const struct call_counts *c = n->data;

	for (int k = 0; k < CALL_KINDS; k++) {
		struct value v = value_uint(c->n[k]);

		if (c->n[k])
			o->value(o, call_keys[k], &v, UNIT_COUNT);
	}
}

static struct value get_call_kinds(const struct field *f, const void *row, const struct tick *t)
{
	static const struct call_counts none;
	const struct call_counts *c = calls_of(row);

	(void)f;
	if (!session_of(t->model)->count_calls)
		return value_none();
	return (struct value){ .type = VALUE_NEST, .nest = { put_calls, c ? c : &none, t, false } };
}

#define CALL_COLUMN(call_key, call_title, kind, call_help) \
	{ .key = call_key, .title = call_title, .help = call_help, .unit = UNIT_COUNT, .width = 8, .flow = FLOW_TOTAL, \
	  .merge = MERGE_SUM, .rank = RANK_CLASS, .flags = FIELD_TABLE_ONLY, .get = get_calls, .arg = kind },

/* clang-format off */
#define CALL_FIELDS \
	CALL_COLUMN("munmap", "MUNMAP", COUNT_MUNMAP, "munmaps that began in it (--calls)") \
	CALL_COLUMN("mremap", "MREMAP", COUNT_MREMAP, "mremaps that led to it (--calls)") \
	CALL_COLUMN("mprotect", "MPROTECT", COUNT_MPROTECT, "mprotects that began in it (--calls)") \
	CALL_COLUMN("madvise", "MADVISE", COUNT_DONTNEED, "madvises that began in it; JSON has them by advice (--calls)") \
	{ .key = "calls", .flow = FLOW_TOTAL, .merge = MERGE_NESTED, .rank = RANK_DATA, .get = get_call_kinds, \
	  .help = "calls that succeeded, by kind, of madvise by advice: {munmap, mremap, mprotect, dontneed, free, " \
		  "willneed, hugepage, nohugepage, collapse, cold, pageout, populate, advice}; null without --calls" },
/* clang-format on */
