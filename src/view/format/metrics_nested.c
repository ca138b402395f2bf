/* SPDX-License-Identifier: GPL-2.0 */
/* Nested values as metrics: class.cow.minor of a VMA is mmtrace_vma_class_minor with the
 * label class="cow".  All lines of a metric stand together, so the rows are gone through
 * for each. Arrays in them, histograms, are left out. */
#include <math.h>
#include <string.h>

#include "view/format/metrics.h"

#define INNER_MAX 16 /* different numbers in the objects of a field */

struct visit {
	struct nest_out out;
	int depth, array;
	const char *outer;
	struct metric *metric; /* being written; NULL: those that there are are collected */
	struct metric found[INNER_MAX];
	int count;
	struct view *v;
	const struct row_type *type;
	const struct field *field;
	const void *row;
	bool any, classic;
};

static void on_open(struct nest_out *o, const char *key, bool array)
{
	struct visit *n = (struct visit *)o;

	n->array += array;
	if (n->depth++ == 0)
		n->outer = key;
}

static void on_close(struct nest_out *o, bool array)
{
	struct visit *n = (struct visit *)o;

	n->array -= array;
	n->depth--;
}

static void collect(struct visit *n, const char *key, enum unit unit)
{
	size_t len = strlen(key);
	bool most = len >= 3 && !strcmp(key + len - 3, "max"); /* as tree_add() has it */

	for (int i = 0; i < n->count; i++)
		if (!strcmp(n->found[i].inner, key))
			return;
	if (n->count < INNER_MAX)
		n->found[n->count++] = (struct metric){ .field = n->field, .inner = key, .unit = unit, .counter = !most };
}

static void on_value(struct nest_out *o, const char *key, const struct value *value, enum unit unit)
{
	struct visit *n = (struct visit *)o;
	double number = value_number(value);

	if (n->depth != 1 || n->array || !key || !n->outer || isnan(number))
		return;
	if (!n->metric) {
		collect(n, key, unit);
		return;
	}
	if (strcmp(n->metric->inner, key))
		return;
	if (!n->any)
		metrics_put_help(n->v, n->type, n->metric, n->classic);
	n->any = true;
	metrics_put_line(n->v, n->type, n->metric, n->row, n->outer, number);
}

static void visit_rows(struct visit *n, const void **rows, size_t count)
{
	for (size_t i = 0; i < count && i < SERIES_MAX; i++) {
		struct value value = n->field->get(n->field, rows[i], &n->v->tick);

		n->row = rows[i];
		if (value.type == VALUE_NEST && !value.nest.array)
			value.nest.put(&value.nest, &n->out);
	}
}

void metrics_put_nested(struct view *v, const struct row_type *type, const struct field *f, const void **rows, size_t n,
			bool classic)
{
	struct visit visit = { .out = { on_open, on_value, on_close }, .v = v, .type = type, .field = f, .classic = classic };

	visit_rows(&visit, rows, n);
	for (int i = 0; i < visit.count; i++) {
		visit.metric = &visit.found[i];
		visit.any = false;
		visit_rows(&visit, rows, n);
	}
	scratch_reset(v->tick.scratch);
}
