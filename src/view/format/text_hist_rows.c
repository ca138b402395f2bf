/* SPDX-License-Identifier: GPL-2.0 */
/* The rows of one event and operation.  What comes last, the site, says most: on a screen
 * that is redrawn numbers and pictures make room for it, elsewhere nothing is cut. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "view/format/text_hist.h"

#define NAME_COLUMN 48 /* a first key is padded up to here */
#define PICTURE_COLUMNS 26
#define ROWS 20        /* unless -n says otherwise */

static const char *value_text_of(struct text *x, uint64_t n, enum unit unit)
{
	struct value v = value_uint(n);

	return text_value(x, &v, unit);
}

/* "-": the event does not carry it; "?": it does, but it is not known. */
static const char *key_name(struct text *x, const struct hist_line *l, int i)
{
	uint8_t key = hist_of(x->t->model)->by[i];
	struct value v = hist_key_value(l, key, x->t);
	const char *also;

	if (v.type == VALUE_NONE)
		return hist_has_key(l->domain, l->op, key) ? "?" : "-";
	/* of what comes last: in the midst it would push the other key away */
	also = key == MMT_KEY_CACHE && (i || hist_of(x->t->model)->by[1] == MMT_KEY_NONE) ? hist_aliases(l, x->t) : NULL;
	if (!also)
		return text_value(x, &v, UNIT_NUMBER);
	return tick_printf(x->t, "%s (also %s)", text_value(x, &v, UNIT_NUMBER), tick_escaped(x->t, also));
}

static int first_key_width(struct text *x, const void **rows, size_t n)
{
	const uint8_t *by = hist_of(x->t->model)->by;
	int width = (int)strlen(hist_keys[by[0]].key);

	for (size_t i = 0; i < n; i++) {
		const struct hist_line *l = rows[i];
		int w = l->other ? 0 : text_width(key_name(x, l, 0));

		width = w > width ? w : width;
	}
	return width < NAME_COLUMN ? width : NAME_COLUMN;
}

static void put_keys(struct text *x, const struct hist_line *l, int width)
{
	const char *name;

	if (l->other) {
		fputs("  other (no room for more rows)", x->view->out);
		return;
	}
	name = key_name(x, l, 0);
	fprintf(x->view->out, "  %s", name);
	if (!width)
		return;
	fprintf(x->view->out, "%*s", width > text_width(name) ? width - text_width(name) : 0, "");
	fprintf(x->view->out, "  %s", key_name(x, l, 1));
}

static void put_numbers(struct text *x, const struct hist_line *l, bool waste)
{
	const struct mmt_hist_row *sum = &l->sum;
	FILE *f = x->view->out;

	fprintf(f, "  %10llu", sum->count);
	if (hist_interval(x->t))
		fprintf(f, " %8s", text_hist_rate(x, sum->count));
	if (l->op == MMT_OP_LATENCY)
		fprintf(f, " %8s %8s", value_text_of(x, sum->requested, UNIT_NS),
			value_text_of(x, sum->count ? sum->requested / sum->count : 0, UNIT_NS));
	else if (hist_is(l->domain, HD_WASTELESS))
		fprintf(f, " %8s", value_text_of(x, sum->requested, UNIT_BYTES));
	else if (!waste)
		fprintf(f, " %8s", hist_has_sizes(l->domain, l->op) ? value_text_of(x, sum->allocated, UNIT_BYTES) : "-");
	else if (!hist_has_sizes(l->domain, l->op))
		fprintf(f, " %8s %8s %8s %7s", "-", "-", "-", "-");
	else
		fprintf(f, " %8s %8s %8s %6.1f%%", value_text_of(x, sum->requested, UNIT_BYTES),
			value_text_of(x, sum->allocated, UNIT_BYTES), value_text_of(x, hist_waste(sum), UNIT_BYTES),
			sum->allocated ? 100.0 * (double)hist_waste(sum) / (double)sum->allocated : 0);
}

static void put_row(struct text *x, const struct hist_line *l, int width)
{
	const char *picture = text_picture(x, l);
	int pad = PICTURE_COLUMNS - text_width(picture);
	struct hist_room room = text_hist_columns(x);

	put_numbers(x, l, room.waste);
	if (room.picture)
		fprintf(x->view->out, "  %s%*s", picture, pad > 0 ? pad : 0, "");
	put_keys(x, l, width);
	fputc('\n', x->view->out);
}

static void put_titles(struct text *x, uint8_t domain, uint8_t op, int width)
{
	const uint8_t *by = hist_of(x->t->model)->by;
	struct hist_room room = text_hist_columns(x);
	FILE *f = x->view->out;

	fprintf(f, "  %10s", "COUNT");
	if (hist_interval(x->t))
		fprintf(f, " %8s", "/S");
	if (op == MMT_OP_LATENCY)
		fprintf(f, " %8s %8s", "TOTAL", "AVG");
	else if (hist_is(domain, HD_WASTELESS))
		fprintf(f, " %8s", "BYTES");
	else if (room.waste)
		fprintf(f, " %8s %8s %8s %7s", "REQUEST", "GIVEN", "WASTE", "WASTE%");
	else
		fprintf(f, " %8s", "GIVEN");
	if (room.picture)
		fprintf(f, "  %-*s", PICTURE_COLUMNS, op == MMT_OP_LATENCY ? "LATENCY" : "SIZES");
	fprintf(f, "  %-*s", width, hist_keys[by[0]].key);
	fprintf(f, "%s%s\n", width ? "  " : "", width ? hist_keys[by[1]].key : "");
}

/* What had no room comes last, whatever it counts. */
static void others_last(const void **rows, size_t n)
{
	const struct hist_line *other = NULL;
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		const struct hist_line *l = rows[i];

		if (l->other)
			other = l;
		else
			rows[kept++] = l;
	}
	if (other)
		rows[kept] = other;
}

/* The rows as the generic part draws them: columns that the user chose. */
static void put_columns(struct text *x, const struct text_rows *part)
{
	struct text_rows rows = *part;

	rows.type = &row_hist;
	if (rows.count)
		text_table(x, &rows);
}

static void put_sorted(struct text *x, const struct text_rows *part, uint8_t domain, uint8_t op)
{
	size_t n, shown, room = text_hist_room(x), top = x->view->opt.top >= 0 ? (size_t)x->view->opt.top : room ? room : ROWS;
	const void **rows = text_sorted(x, part, &n);
	bool two = hist_of(x->t->model)->by[1] != MMT_KEY_NONE;
	int width;

	others_last(rows, n);
	for (size_t i = 0; i < n && hist_interval(x->t); i++)
		rows[i] = ((const struct hist_line *)rows[i])->interval;
	shown = top && n > top ? top : n;
	width = two ? first_key_width(x, rows, shown) : 0;
	if (n)
		put_titles(x, domain, op, width);
	for (size_t i = 0; i < shown; i++)
		put_row(x, rows[i], width);
	if (shown < n)
		fprintf(x->view->out, "  (%zu more; -n 0 shows all)\n", n - shown);
	free(rows);
}

void text_hist_rows(struct text *x, uint8_t domain, uint8_t op)
{
	const struct text_rows *all = text_rows_of(x, &row_hist);
	struct row_type type = row_hist;
	struct text_rows part = { .type = &type };

	if (op == MMT_OP_LATENCY && hist_is(domain, HD_STALL)) /* time lost says more than how often */
		type.sort = "bytes";
	part.row = xcalloc(all->count + 1, sizeof(*part.row));
	for (size_t i = 0; i < all->count; i++) {
		const struct hist_line *l = all->row[i];

		if (l->domain == domain && l->op == op && (l->interval || !hist_interval(x->t)))
			part.row[part.count++] = l;
	}
	if (x->view->opt.columns)
		put_columns(x, &part);
	else
		put_sorted(x, &part, domain, op);
	free(part.row);
}
