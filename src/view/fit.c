/* SPDX-License-Identifier: GPL-2.0 */
#include "view/fit.h"

#include <stdlib.h>
#include <string.h>

#include "view/line.h"

#define NAME_WIDTH 20 /* of a longer name so much is worth more than a further column */

/* A choice under way: the width of each column, and what is taken. */
struct choice {
	const struct report *r;
	int width[COLUMN_COUNT];
	bool taken[COLUMN_COUNT];
	int used;
};

static bool has_class(const struct row *rows, size_t n, int c)
{
	for (size_t i = 0; i < n; i++)
		if (stat_class_count(&rows[i].v->faults, c))
			return true;
	return false;
}

/* Columns set to the left grow with what they hold. On a terminal room is dear:
 * there RANGE has no width of its own. */
static int measured(const struct report *r, enum column c, const struct row *rows, size_t n)
{
	int width = column_get(c).width;
	char cell[CELL];

	if (width >= 0)
		return width;
	if (r->width)
		width = -(int)strlen(column_get(c).title);
	for (size_t i = 0; i < n; i++) {
		int len = line_width(column_text(c, r, &rows[i], cell, sizeof(cell)));

		width = -len < width ? -len : width;
	}
	return width;
}

/* false: there is no room for it. */
static bool take(struct choice *c, enum column column, bool needed)
{
	int cost = abs(c->width[column]) + (c->used > 0);

	if (column == COLUMN_NAME && cost > NAME_WIDTH + 1)
		cost = NAME_WIDTH + 1;
	if (c->r->width && !needed && c->used + cost > c->r->width)
		return false;
	c->taken[column] = true;
	c->used += cost;
	return true;
}

/* The commonest class of the session that is not taken and occurs here, or COLUMN_COUNT. */
static enum column next_class(const struct choice *c, const struct row *rows, size_t n)
{
	enum column best = COLUMN_COUNT;

	for (int i = 0; i < MMT_CLASS_COUNT; i++)
		if (!c->taken[COLUMN_CLASS + i] && has_class(rows, n, i) &&
		    (best == COLUMN_COUNT || stat_class_count(&c->r->session->faults, i) >
						     stat_class_count(&c->r->session->faults, (int)best - COLUMN_CLASS)))
			best = COLUMN_CLASS + (enum column)i;
	return best;
}

/* What is of most use comes first; what has no room any more ends it. */
static void choose(struct choice *c, const struct row *rows, size_t n, bool rates)
{
	static const enum column needed[] = { COLUMN_ADDR, COLUMN_FAULTS, COLUMN_KIND, COLUMN_NAME };
	static const enum column useful[] = { COLUMN_RSS, COLUMN_P50, COLUMN_P99, COLUMN_MAJOR };
	static const enum column last[] = { COLUMN_PERM, COLUMN_SIZE, COLUMN_MINOR };
	bool room = true;
	enum column class;

	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		take(c, needed[i], true);
	if (rates)
		take(c, COLUMN_RATE, true);
	if (c->r->session->processes && c->r->session->processes->next)
		take(c, COLUMN_PID, true);
	for (size_t i = 0; room && i < sizeof(useful) / sizeof(useful[0]); i++)
		room = take(c, useful[i], false);
	while (room && (class = next_class(c, rows, n)) != COLUMN_COUNT)
		room = take(c, class, false);
	for (size_t i = 0; room && i < sizeof(last) / sizeof(last[0]); i++)
		room = take(c, last[i], false);
}

static void usual(struct fit *f, const struct report *r, const struct row *rows, size_t shown, size_t n, bool rates)
{
	static const enum column head[] = { COLUMN_PID, COLUMN_ADDR, COLUMN_PERM, COLUMN_SIZE, COLUMN_RSS, COLUMN_FAULTS,
					    COLUMN_RATE, COLUMN_MINOR, COLUMN_MAJOR };
	static const enum column tail[] = { COLUMN_P50, COLUMN_P99, COLUMN_KIND, COLUMN_NAME };
	struct choice c = { .r = r };

	for (enum column i = 0; i < COLUMN_COUNT; i++)
		c.width[i] = measured(r, i, rows, shown);
	choose(&c, rows, n, rates);
	for (size_t i = 0; i < sizeof(head) / sizeof(head[0]); i++)
		if (c.taken[head[i]])
			f->list.column[f->list.count++] = (uint8_t)head[i];
	for (enum column i = COLUMN_CLASS; i < COLUMN_COUNT; i++)
		if (c.taken[i])
			f->list.column[f->list.count++] = (uint8_t)i;
	for (size_t i = 0; i < sizeof(tail) / sizeof(tail[0]); i++)
		if (c.taken[tail[i]])
			f->list.column[f->list.count++] = (uint8_t)tail[i];
}

/* COLUMN_COUNT in what the user gave stands for the classes that occurred. */
static void chosen(struct fit *f, const struct report *r, const struct row *rows, size_t n)
{
	for (int i = 0; i < r->columns.count && f->list.count < COLUMNS_MAX; i++) {
		if (r->columns.column[i] != COLUMN_COUNT)
			f->list.column[f->list.count++] = r->columns.column[i];
		for (int c = 0; r->columns.column[i] == COLUMN_COUNT && c < MMT_CLASS_COUNT && f->list.count < COLUMNS_MAX; c++)
			if (has_class(rows, n, c))
				f->list.column[f->list.count++] = (uint8_t)(COLUMN_CLASS + c);
	}
}

void fit_columns(struct fit *f, const struct report *r, const struct row *rows, size_t shown, size_t n, bool rates)
{
	*f = (struct fit){ .list.count = 0 };
	if (r->columns.count)
		chosen(f, r, rows, n);
	else
		usual(f, r, rows, shown, n, rates);
	for (int i = 0; i < f->list.count; i++)
		f->width[i] = measured(r, f->list.column[i], rows, shown);
	if (f->list.count && f->width[f->list.count - 1] < 0)
		f->width[f->list.count - 1] = 0;
}
