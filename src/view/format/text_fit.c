/* SPDX-License-Identifier: GPL-2.0 */
#include "view/format/text_fit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"

#define NAME_WIDTH 30 /* of a longer name so much is worth more than a further column, */
#define NAME_LEAST 22 /* and so much more than what ranks below 5 or a second class */

/* A choice under way. */
struct choice {
	struct text *x;
	const struct row_type *type;
	const void **rows;
	size_t shown, n;
	bool *taken, *idle; /* by index of the field, as those below */
	int *width;
	double *sum; /* of classes, and of what goes if it is 0 */
	int used, spare; /* spare: of the last column, beyond NAME_LEAST */
};

static const char *cell(const struct choice *c, int field, const void *row)
{
	return text_cell_text(c->x, &c->type->fields[field], row);
}

/* Columns set to the left grow with what they hold. On a terminal room is dear:
 * there they have no width of their own. */
static int measured(const struct choice *c, int field)
{
	const struct field *f = &c->type->fields[field];
	int width = f->width;

	if (width >= 0)
		return width > text_width(fit_title(c->x, f)) ? width : text_width(fit_title(c->x, f));
	if (c->x->view->opt.width)
		width = -text_width(f->title);
	for (size_t i = 0; i < c->shown; i++) {
		int len = text_width(cell(c, field, c->rows[i]));

		width = -len < width ? -len : width;
	}
	return width;
}

static bool can_show(const struct choice *c, int i)
{
	const struct field *f = &c->type->fields[i];

	return f->title && f->rank >= 0 && f->rank != RANK_ASKED && !(f->flow == FLOW_RATE && !c->x->t->interval_ns);
}

/* false: there is no room for it; least: if it takes some of that of a long name. */
static bool take(struct choice *c, int i, bool needed, bool last, bool least)
{
	int cost = abs(c->width[i]) + (c->used > 0), room = c->x->view->opt.width;

	if (last && cost > NAME_WIDTH + 1)
		cost = NAME_WIDTH + 1;
	if (last)
		c->spare = cost > NAME_LEAST + 1 ? cost - NAME_LEAST - 1 : 0;
	if (room && !needed && c->used + cost > room + (least ? c->spare : 0))
		return false;
	c->taken[i] = true;
	c->used += cost;
	return true;
}

static double column_sum(const struct choice *c, int i)
{
	const struct field *f = &c->type->fields[i];
	double sum = 0;

	for (size_t r = 0; r < c->n; r++) {
		/* classes by their totals: a column does not come and go with each interval */
		struct value v = f->rank == RANK_CLASS ? f->get(f, c->rows[r], c->x->t) : text_cell(c->x, f, c->rows[r]);
		double number = v.type == VALUE_TEXT ? 1 : value_number(&v);

		sum += isnan(number) ? 0 : fabs(number);
	}
	return sum;
}

/* Those that occur so often, the commonest first, so many at most. */
static bool take_classes(struct choice *c, int most, double least)
{
	while (most-- > 0) {
		int best = -1;

		for (int i = 0; i < c->type->count; i++)
			if (c->type->fields[i].rank == RANK_CLASS && !c->taken[i] && c->sum[i] > least &&
			    (best < 0 || c->sum[i] > c->sum[best]))
				best = i;
		if (best < 0)
			return true;
		if (!take(c, best, false, false, least > 0))
			return false;
	}
	return true;
}

/* What says nothing, and goes where room is dear. */
static bool is_idle(const struct choice *c, int i)
{
	const struct field *f = &c->type->fields[i];
	bool same = f->flags & FIELD_SAME_GOES;

	for (size_t r = 1; same && r < c->n; r++)
		same = !strcmp(cell(c, i, c->rows[0]), cell(c, i, c->rows[r]));
	return same || (f->flags & FIELD_ZERO_GOES && c->sum[i] == 0);
}

/* Columns of those ranks that are idle, or the others, while there is room. */
static bool take_ranks(struct choice *c, int from, int to, bool idle, int last)
{
	for (int rank = from; rank < to; rank++)
		for (int i = 0; i < c->type->count; i++)
			if (can_show(c, i) && c->type->fields[i].rank == rank && c->idle[i] == idle &&
			    !take(c, i, rank == RANK_NEEDED && !idle, i == last, rank >= 1 && rank < 5))
				return false;
	return true;
}

/* The commonest class comes behind what is needed, a second one that is not much rarer behind what ranks
 * below 6, the others have the room that what ranks below 50 leaves; then the rest, last what is idle. */
static void choose(struct choice *c)
{
	double most = 0;
	int last = -1;

	for (int i = 0; i < c->type->count; i++) {
		const struct field *f = &c->type->fields[i];

		if (!can_show(c, i))
			continue;
		c->width[i] = measured(c, i);
		c->sum[i] = f->rank == RANK_CLASS || f->flags & FIELD_ZERO_GOES ? column_sum(c, i) : 0;
		most = f->rank == RANK_CLASS && c->sum[i] > most ? c->sum[i] : most;
		c->idle[i] = is_idle(c, i);
		last = last >= 0 && c->type->fields[last].flags & FIELD_LAST ? last : i;
	}
	if (take_ranks(c, RANK_NEEDED, 1, false, last) && take_classes(c, 1, 0) && take_ranks(c, 1, 6, false, last) &&
	    take_classes(c, 1, most / 4) && take_ranks(c, 6, 50, false, last) &&
	    take_classes(c, FIT_MAX, 0) && take_ranks(c, 50, RANK_CLASS, false, last))
		take_ranks(c, RANK_NEEDED, RANK_CLASS, true, last);
}

static void take_listed(struct fit *f, const struct choice *c, const char *list)
{
	size_t len;

	for (const char *s; f->count < FIT_MAX && (s = text_element(&list, &len));) {
		int index = field_find(c->type, s, len);

		if (index >= 0 && c->type->fields[index].title)
			f->field[f->count++] = &c->type->fields[index];
		for (int i = 0; len == 7 && !memcmp(s, "classes", 7) && i < c->type->count && f->count < FIT_MAX; i++)
			if (c->type->fields[i].rank == RANK_CLASS && column_sum(c, i) > 0)
				f->field[f->count++] = &c->type->fields[i];
	}
}

const char **fit_columns(struct fit *f, struct text *x, const struct row_type *type, const void **rows, size_t shown,
			 size_t n)
{
	size_t fields = (size_t)type->count + 1;
	struct choice c = { .x = x, .type = type, .rows = rows, .shown = shown, .n = n, .taken = xcalloc(fields, sizeof(bool)),
			    .idle = xcalloc(fields, sizeof(bool)), .width = xcalloc(fields, sizeof(int)),
			    .sum = xcalloc(fields, sizeof(double)) };
	const struct view_options *o = &x->view->opt;
	const char **cells;

	*f = (struct fit){ .count = 0 };
	/* the list is of the main table, or of the one that --table names */
	if (o->columns && (o->table ? !strcmp(o->table, type->name) : type == x->view->show->rows[0]))
		take_listed(f, &c, x->view->opt.columns);
	else
		choose(&c);
	for (int late = 0; late <= FIELD_LAST; late += FIELD_LAST)
		for (int i = 0; i < type->count && f->count < FIT_MAX; i++)
			if (c.taken[i] && (type->fields[i].flags & FIELD_LAST) == late)
				f->field[f->count++] = &type->fields[i];
	for (int i = 0; i < f->count; i++)
		f->width[i] = measured(&c, (int)(f->field[i] - type->fields));
	if (f->count && f->width[f->count - 1] < 0)
		f->width[f->count - 1] = 0;
	free(c.taken);
	free(c.idle);
	free(c.width);
	free(c.sum);
	cells = xcalloc(shown * (size_t)f->count + 1, sizeof(*cells));
	for (size_t i = 0; i < shown * (size_t)f->count; i++)
		cells[i] = cell(&c, (int)(f->field[i % (size_t)f->count] - type->fields), rows[i / (size_t)f->count]);
	return cells;
}
