/* SPDX-License-Identifier: GPL-2.0 */
/* The page of live: a line that says what is traced, tables, and at the end what the
 * total consists of and what was lost. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/text.h"
#include "model/fault/loss.h"
#include "view/format/text_fault.h"
#include "view/group.h"
#include "view/rows/fault.h"

static const char *count_text(const struct text *x, uint64_t n)
{
	char out[32];

	return tick_printf(x->t, "%s", text_count(out, sizeof(out), (double)n));
}

/* Where it is too wide, the backend goes first, then the end of the name. */
static void put_head(struct text *x)
{
	const struct session *s = session_of(x->t->model);
	const char *title = model_fact(x->t->model, "target", "title"), *backend = model_fact(x->t->model, "backend", "fault");
	const char *dot = text_dot(x);
	char *name = tick_escaped(x->t, title ? title : "-");
	const char *by = tick_printf(x->t, "%sfaults by %s", dot, backend ? tick_escaped(x->t, backend) : "-");
	const char *tail = tick_printf(
		x->t, "%s%.1fs%s%s minor %s major%sdropped %" PRIu64, dot, (double)x->t->now_ns / 1e9, dot,
		count_text(x, s->faults.minor + s->faults.unattributed_minor),
		count_text(x, s->faults.major + s->faults.unattributed_major), dot, s->base.losses[MMT_LOSS_DROPPED]);
	int width = x->view->opt.width, room = width - 8 - text_width(tail);

	if (width && text_width(name) + text_width(by) > room)
		by = "";
	if (width)
		text_keep_begin(name, room > 8 ? room : 8);
	text_line(x, "mmtrace %s%s%s", name, by, tail);
	text_incomplete(x, x->t->model->losses[MMT_LOSS_TARGETS_FULL]);
}

static bool any_shown(struct text *x, const struct text_rows *rows)
{
	for (size_t i = 0; i < rows->count; i++)
		if (!text_quiet(x, rows->type, rows->row[i]))
			return true;
	return false;
}

static bool several(struct text *x, const struct text_rows *rows)
{
	size_t n = 0;

	for (size_t i = 0; rows && i < rows->count; i++)
		n += !text_quiet(x, rows->type, rows->row[i]);
	return n > 1;
}

static void collect(void *ctx, const void *row)
{
	struct text_rows *rows = ctx;

	rows->row = xgrow(rows->row, rows->count, &rows->room, sizeof(*rows->row));
	rows->row[rows->count++] = row;
}

/* Processes of one program map the same things: one row for all of them. */
static void put_families(struct text *x)
{
	const struct row_type *const *types;
	struct text_rows rows = { 0 };

	if (!x->family) {
		x->family = group_new(x->view->show, NULL, "comm,kind,file", true);
		group_narrow(x->family, x->view->opt.sort);
	}
	types = group_types(x->family, x->view->model, x->t);
	rows.type = types[0];
	rows.type->each(group_model(x->family), collect, &rows);
	text_table(x, &rows);
	free(rows.row);
}

static void put_tables(struct text *x)
{
	bool by_process = model_option(x->t->model, "by_process");
	const struct text_rows *processes = text_rows_of(x, &row_process);
	const struct text_rows *vmas = text_rows_of(x, x->view->show->rows[0]);
	const struct text_rows none = { .type = &row_process };
	bool expand = model_fact_next(x->t->model, "expand", NULL) != NULL;

	if (vmas && vmas->type == &row_process) { /* --by process */
		text_table(x, vmas);
		return;
	}
	if (by_process || several(x, processes))
		text_table(x, processes ? processes : &none);
	if (!by_process && !x->view->by_asked && !x->view->opt.columns && several(x, processes))
		put_families(x);
	else if (vmas && (!by_process || (expand && any_shown(x, vmas))))
		text_table(x, vmas);
}

/* --- what no event announced --- */

static void unattributed_line(struct text *x, const char *who, uint64_t minor, uint64_t major)
{
	bool sampled = session_of(x->t->model)->sample_max > 1;

	text_line(x, "%s %s: %" PRId64 " minor, %" PRId64 " major %s (no class, VMA, latency)",
		  sampled ? "[remainder]" : "[gup]", who, (int64_t)minor, (int64_t)major,
		  sampled ? "sampling remainder" : "by get_user_pages");
}

void text_unattributed(struct text *x)
{
	uint64_t minor = 0, major = 0, n = 0;
	const struct process *one = NULL;
	const char *who;

	for (const struct process *p = session_of(x->t->model)->processes; p; p = p->next) {
		if (!p->faults.unattributed_minor && !p->faults.unattributed_major)
			continue;
		n++;
		one = p;
		minor += p->faults.unattributed_minor;
		major += p->faults.unattributed_major;
	}
	if (!n)
		return;
	who = n > 1 ? tick_printf(x->t, "%" PRIu64 " processes", n)
	      : one->merged ? tick_printf(x->t, "ended processes %u", one->merged) : tick_printf(x->t, "pid %d", one->pid);
	unattributed_line(x, who, minor, major);
}

/* A count that sampling 1 in n estimates as x has a standard deviation of
 * sqrt((n - 1) x); twice that bounds it at 95 %. */
static void put_sampling(struct text *x)
{
	const struct session *s = session_of(x->t->model);
	char bound[16];

	if (s->sample_max > 1)
		text_wrap(x, "sampled: 1 in %u minor faults at most; a count of 10k by VMA or class is true within %s (95 %%), "
			     "process totals are exact", s->sample_max,
			  text_count(bound, sizeof(bound), 2 * sqrt((s->sample_max - 1) * 10000.0)));
	if (s->level.sample) /* --max-overhead has measured */
		text_wrap(x, "overhead: %.1f %% of the targets' CPU time in the last interval; %s", s->level.overhead_pct,
			  s->level.sample > 1 ? "sampled" : s->level.level ? "counted in the kernel" : "each fault is streamed");
}

void text_fault_losses(struct text *x)
{
	const struct model *m = x->t->model;
	bool aggregates = model_option(m, "aggregate") || model_option(m, "max_overhead");

	text_failures(x);
	for (int i = 0; i < MMT_LOSS_COUNT; i++)
		if (m->losses[i] && i != MMT_LOSS_SEEN && i != MMT_LOSS_DELIVERED && !(i == MMT_LOSS_FOLDED && aggregates))
			text_wrap(x, "%s: %" PRIu64 " (%s)", loss_texts[i].key, m->losses[i], loss_texts[i].text);
	if (m->cost.bpf_misses)
		text_wrap(x, "probe_missed: %" PRIu64 " (events while the same program ran on that CPU)",
			  m->cost.bpf_misses);
	put_sampling(x);
	if (m->decode_errors)
		text_wrap(x, "decode_error: %" PRIu64 " (damaged records, not counted)", m->decode_errors);
	if (model_fact(m, "unknown", "class"))
		text_wrap(x, "classes: coarse (page tables cannot be read here)");
}

static void put_foot(struct text *x)
{
	const struct text_rows *kinds = text_rows_of(x, &row_kind);

	/* in the table of processes it is part of MINOR and MAJOR */
	if (!model_option(x->t->model, "by_process") || x->view->group)
		text_unattributed(x);
	if (!model_option(x->t->model, "by_process")) /* else layouts are not read */
		text_unlisted(x);
	if (!x->t->last)
		return;
	if (!x->view->group)
		text_hints(x);
	fputc('\n', x->view->out);
	if (kinds && !x->view->group)
		text_table(x, kinds);
	text_stacks(x);
	text_fault_losses(x);
	text_overhead(x);
}

const struct text_page page_live = { .head = put_head, .tables = put_tables, .foot = put_foot };
