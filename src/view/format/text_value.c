/* SPDX-License-Identifier: GPL-2.0 */
/* Values, cells and titles as people read them. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "view/format/text_fit.h"

static const char *number_text(const struct tick *t, double v, enum unit unit)
{
	char out[40];
	uint64_t size = text_whole(v);

	if (v == 0)
		return "0";
	if (unit == UNIT_BYTES)
		text_bytes(out, sizeof(out), size);
	else if (unit == UNIT_NS)
		text_ns(out, sizeof(out), size);
	else if (unit == UNIT_PERCENT)
		snprintf(out, sizeof(out), "%.1f%%", v < 0 ? -v : v);
	else
		text_count(out, sizeof(out), v < 0 ? -v : v);
	return tick_printf(t, "%s%s", v < 0 ? "-" : "", out);
}

/* What stands in one cell or line of a page; data (JSON, CSV, metrics) has all of it. */
static const char *bounded(struct text *x, const char *text)
{
	char *out = tick_escaped(x->t, text);

	text_keep_end(out, NAME_COLUMNS);
	return out;
}

const char *text_value(struct text *x, const struct value *v, enum unit unit)
{
	switch (v->type) {
	case VALUE_NONE: case VALUE_NEST: return "-";
	case VALUE_BOOL: return v->b ? "yes" : "no";
	case VALUE_TEXT: return v->text[0] ? bounded(x, v->text) : "-";
	case VALUE_UINT:
		if (unit == UNIT_ADDRESS)
			return tick_printf(x->t, "%" PRIx64, v->u);
		if (unit == UNIT_NUMBER || unit == UNIT_ID || unit == UNIT_NONE)
			return tick_printf(x->t, "%" PRIu64, v->u);
		break;
	case VALUE_INT:
		if (unit == UNIT_NUMBER || unit == UNIT_NONE)
			return tick_printf(x->t, "%" PRId64, v->i);
		break;
	case VALUE_REAL: case VALUE_QUANTILE: break;
	}
	return isnan(value_number(v)) ? "-" : number_text(x->t, value_number(v), unit);
}

/* What a cell shows: the value, or what the interval added to it. */
struct value text_cell(const struct text *x, const struct field *f, const void *row)
{
	struct value v;

	if (f->show_as == SHOW_VALUE || !f->added || !x->t->interval_ns)
		return f->get(f, row, x->t);
	v = f->added(f, row, x->t);
	if (f->show_as == SHOW_PER_SECOND && v.type != VALUE_NONE)
		v = value_real(value_number(&v) * 1e9 / (double)x->t->interval_ns);
	return v;
}

const char *fit_title(struct text *x, const struct field *f)
{
	char *title = tick_text(x->t, f->title, strlen(f->title));

	if (f->show_as == SHOW_PER_SECOND && !x->t->interval_ns)
		title[strcspn(title, "/")] = '\0';
	return title;
}

const char *text_cell_text(struct text *x, const struct field *f, const void *row)
{
	struct value v = text_cell(x, f, row), mark = f->mark ? f->mark(f, row, x->t) : value_none();
	const char *text = text_value(x, &v, f->unit);
	bool none = v.type == VALUE_NONE, empty = none || (v.type == VALUE_TEXT && !v.text[0]);

	if ((f->flags & FIELD_BLANK && none) || (!f->title[0] && empty))
		return ""; /* words beside a row, not a column */
	return mark.type == VALUE_TEXT ? tick_printf(x->t, "%s%s", mark.text, text) : text;
}

const char **fit_cells(const struct fit *f, struct text *x, const void *row)
{
	const char **cells = xcalloc((size_t)f->count + 1, sizeof(*cells));

	for (int i = 0; i < f->count; i++)
		cells[i] = text_cell_text(x, f->field[i], row);
	return cells;
}

void text_fields_help(const struct row_type *const *types, bool labels, FILE *f)
{
	static const char *const units[] = { [UNIT_NONE] = "-", [UNIT_COUNT] = "-", [UNIT_NUMBER] = "-", [UNIT_ID] = "-",
					     [UNIT_ADDRESS] = "hex", [UNIT_BYTES] = "bytes", [UNIT_NS] = "ns",
					     [UNIT_PERCENT] = "%", [UNIT_RATE] = "1/s" };

	for (; *types; types++) {
		bool classes = false;

		fprintf(f, "%s: %s\n  %-15s %-12s %-6s %s\n", (*types)->name, (*types)->help, "KEY", "TITLE", "UNIT", "WHAT");
		for (int i = 0; i < (*types)->count; i++) {
			const struct field *c = &(*types)->fields[i];

			classes |= c->rank == RANK_CLASS && !c->label; /* labels of that rank: the keys of hist */
			if (labels ? c->label : c->title != NULL)
				fprintf(f, "  %-15s %-12s %-6s %s\n", c->key, c->title ? c->title : "-", units[c->unit], c->help);
		}
		if (!labels && classes)
			fprintf(f, "  %-15s %-12s %-6s %s\n", "classes", "-", "-", "those fault classes that occurred (--columns only)");
	}
}

bool text_quiet(const struct text *x, const struct row_type *type, const void *row)
{
	const struct field *f = field_shows(type, x->view->opt.sort);
	struct value v;

	if (!type->quiet || !type->quiet(row, x->t))
		return false;
	if (!f)
		return true;
	v = f->get(f, row, x->t);
	return v.type == VALUE_NONE || v.u == 0;
}
