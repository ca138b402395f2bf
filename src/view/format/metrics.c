/* SPDX-License-Identifier: GPL-2.0 */
/* Metrics for Prometheus, in its classic text format (0.0.4) and in OpenMetrics, with
 * the same names: mmtrace_TYPE_PATH, times in seconds, counters end in _total.  Rows
 * are grouped by their labels, those of which there may be any number (pid, address)
 * left out unless --by names them, so that the number of series is bounded. */
#include <stdlib.h>

#include "base/alloc.h"
#include "view/format/metrics.h"
#include "view/group.h"

struct kept { const struct row_type *type; const void **row; size_t count, room; struct group *group; };
struct metrics { struct kept *types; int count; };

static struct metrics *state_of(struct view *v)
{
	return v->state ? v->state : (v->state = xcalloc(1, sizeof(struct metrics)));
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
		if (metrics_is_label(&type->fields[i])) {
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
	k->row = xgrow(k->row, k->count, &k->room, sizeof(*k->row));
	k->row[k->count++] = row;
}

static void on_group(void *ctx, const void *row)
{
	keep(ctx, row);
}

/* Rows that differ by labels of which there may be any number are joined by the others. */
static void joined_put(struct view *v, struct kept *k, bool classic)
{
	char *by = v->group ? NULL : labels_of(k->type);
	struct kept groups = { 0 };
	struct row_type named;

	if (!by) {
		metrics_put_type(v, k->type, k->row, k->count, classic);
		return;
	}
	if (!k->group)
		k->group = group_new(v->show, k->type->name, by, false);
	named = *group_types(k->group, v->model, &v->tick)[0];
	named.each(group_model(k->group), on_group, &groups);
	named.name = k->type->name;
	metrics_put_type(v, &named, groups.row, groups.count, classic);
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
		metrics_put_type(v, v->show->end, &model, 1, classic);
	metrics_put_type(v, &row_end, &model, 1, classic);
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
