/* SPDX-License-Identifier: GPL-2.0 */
/* The page of top: processes, those that ended in the interval joined by name, and a
 * row for the total. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "view/format/text.h"
#include "view/rows/top.h"

static void put_head(struct text *x)
{
	const char *target = model_fact(x->t->model, "target", "text");
	const char *span = "since the start";

	if (x->t->interval_ns)
		span = tick_printf(x->t, "in the last %.1fs", (double)x->t->interval_ns / 1e9);
	text_line(x, "mmtrace top %s%s%.1fs%s%s", tick_escaped(x->t, target ? target : "-"), text_dot(x),
		  (double)x->t->now_ns / 1e9, text_dot(x), span);
}

static int ended_order(const void *a, const void *b)
{
	return strcmp((*(const struct top_process *const *)a)->comm, (*(const struct top_process *const *)b)->comm);
}

static void join(struct top_process *to, const struct top_process *p)
{
	strcpy(to->comm, p->comm);
	to->members += !p->ended_shown;
	for (int m = 0; m < TOP_METRICS; m++) {
		to->now.v[m] += p->now.v[m];
		to->before.v[m] += p->before.v[m];
	}
}

/* One row in the place of those that ended with the same name. */
static size_t ended_join(const void **row, size_t n, struct top_process *joined)
{
	size_t out = 0;

	qsort(row, n, sizeof(*row), ended_order);
	for (size_t i = 0, next; i < n; i = next, out++) {
		const struct top_process *first = row[i];

		for (next = i; next < n && !strcmp(((const struct top_process *)row[next])->comm, first->comm); next++)
			join(&joined[out], row[next]);
		row[out] = next - i > 1 ? &joined[out] : row[i];
	}
	return out;
}

static struct top_process total_of(const struct top *t)
{
	return (struct top_process){ .comm = "total", .has_mm = true, .now = t->total, .before = t->total_before };
}

/* The total is no process: it stands below, in columns of the same width. */
static void put_tables(struct text *x)
{
	const struct text_rows *all = text_rows_of(x, &row_top);
	struct text_rows rows = { .type = &row_top };
	struct top_process total = total_of(top_of(x->t->model)), *joined;
	size_t ended = 0, n = all ? all->count : 0;

	rows.row = xcalloc(n + 1, sizeof(*rows.row));
	joined = xcalloc(n + 1, sizeof(*joined));
	for (size_t i = 0; i < n; i++) {
		const struct top_process *p = all->row[i];

		if (p->ended && x->t->interval_ns) {
			rows.row[rows.count++] = rows.row[ended];
			rows.row[ended++] = p;
		} else {
			rows.row[rows.count++] = p;
		}
	}
	n = ended_join(rows.row, ended, joined);
	memmove(rows.row + n, rows.row + ended, (rows.count - ended) * sizeof(*rows.row));
	rows.count -= ended - n;
	text_table_total(x, &rows, &total);
	free(joined);
	free(rows.row);
}

static void put_foot(struct text *x)
{
	const struct model *m = x->t->model;

	if (!x->t->last)
		return;
	for (int i = 0; i < row_top.count; i++) {
		const struct field *f = &row_top.fields[i];
		const char *why = f->rank == 1 ? model_fact(m, "unknown", f->key) : NULL;

		if (why)
			text_wrap(x, "%s is not known: %s", f->key, tick_escaped(x->t, why));
	}
	for (int i = 0; i < row_top_end.count; i++) {
		const struct field *f = &row_top_end.fields[i];
		struct value v = f->get(f, m, x->t);

		if (!strncmp(field_path(f), "lost.", 5) && v.type == VALUE_UINT && v.u)
			text_wrap(x, "%s: %" PRIu64 " (%s)", f->key, v.u, f->help);
	}
	text_overhead(x);
}

const struct text_page page_top = { .head = put_head, .tables = put_tables, .foot = put_foot };
