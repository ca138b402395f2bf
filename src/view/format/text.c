/* SPDX-License-Identifier: GPL-2.0 */
/* The format for people: collects the rows of a tick, then draws the page. */
#include "view/format/text.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "view/group.h"

static const struct text_page no_page;

/* The state lives as long as the view; rows are collected anew for each tick. */
static struct text *text_of(struct view *v)
{
	struct text *x = v->state;

	if (!x) {
		v->state = x = xcalloc(1, sizeof(*x));
		x->view = v;
		x->t = &v->tick;
	}
	return x;
}

static const struct text_page *page_of(const struct view *v)
{
	return v->show->page ? v->show->page : &no_page;
}

static struct text_rows *rows_for(struct text *x, const struct row_type *type)
{
	for (int i = 0; i < x->type_count; i++)
		if (x->types[i].type == type)
			return &x->types[i];
	x->types = xreallocarray(x->types, (size_t)x->type_count + 1, sizeof(*x->types));
	x->types[x->type_count] = (struct text_rows){ .type = type };
	return &x->types[x->type_count++];
}

const struct text_rows *text_rows_of(const struct text *x, const struct row_type *type)
{
	for (int i = 0; i < x->type_count; i++)
		if (x->types[i].type == type)
			return &x->types[i];
	return NULL;
}

void text_table(struct text *x, const struct text_rows *rows)
{
	if (rows)
		text_table_total(x, rows, NULL);
}

static void row(struct view *v, const struct row_type *type, const void *row)
{
	struct text_rows *rows = rows_for(text_of(v), type);

	rows->row = xgrow(rows->row, rows->count, &rows->room, sizeof(*rows->row));
	rows->row[rows->count++] = row;
}

static void start(struct view *v)
{
	if (page_of(v)->titles)
		page_of(v)->titles(text_of(v));
	fflush(v->out);
}

static void default_tables(struct text *x)
{
	for (int i = 0; i < x->type_count; i++)
		if (x->types[i].count || x->types[i].type == x->view->show->rows[0])
			text_table(x, &x->types[i]);
}

static void rows_forget(struct text *x)
{
	for (int i = 0; i < x->type_count; i++)
		x->types[i].count = 0;
}

static void put_page(struct view *v)
{
	const struct text_page *page = page_of(v);
	struct text *x = text_of(v);

	if (v->opt.table && !v->group) { /* the one on request, and nothing around it */
		text_table(x, rows_for(x, show_type(v->show, v->opt.table)));
	} else {
		if (page->head)
			page->head(x);
		if (!v->group)
			rows_for(x, v->show->rows[0]);
		(page->tables && !v->group ? page->tables : default_tables)(x);
	}
	if (page->foot && !(v->opt.table && !x->t->last))
		page->foot(x);
	rows_forget(x);
}

static void tick(struct view *v)
{
	if (page_of(v)->words_apart) { /* amid events there are no tables */
		rows_forget(text_of(v));
		fflush(v->out);
		return;
	}
	if (v->opt.redraw)
		text_redraw(text_of(v), put_page);
	else
		put_page(v);
	if (!v->opt.redraw && !v->show->event)
		fputc('\n', v->out);
	fflush(v->out);
}

static void end(struct view *v)
{
	FILE *out = v->out;

	if (v->opt.redraw)
		fputc('\n', v->out); /* the cursor may stand behind a ^C */
	fflush(out);
	if (page_of(v)->words_apart)
		v->out = stderr;
	put_page(v);
	fflush(v->out);
	v->out = out;
}

/* Columns of a fixed width: events come one by one. */
static void put_event(struct text *x, const struct row_type *type, const void *row)
{
	const char *separator = "";

	for (int i = 0; i < type->count; i++) {
		const struct field *f = &type->fields[i];
		struct value v;

		if (!f->title)
			continue;
		v = f->get(f, row, x->t);
		fprintf(x->view->out, "%s%*s", separator, f->width, text_value(x, &v, f->unit));
		separator = " ";
	}
	fputc('\n', x->view->out);
}

static void event(struct view *v, const struct row_type *type, const void *row)
{
	const struct text_page *page = page_of(v);

	if (v->opt.redraw && type->urgent)
		text_say(text_of(v), type, row);
	if (page->event)
		page->event(text_of(v), type, row);
	else
		put_event(text_of(v), type, row);
}

static void clean(struct view *v)
{
	struct text *x = v->state;

	for (int i = 0; x && i < x->type_count; i++)
		free(x->types[i].row);
	for (int i = 0; x && i < x->said_count; i++)
		free(x->said[i]);
	if (x) {
		group_free(x->family);
		free(x->types);
	}
}

void text_incomplete(struct text *x, uint64_t left_out)
{
	if (left_out)
		text_wrap(x, "INCOMPLETE: there were more processes at a time than there is room for, some are not traced");
}

void text_overhead(struct text *x)
{
	const struct input_cost *c = &x->t->model->cost;
	const struct value rss = c->rss_bytes ? value_uint(c->rss_bytes) : value_none(), maps = value_uint(c->map_bytes);
	const struct value each = value_uint(c->bpf_runs ? c->bpf_ns / c->bpf_runs : 0);
	const char *bpf = "BPF time - (kernel.bpf_stats_enabled is 0)";

	if (c->bpf_timed)
		bpf = tick_printf(x->t, "BPF programs ran %" PRIu64 " times, %s each", c->bpf_runs, text_value(x, &each, UNIT_NS));
	text_wrap(x, "mmtrace itself: cpu %.2fs, rss %s, BPF maps %s, %s", (double)c->cpu_ns / 1e9,
		  text_value(x, &rss, UNIT_BYTES), text_value(x, &maps, UNIT_BYTES), bpf);
}

const struct format format_text = {
	.name = "text", .help = "tables for people", .for_people = true,
	.start = start, .row = row, .event = event, .tick = tick, .end = end, .clean = clean,
};
