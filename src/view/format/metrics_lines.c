/* SPDX-License-Identifier: GPL-2.0 */
/* Lines of metrics: names, labels, values. */
#include <ctype.h>
#include <math.h>
#include <string.h>

#include "view/format/metrics.h"

bool metrics_is_label(const struct field *f)
{
	return f->label && !(f->flags & FIELD_VOLATILE);
}

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
static void name_put(FILE *f, const struct row_type *type, const struct metric *m)
{
	bool whole = !strcmp(type->name, row_end.name);
	char name[200];

	snprintf(name, sizeof(name), "mmtrace_%s%s%s%s%s", whole ? "" : type->name, whole ? "" : "_", field_path(m->field),
		 m->inner ? "_" : "", m->inner ? m->inner : "");
	for (char *at = name; *at; at++)
		*at = isalnum((unsigned char)*at) ? *at : '_';
	cut_end(name, "_total");
	if (m->unit == UNIT_NS)
		cut_word(name, "_ns");
	if (m->unit == UNIT_BYTES)
		cut_word(name, "_bytes");
	fprintf(f, "%s%s", name, m->unit == UNIT_NS ? "_seconds" : m->unit == UNIT_BYTES ? "_bytes" : "");
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
static void labels_put(struct view *v, const struct row_type *type, const void *row, const char *key, const char *outer)
{
	const char *separator = "{";

	for (int i = 0; i < type->count; i++) {
		const struct field *f = &type->fields[i];
		struct value value;

		if (!metrics_is_label(f))
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
	if (outer) {
		fprintf(v->out, "%s%s=\"", separator, key);
		label_put(v->out, outer);
		fputc('"', v->out);
		separator = ",";
	}
	if (*separator == ',')
		fputc('}', v->out);
}

/* --- one metric --- */

void metrics_put_help(struct view *v, const struct row_type *type, const struct metric *m, bool classic)
{
	const char *total = m->counter && classic ? "_total" : "";

	fputs("# HELP ", v->out);
	name_put(v->out, type, m);
	fprintf(v->out, "%s ", total);
	label_put(v->out, m->field->help);
	if (m->inner)
		fprintf(v->out, ": %s", m->inner);
	fputs("\n# TYPE ", v->out);
	name_put(v->out, type, m);
	fprintf(v->out, "%s %s\n", total, m->counter ? "counter" : "gauge");
	if (classic || (m->unit != UNIT_NS && m->unit != UNIT_BYTES))
		return;
	fputs("# UNIT ", v->out);
	name_put(v->out, type, m);
	fprintf(v->out, " %s\n", m->unit == UNIT_NS ? "seconds" : "bytes");
}

void metrics_put_line(struct view *v, const struct row_type *type, const struct metric *m, const void *row,
		      const char *outer, double number)
{
	name_put(v->out, type, m);
	if (m->counter)
		fputs("_total", v->out);
	labels_put(v, type, row, m->field->key, outer);
	fprintf(v->out, " %.17g\n", m->unit == UNIT_NS ? number / 1e9 : number);
}

static bool is_metric(const struct field *f)
{
	return !f->label && strcmp(f->key, "rows") && !(f->flags & FIELD_TABLE_ONLY) && f->flow != FLOW_FACT &&
	       (f->unit == UNIT_COUNT || f->unit == UNIT_BYTES || f->unit == UNIT_NS || f->unit == UNIT_RATE ||
		f->unit == UNIT_PERCENT);
}

static void metric_put(struct view *v, const struct row_type *type, const struct field *f, const void **rows, size_t n,
		       bool classic)
{
	const struct metric m = { .field = f, .unit = f->unit, .counter = is_counter(f) };
	bool any = false;

	for (size_t i = 0; i < n && i < SERIES_MAX; i++) {
		struct value value = f->get(f, rows[i], &v->tick);
		double number = value_number(&value);

		if (isnan(number))
			continue;
		if (!any)
			metrics_put_help(v, type, &m, classic);
		any = true;
		metrics_put_line(v, type, &m, rows[i], NULL, number);
	}
	scratch_reset(v->tick.scratch);
}

void metrics_put_type(struct view *v, const struct row_type *type, const void **rows, size_t n, bool classic)
{
	for (int i = 0; i < type->count; i++) {
		const struct field *f = &type->fields[i];

		if (is_metric(f))
			metric_put(v, type, f, rows, n, classic);
		else if (f->merge == MERGE_NESTED && f->flow == FLOW_TOTAL)
			metrics_put_nested(v, type, f, rows, n, classic);
	}
	if (n <= SERIES_MAX)
		return;
	fprintf(v->out, "# HELP mmtrace_%s_rows_left_out rows beyond %d, which have no series\n", type->name, SERIES_MAX);
	fprintf(v->out, "# TYPE mmtrace_%s_rows_left_out gauge\n", type->name);
	fprintf(v->out, "mmtrace_%s_rows_left_out %zu\n", type->name, n - SERIES_MAX);
}
