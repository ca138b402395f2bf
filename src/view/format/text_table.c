/* SPDX-License-Identifier: GPL-2.0 */
/* A table of any row type, from its fields. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "view/format/text_fit.h"

struct keyed { const void *row; struct value key; double tie; size_t index; bool ascends; }; /* tie: the least first */

/* By amounts the largest is first, by names the least. */
static int keyed_order(const void *a, const void *b, void *ctx)
{
	const struct keyed *p = a, *q = b;
	const int *sign = ctx;
	int order = value_compare(&p->key, &q->key);
	bool known = p->key.type != VALUE_NONE, other = q->key.type != VALUE_NONE;

	if (known != other)
		return known ? -1 : 1;
	if (order)
		return (p->ascends ? order : -order) * *sign;
	if (p->tie != q->tie)
		return p->tie < q->tie ? -1 : 1;
	return p->index < q->index ? -1 : 1;
}

/* What stands for a rate where there is none: the first total of the row type. */
static int first_total(const struct row_type *type)
{
	for (int i = 0; i < type->count; i++)
		if (type->fields[i].flow == FLOW_TOTAL && !(type->fields[i].flags & FIELD_TABLE_ONLY) &&
		    type->fields[i].unit == UNIT_COUNT)
			return i;
	return -1;
}

static bool is_name(const struct field *f)
{
	return f->unit == UNIT_NONE || f->unit == UNIT_NUMBER || f->unit == UNIT_ID || f->unit == UNIT_ADDRESS;
}

static int sort_field(const struct text *x, const struct row_type *type, const char *key)
{
	int index = key ? field_find(type, key, strlen(key)) : -1;

	if (index >= 0 && type->fields[index].order)
		index = field_find(type, type->fields[index].order, strlen(type->fields[index].order));
	if (index >= 0 && type->fields[index].flow == FLOW_RATE && !x->t->interval_ns)
		index = first_total(type);
	return index;
}

/* Where it stands among rows of the same value; what has no pid last, and of no total too. */
static double tie_of(const struct text *x, const struct row_type *type, const void *row)
{
	int index = type->tie ? field_find(type, type->tie, strlen(type->tie)) : first_total(type);
	struct value v = index >= 0 ? type->fields[index].get(&type->fields[index], row, x->t) : value_none();

	if (v.type == VALUE_NONE)
		return type->tie ? HUGE_VAL : 0;
	return type->tie && *type->tie != '-' ? value_number(&v) : -value_number(&v);
}

static bool any_known(const struct text *x, const struct text_rows *rows, const char *key)
{
	int index = sort_field(x, rows->type, key);
	const struct field *f = &rows->type->fields[index];

	for (size_t i = 0; index >= 0 && i < rows->count; i++)
		if (f->get(f, rows->row[i], x->t).type != VALUE_NONE)
			return true;
	return false;
}

/* Of the user, else of the moment, else of the row type. */
static const char *sort_key(const struct text *x, const struct text_rows *rows)
{
	const struct row_type *type = rows->type;
	const char *asked = x->view->opt.sort;

	if (asked && field_find(type, asked, strlen(asked)) >= 0)
		return asked;
	return x->t->last && type->sort_end && any_known(x, rows, type->sort_end) ? type->sort_end : type->sort;
}

const void **text_sorted(struct text *x, const struct text_rows *rows, size_t *count)
{
	const struct row_type *type = rows->type;
	const char *key = sort_key(x, rows);
	int index = sort_field(x, type, key), sign = key && *key == '-' ? -1 : 1;
	struct keyed *k = xcalloc(rows->count + 1, sizeof(*k));
	const void **out = xcalloc(rows->count + 1, sizeof(*out));
	size_t n = 0;

	for (size_t i = 0; i < rows->count; i++) {
		if (text_quiet(x, type, rows->row[i]))
			continue;
		k[n] = (struct keyed){ rows->row[i], value_none(), tie_of(x, type, rows->row[i]), n, false };
		if (index >= 0)
			k[n].key = text_cell(x, &type->fields[index], rows->row[i]);
		k[n].ascends = index >= 0 && is_name(&type->fields[index]);
		n++;
	}
	if (index >= 0 && n)
		qsort_r(k, n, sizeof(*k), keyed_order, &sign);
	for (size_t i = 0; i < n; i++)
		out[i] = k[i].row;
	free(k);
	*count = n;
	return out;
}

size_t text_limit(const struct text *x)
{
	int height = x->view->opt.height, tables = 0;

	if (x->view->opt.top >= 0)
		return (size_t)x->view->opt.top;
	for (int i = 0; i < x->type_count; i++)
		tables += x->types[i].count > 0;
	if (!height)
		return 30;
	/* the other lines: titles, "(N more", the remainder, the cursor's */
	return height > 8 ? (size_t)((height - 6) / (tables > 1 ? 2 : 1)) : 1;
}

/* --- drawing --- */

/* cells NULL: the titles. */
static void put_row(struct text *x, const struct fit *f, const char *const *cells)
{
	char *line = NULL;
	size_t size;
	FILE *out = open_memstream(&line, &size);
	int used = 0, width = x->view->opt.width;

	for (int c = 0; out && c < f->count; c++) {
		const char *text = cells ? cells[c] : fit_title(x, f->field[c]);
		int pad;

		if (cells && width && f->width[c] <= 0 && c + 1 == f->count) {
			char *cut = tick_text(x->t, text, strlen(text));

			(f->field[c]->flags & FIELD_CUT_END ? text_keep_begin : text_keep_end)(cut, width - used - (c > 0));
			text = cut;
		}
		pad = abs(f->width[c]) - text_width(text);
		pad = pad > 0 ? pad : 0;
		used += (c > 0) + pad + text_width(text);
		fprintf(out, "%s%*s%s%*s", c ? " " : "", f->width[c] > 0 ? pad : 0, "", text, f->width[c] < 0 ? pad : 0, "");
	}
	if (out)
		fclose(out);
	if (line) {
		for (size_t n = strlen(line); n && line[n - 1] == ' '; n--)
			line[n - 1] = '\0';
		text_line(x, "%s", line);
	}
	free(line);
}

/* "mappings with faults" are only those, unless others are shown too. */
static void put_more(struct text *x, const struct row_type *type, size_t n)
{
	const char *noun = n == 1 ? type->noun : type->nouns, *with = strstr(noun, " with ");
	bool all = field_shows(type, x->view->opt.sort) && with;

	text_line(x, "(%zu more %.*s; -n 0 shows all)", n, all ? (int)(with - noun) : (int)strlen(noun), noun);
}

/* The total is drawn in the widths of the rows, which do not grow for it. */
void text_table_total(struct text *x, const struct text_rows *rows, const void *total)
{
	size_t n, shown, limit = rows->type->whole ? 0 : text_limit(x);
	const void **sorted = text_sorted(x, rows, &n);
	const char **cells;
	struct fit fit;

	shown = limit && limit < n ? limit : n;
	cells = fit_columns(&fit, x, rows->type, sorted, shown, n);
	put_row(x, &fit, NULL);
	for (size_t i = 0; i < shown; i++)
		put_row(x, &fit, cells + i * (size_t)fit.count);
	free(cells);
	if (total) {
		cells = fit_cells(&fit, x, total);
		put_row(x, &fit, cells);
		free(cells);
	}
	if (shown < n)
		put_more(x, rows->type, n - shown);
	free(sorted);
}
