/* SPDX-License-Identifier: GPL-2.0 */
/* Metrics for Prometheus, in its classic text format (0.0.4) and in OpenMetrics, with
 * the same names: mmtrace_TYPE_PATH, times in seconds, counters end in _total.  Rows
 * are grouped by their labels, those of which there may be any number (pid, address)
 * left out unless --by names them, so that the number of series is bounded. */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "view/group.h"

#define SERIES_MAX 1000 /* rows of a type; the others are left out, and counted */

struct kept { const struct row_type *type; const void **row; size_t count, room; struct group *group; };
struct metrics { struct kept *types; int count; };

static struct metrics *state_of(struct view *v)
{
	return v->state ? v->state : (v->state = xcalloc(1, sizeof(struct metrics)));
}

static bool is_label(const struct field *f)
{
	return f->label && !(f->flags & FIELD_VOLATILE);
}

/* The labels that bound a type: "comm,kind"; NULL: it has none. The caller's to free. */
static char *labels_of(const struct row_type *type)
{
	char *list = NULL;
	size_t size;
	FILE *f = open_memstream(&list, &size);
	bool any = false;

	if (!f)
		return NULL;
	for (int i = 0; i < type->count; i++)
		if (is_label(&type->fields[i])) {
			fprintf(f, "%s%s", any ? "," : "", type->fields[i].key);
			any = true;
		}
	fclose(f);
	if (any)
		return list;
	free(list);
	return NULL;
}

static struct kept *kept_for(struct metrics *m, const struct row_type *type)
{
	for (int i = 0; i < m->count; i++)
		if (m->types[i].type == type)
			return &m->types[i];
	m->types = xreallocarray(m->types, (size_t)m->count + 1, sizeof(*m->types));
	m->types[m->count] = (struct kept){ .type = type };
	return &m->types[m->count++];
}

static void keep(struct kept *k, const void *row)
{
	if (k->count == k->room) {
		k->room = k->room ? k->room * 2 : 64;
		k->row = xreallocarray(k->row, k->room, sizeof(*k->row));
	}
	k->row[k->count++] = row;
}

static void on_group(void *ctx, const void *row)
{
	keep(ctx, row);
}

/* --- names and labels --- */

static void cut_end(char *name, const char *end)
{
	size_t len = strlen(name), n = strlen(end);

	if (len > n && !strcmp(name + len - n, end))
		name[len - n] = '\0';
}

/* Takes "_ns" out of "mmtrace_hist_ns_sum". */
static void cut_word(char *name, const char *word)
{
	size_t n = strlen(word);

	for (char *at = name; (at = strstr(at, word)); at++)
		if (!at[n] || at[n] == '_') {
			memmove(at, at + n, strlen(at + n) + 1);
			return;
		}
}

/* "faults.minor" of "vma" -> mmtrace_vma_faults_minor; the unit comes last, and what is
 * of the whole run has no type in its name. */
static void name_put(FILE *f, const struct row_type *type, const struct field *field)
{
	bool whole = type->name == row_end.name || !strcmp(type->name, row_end.name);
	char name[160];

	snprintf(name, sizeof(name), "mmtrace_%s%s%s", whole ? "" : type->name, whole ? "" : "_", field_path(field));
	for (char *at = name; *at; at++)
		*at = isalnum((unsigned char)*at) ? *at : '_';
	cut_end(name, "_total");
	if (field->unit == UNIT_NS)
		cut_word(name, "_ns");
	if (field->unit == UNIT_BYTES)
		cut_word(name, "_bytes");
	fprintf(f, "%s%s", name, field->unit == UNIT_NS ? "_seconds" : field->unit == UNIT_BYTES ? "_bytes" : "");
}

static bool is_counter(const struct field *f)
{
	return f->flow == FLOW_TOTAL && f->unit != UNIT_PERCENT;
}

static void label_put(FILE *f, const char *text)
{
	for (; *text; text++) {
		if (*text == '\n')
			fputs("\\n", f);
		else if (*text == '"' || *text == '\\')
			fprintf(f, "\\%c", *text);
		else
			fputc(*text, f);
	}
}

/* Labels are UTF-8 here: text that is none is escaped before. */
static void labels_put(struct view *v, const struct row_type *type, const void *row)
{
	const char *separator = "{";

	for (int i = 0; i < type->count; i++) {
		const struct field *f = &type->fields[i];
		struct value value;

		if (!f->label || (f->flags & FIELD_VOLATILE))
			continue;
		value = f->get(f, row, &v->tick);
		if (value.type == VALUE_NONE || value.type == VALUE_NEST)
			continue;
		fprintf(v->out, "%s%s=\"", separator, f->key);
		if (value.type == VALUE_TEXT)
			label_put(v->out, tick_escaped(&v->tick, value.text));
		else
			fprintf(v->out, "%.17g", value_number(&value));
		fputc('"', v->out);
		separator = ",";
	}
	if (*separator == ',')
		fputc('}', v->out);
}

/* --- one metric --- */

static void help_put(struct view *v, const struct row_type *type, const struct field *f, bool classic)
{
	const char *total = is_counter(f) && classic ? "_total" : "";

	fputs("# HELP ", v->out);
	name_put(v->out, type, f);
	fprintf(v->out, "%s ", total);
	label_put(v->out, f->help);
	fputs("\n# TYPE ", v->out);
	name_put(v->out, type, f);
	fprintf(v->out, "%s %s\n", total, is_counter(f) ? "counter" : "gauge");
	if (classic || (f->unit != UNIT_NS && f->unit != UNIT_BYTES))
		return;
	fputs("# UNIT ", v->out);
	name_put(v->out, type, f);
	fprintf(v->out, " %s\n", f->unit == UNIT_NS ? "seconds" : "bytes");
}

static bool is_metric(const struct field *f)
{
	return !f->label && strcmp(f->key, "rows") && !(f->flags & FIELD_TABLE_ONLY) && f->flow != FLOW_FACT &&
	       (f->unit == UNIT_COUNT || f->unit == UNIT_BYTES || f->unit == UNIT_NS || f->unit == UNIT_RATE || f->unit == UNIT_PERCENT);
}

static void metric_put(struct view *v, const struct row_type *type, const struct field *f, const void **rows, size_t n, bool classic)
{
	bool any = false;

	for (size_t i = 0; i < n && i < SERIES_MAX; i++) {
		struct value value = f->get(f, rows[i], &v->tick);
		double number = value_number(&value);

		if (isnan(number))
			continue;
		if (!any)
			help_put(v, type, f, classic);
		any = true;
		name_put(v->out, type, f);
		if (is_counter(f))
			fputs("_total", v->out);
		labels_put(v, type, rows[i]);
		fprintf(v->out, " %.17g\n", f->unit == UNIT_NS ? number / 1e9 : number);
	}
	scratch_reset(v->tick.scratch);
}

static void type_put(struct view *v, const struct row_type *type, const void **rows, size_t n, bool classic)
{
	for (int i = 0; i < type->count; i++)
		if (is_metric(&type->fields[i]))
			metric_put(v, type, &type->fields[i], rows, n, classic);
}

/* --- all of them --- */

/* Rows of a type that are told apart by what may be any number are joined by the rest. */
static void joined_put(struct view *v, struct kept *k, bool classic)
{
	char *by = v->group ? NULL : labels_of(k->type);
	struct kept groups = { 0 };
	struct row_type named;

	if (!by) {
		type_put(v, k->type, k->row, k->count, classic);
		return;
	}
	if (!k->group)
		k->group = group_new(v->show, k->type->name, by);
	named = *group_types(k->group, v->model, &v->tick)[0];
	named.each(group_model(k->group), on_group, &groups);
	named.name = k->type->name;
	type_put(v, &named, groups.row, groups.count, classic);
	free(groups.row);
	free(by);
}

static void row(struct view *v, const struct row_type *type, const void *row)
{
	keep(kept_for(state_of(v), type), row);
}

static void all_put(struct view *v, bool classic)
{
	struct metrics *m = state_of(v);
	const void *model = v->model;

	if (!v->out)
		return;
	for (int i = 0; i < m->count; i++) {
		joined_put(v, &m->types[i], classic);
		m->types[i].count = 0;
	}
	if (v->show->end)
		type_put(v, v->show->end, &model, 1, classic);
	type_put(v, &row_end, &model, 1, classic);
	if (!classic)
		fputs("# EOF\n", v->out);
	fflush(v->out);
}

/* On a stream several sets would be one invalid text: it gets the last one only. */
static void forget(struct view *v)
{
	struct metrics *m = state_of(v);

	for (int i = 0; i < m->count; i++)
		m->types[i].count = 0;
}

static void tick_classic(struct view *v)
{
	if (v->opt.path)
		all_put(v, true);
	else
		forget(v);
}

static void end_classic(struct view *v)
{
	all_put(v, true);
}

static void end_open(struct view *v)
{
	all_put(v, false);
}

static void clean(struct view *v)
{
	struct metrics *m = v->state;

	for (int i = 0; m && i < m->count; i++) {
		group_free(m->types[i].group);
		free(m->types[i].row);
	}
	if (m)
		free(m->types);
}

static void tick_open(struct view *v)
{
	if (v->opt.path)
		all_put(v, false);
	else
		forget(v);
}

const struct format format_prometheus = {
	.name = "prometheus", .help = "metrics in the classic text format, for node_exporter's textfile collector",
	.rewrites = true, .row = row, .tick = tick_classic, .end = end_classic, .clean = clean,
};

const struct format format_openmetrics = {
	.name = "openmetrics", .help = "metrics in the OpenMetrics format",
	.rewrites = true, .row = row, .tick = tick_open, .end = end_open, .clean = clean,
};
