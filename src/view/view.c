/* SPDX-License-Identifier: GPL-2.0 */
#include "view/view.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "view/group.h"

struct view *view_new(const struct format *format, const struct show *show, const struct model *model,
		      const struct view_options *opt)
{
	struct view *v = xcalloc(1, sizeof(*v));

	v->format = format;
	v->model = model;
	v->opt = *opt;
	v->by_asked = opt->by != NULL;
	v->tick.scratch = scratch_new();
	v->tick.ascii = opt->ascii && format->for_people;
	v->show = show_select(&v->selected, show, opt->table, &v->opt.by);
	v->group = v->opt.by ? group_new(v->show, opt->table, v->opt.by,
				       format->for_people && !field_shows(v->show->rows[0], v->opt.sort)) : NULL;
	return v;
}

void view_free(struct view *v)
{
	if (!v)
		return;
	if (v->format->clean)
		v->format->clean(v);
	group_free(v->group);
	scratch_free(v->tick.scratch);
	json_free(&v->json);
	free(v->known);
	free(v->state);
	free(v);
}

static void moment_set(struct view *v)
{
	v->tick.model = v->model;
	v->tick.now_ns = v->model->now_ns;
	v->tick.interval_ns = v->model->interval_ns;
	v->tick.last = v->model->ended;
	scratch_reset(v->tick.scratch);
}

void view_start(struct view *v)
{
	moment_set(v);
	if (v->format->start)
		v->format->start(v);
}

struct visit { struct view *v; const struct row_type *type; bool changed_only; };

static void on_row(void *ctx, const void *row)
{
	struct visit *visit = ctx;
	struct view *v = visit->v;

	if (visit->changed_only && visit->type->version && visit->type->version(row) <= v->shown)
		return;
	v->rows++;
	v->format->row(v, visit->type, row);
}

/* A table on request is the only one; grouped rows stand for their type. */
static void rows_put(struct view *v, bool all)
{
	const struct row_type *const *types = v->group ? group_types(v->group, v->model, &v->tick) : v->show->rows;

	for (; v->format->row && *types; types++) {
		struct visit visit = { v, *types, v->format->changed && !all };

		if (v->show->whole_last && v->format->for_people && !all && (*types)->whole && types != v->show->rows)
			continue;

		if ((*types)->each)
			(*types)->each(v->group ? group_model(v->group) : v->model, on_row, &visit);
	}
	v->shown = v->model->version - 1; /* what changes from now on carries version, until the next tick */
}

#define KNOWN 4096 /* of more at a time some are introduced again */

/* What has a number is announced once, in full. */
static void introduce(struct view *v, const struct row_type *type, const void *row)
{
	struct introduced in, *known;
	const struct row_type *about = v->show->introduced ? v->show->introduced(v->model, type, row, &in) : NULL;

	if (!about)
		return;
	if (!v->known)
		v->known = xcalloc(KNOWN, sizeof(*v->known));
	known = &v->known[in.number % KNOWN];
	if (known->row && known->number == in.number && known->state == in.state)
		return;
	*known = in;
	v->format->event(v, about, in.row);
}

void view_event(struct view *v, const struct row_type *type, const void *row)
{
	if (!v->format->event || (v->opt.quiet && !type->urgent))
		return;
	scratch_reset(v->tick.scratch);
	v->tick.model = v->model;
	introduce(v, type, row);
	v->format->event(v, type, row);
}

void view_tick(struct view *v)
{
	moment_set(v);
	/* amid what a command under trace prints, people get tables only on request */
	if (v->opt.quiet || (v->format->for_people && model_option(v->model, "quiet_ticks")))
		return;
	rows_put(v, false);
	if (v->format->tick)
		v->format->tick(v);
	v->rows = 0;
}

void view_before_retain(struct view *v)
{
	if (!v->format->changed || v->opt.quiet || v->group || !v->show->merged)
		return;
	rows_put(v, false);
}

/* Of rows that are not shown nobody knows the number. */
static void on_merged(void *ctx, const void *row)
{
	struct view *v = ctx;

	if (show_type(v->show, v->show->merged_type(row)->name))
		view_event(v, v->show->merged, row);
}

void view_after_retain(struct view *v)
{
	if (v->show->merged && v->format->changed && !v->group)
		v->show->merged->each(v->model, on_merged, v);
}

void view_end(struct view *v)
{
	moment_set(v);
	rows_put(v, true);
	if (v->format->end)
		v->format->end(v);
}

static const struct row_type *type_named(const struct row_type *const *types, const char *name)
{
	for (; types && name && *types; types++)
		if (!strcmp((*types)->name, name))
			return *types;
	return NULL;
}

/* The one that --by means by its name, or that has the labels which the main one lacks. */
static const struct row_type *type_by(const struct show *show, const char *by)
{
	const struct row_type *type = type_named(show->others, by);

	if (!by || type || !group_check(show->rows[0], by))
		return type;
	type = type_named(show->rows, by);
	for (const struct row_type *const *t = show->rows; !type && *t; t++)
		type = group_check(*t, by) ? NULL : *t;
	for (const struct row_type *const *t = show->others; !type && t && *t; t++)
		type = group_check(*t, by) ? NULL : *t;
	return type;
}

const struct show *show_select(struct show_by *out, const struct show *show, const char *table, const char **by)
{
	const struct row_type *main = table ? type_named(show->others, table) : type_by(show, *by);
	const char *alias = show->rows[0]->alias;
	int n = 0;

	if (!table && *by && (!strcmp(*by, show->rows[0]->name) || (alias && !strcmp(*by, alias)) ||
			      (main && !strcmp(*by, main->name))))
		*by = NULL;
	if (!main)
		return show;
	out->show = *show;
	out->show.rows = out->rows;
	out->rows[n++] = main;
	for (const struct row_type *const *t = show->rows + 1; *t && n < SHOW_ROWS_MAX - 1; t++)
		if (*t != main)
			out->rows[n++] = *t;
	out->rows[n] = NULL;
	return &out->show;
}

const struct row_type *show_type(const struct show *show, const char *name)
{
	return type_named(show->rows, name);
}

const struct format *format_find(const char *name)
{
	for (const struct format *const *f = formats; *f; f++)
		if (!strcmp((*f)->name, name))
			return *f;
	return NULL;
}
