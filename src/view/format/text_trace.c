/* SPDX-License-Identifier: GPL-2.0 */
/* The page of trace: a line for each event; the totals go to stderr, as stdout has
 * events alone. */
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "view/format/text_fault.h"
#include "view/rows/call.h"
#include "view/rows/fault.h"
#include "view/rows/stat.h"

#define CODE_COLUMNS 24

static void put_titles(struct text *x)
{
	fprintf(x->view->out, "%12s %3s %7s %7s %-10s %-5s %-5s %-6s %16s %8s %-*s %s\n", "TIME", "CPU", "PID", "TID", "EVENT",
		"ACCT", "PAGE", "MODE", "ADDRESS", "LATENCY", CODE_COLUMNS, "CODE", "MAPPING");
}

static void put_begin(struct text *x, const struct mmt_head *h, const char *event)
{
	uint64_t t0 = x->t->model->clock.t0;

	fprintf(x->view->out, "%12.6f %3u %7u %7u %-10s ", (double)(h->time > t0 ? h->time - t0 : 0) / 1e9, h->cpu,
		h->tgid, h->tid, event);
}

static const char *escaped(struct text *x, const char *name)
{
	char *text = tick_escaped(x->t, name);

	text_keep_end(text, NAME_COLUMNS);
	return text;
}

/* A path in full where it is the first time, then its last part; with where in the file at is. */
static void put_vma(struct text *x, const struct vma *v, const uint64_t *at)
{
	bool file = v && v->known && v->v.kind & MMT_VMA_FILE, first = x->introduced;
	const char *last = file ? strrchr(v->name, '/') : NULL;

	x->introduced = false;
	if (v && v->mm->child)
		fputs(v->name, x->view->out);
	else if (last && !first)
		fputs(escaped(x, last + 1), x->view->out);
	else if (v && v->known)
		fprintf(x->view->out, "%llx-%llx %s", v->v.start, v->v.end, *v->name ? escaped(x, v->name) : "[anon]");
	else
		fputc('-', x->view->out);
	if (file && at && *at >= v->v.start && *at < v->v.end)
		fprintf(x->view->out, "+0x%llx", *at - v->v.start + v->v.pgoff * 4096);
	fputc('\n', x->view->out);
}

static void put_code(struct text *x)
{
	const char *code = code_text(x->t);

	fprintf(x->view->out, "%-*s ", CODE_COLUMNS, code ? escaped(x, code) : "-");
}

static void put_fault(struct text *x, const struct mmt_fault *f)
{
	const char *accounted = f->cls == MMT_CLASS_ERROR ? "-" : f->flags & MMT_FAULT_MAJOR ? "major" : "minor";
	const uint64_t at = f->addr;
	char ns[16];

	put_begin(x, &f->head, class_keys[f->cls]);
	fprintf(x->view->out, "%-5s %-5s %-6s %16llx %8s ", accounted, page_key(f) ? page_key(f) : "",
		mode_keys[f->mode], f->addr, f->ns ? text_ns(ns, sizeof(ns), f->ns) : "-");
	put_code(x);
	put_vma(x, session_vma_of(session_of(x->t->model), f), &at);
}

static void put_call(struct text *x, const struct mmt_call *c)
{
	const struct vma *v = c->sig ? session_vma_by_key(session_of(x->t->model), c->head.mm_id, c->sig, c->anchor) : NULL;
	char name[24], text[768];

	call_text(c, text, sizeof(text));
	put_begin(x, &c->head, call_name(c, name, sizeof(name)));
	fputs(text, x->view->out);
	if (code_text(x->t))
		fprintf(x->view->out, "  at %s", escaped(x, code_text(x->t)));
	if (v && v->known) {
		fputs("  ", x->view->out);
		put_vma(x, v, NULL);
	} else {
		fputc('\n', x->view->out);
	}
}

/* The fields after the common ones: the time, the event, and its words. */
static void put_life(struct text *x, const void *row)
{
	const struct field *f = &event_life.fields[event_life.count - 2];
	struct value event = f[0].get(&f[0], row, x->t), words = f[1].get(&f[1], row, x->t);

	struct value copied = f[-1].get(&f[-1], row, x->t);
	char ns[16];

	put_begin(x, row, event.text);
	fputs(text_value(x, &words, UNIT_NONE), x->view->out);
	if (copied.type != VALUE_NONE)
		fprintf(x->view->out, ", memory copied in %s", text_ns(ns, sizeof(ns), copied.u));
	fputc('\n', x->view->out);
}

static bool put_event(struct text *x, const struct row_type *type, const void *row)
{
	if (type == &event_seen) {
		x->introduced = true;
		return true;
	}
	if (type == &event_fault)
		put_fault(x, row);
	else if (type == &event_call)
		put_call(x, row);
	else
		put_life(x, row);
	x->introduced = false;
	return true;
}

/* Those of --by alone, below the events. */
static void put_tables(struct text *x)
{
	const struct text_rows *rows = text_rows_of(x, x->view->show->rows[0]);

	if (x->t->last && x->view->by_asked && rows)
		text_table(x, rows);
}

/* What the options leave out is counted all the same. */
static void put_shown(struct text *x)
{
	const struct event_counts *n = &session_of(x->t->model)->events;

	if (!session_of(x->t->model)->filter.on)
		return;
	text_line(x, "shown: %" PRIu64 " of %" PRIu64 " faults, %" PRIu64 " of %" PRIu64 " calls that had an event",
		  n->shown_faults, n->faults, n->shown_calls, n->calls);
}

static void put_foot(struct text *x)
{
	const struct fault_stat *s = &session_of(x->t->model)->faults;

	if (!x->t->last)
		return;
	text_line(x, "total: %" PRIu64 " minor, %" PRIu64 " major faults executed by the processes",
		  s->minor + s->unattributed_minor, s->major + s->unattributed_major);
	put_shown(x);
	text_unattributed(x);
	text_stacks(x);
	text_fault_losses(x);
}

const struct text_page page_trace = {
	.titles = put_titles, .tables = put_tables, .foot = put_foot, .event = put_event, .words_apart = true,
};
