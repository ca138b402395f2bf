/* SPDX-License-Identifier: GPL-2.0 */
/* The page of hist: for each event a line of sums, its histogram, and its rows. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "view/format/text_hist.h"

const struct hist_snapshot *text_hist_shown(const struct text *x)
{
	return hist_interval(x->t) ? &hist_of(x->t->model)->added : &hist_of(x->t->model)->now;
}

const char *text_hist_rate(struct text *x, uint64_t count)
{
	struct value v = value_real((double)count * 1e9 / (double)hist_interval(x->t));

	return text_value(x, &v, UNIT_RATE);
}

/* Tables of an interval and of the whole run look alike. */
static void put_head(struct text *x)
{
	const struct model *m = x->t->model;
	const char *dot = text_dot(x), *title = model_fact(m, "target", "title"), *span = x->t->last ? "whole run" : "so far";

	if (hist_interval(x->t))
		span = tick_printf(x->t, "interval %.1fs", (double)hist_interval(x->t) / 1e9);
	text_line(x, "mmtrace hist%s%s%s%.1fs%s%s%smissed %" PRIu64, dot, tick_escaped(x->t, title ? title : "-"), dot,
		  (double)x->t->now_ns / 1e9, dot, span, dot, m->cost.bpf_misses);
	text_incomplete(x, m->losses[MMT_HIST_LOSS_PROCESSES]);
}

static const char *op_words(uint8_t domain, uint8_t op)
{
	switch ((enum mmt_hist_op)op) {
	case MMT_OP_ALLOC: return hist_domains[domain].allocations;
	case MMT_OP_FREE: return "freed";
	case MMT_OP_FAILED: return "failed";
	case MMT_OP_FALLBACK: return "taken from another migrate type";
	case MMT_OP_NESTED: return "for arrays of pages";
	case MMT_OP_LATENCY: return hist_domains[domain].times;
	case MMT_OP_UNTIMED: return "without a time, by get_user_pages";
	case MMT_OP_COUNT: break;
	}
	return "";
}

static void put_sums(struct text *x, uint8_t domain, uint8_t op, const struct mmt_hist_row *sum)
{
	const struct value requested = value_uint(sum->requested), allocated = value_uint(sum->allocated);
	const char *asked = text_value(x, &requested, op == MMT_OP_LATENCY ? UNIT_NS : UNIT_BYTES);
	FILE *f = x->view->out;

	if (hist_is(domain, HD_WASTELESS))
		fprintf(f, ", %s", asked);
	else if (op == MMT_OP_LATENCY && hist_is(domain, HD_STALL))
		fprintf(f, ", %s lost", asked);
	else if (op == MMT_OP_ALLOC || op == MMT_OP_NESTED)
		fprintf(f, ", %s requested, %s given, %.1f%% waste", asked, text_value(x, &allocated, UNIT_BYTES),
			sum->allocated ? 100.0 * (double)hist_waste(sum) / (double)sum->allocated : 0.0);
}

static void put_fallbacks(struct text *x)
{
	const struct hist_snapshot *s = text_hist_shown(x);

	for (size_t i = 0; i < s->line_count; i++) {
		const struct hist_line *l = &s->lines[i];
		const char *from = hist_migrate_type(l->k[0] >> 8), *to = hist_migrate_type(l->k[0] & 0xff);

		if (l->op == MMT_OP_FALLBACK)
			fprintf(x->view->out, "  %10llu  %s wanted, %s taken\n", l->sum.count, from ? from : "?", to ? to : "?");
	}
}

static void put_op(struct text *x, uint8_t domain, uint8_t op)
{
	const struct hist_model *h = hist_of(x->t->model);
	struct mmt_hist_row sum = hist_total(text_hist_shown(x), domain, op, NULL);
	const char *free_key = tick_printf(x->t, "%s_free", hist_domains[domain].key);
	const char *limits = op == MMT_OP_FREE ? model_fact(x->t->model, "unknown", free_key) : NULL;
	FILE *f = x->view->out;

	fprintf(f, "%s: %llu %s", hist_domains[domain].key, sum.count, op_words(domain, op));
	if (hist_interval(x->t))
		fprintf(f, " (%s/s)", text_hist_rate(x, sum.count));
	if (limits)
		fprintf(f, "; %s", limits);
	put_sums(x, domain, op, &sum);
	if (op == MMT_OP_LATENCY && h->stalls_open[domain])
		fprintf(f, " (%" PRIu64 " going on)", h->stalls_open[domain]);
	fputc('\n', f);
	if ((op == MMT_OP_ALLOC || op == MMT_OP_LATENCY) && !text_hist_room(x)) /* rows have pictures of their own */
		text_bars(x, domain, op);
	if (op == MMT_OP_FALLBACK)
		put_fallbacks(x);
	else if (h->by[0] != MMT_KEY_NONE)
		text_hist_rows(x, domain, op);
}

static void put_domain(struct text *x, uint8_t domain)
{
	if (domain == MMT_DOMAIN_OOM) {
		fprintf(x->view->out, "oom: %" PRIu64 " killed since the start\n", hist_of(x->t->model)->oom_kills);
		return;
	}
	for (uint8_t op = 0; op < MMT_OP_COUNT; op++)
		if (text_hist_has(x, domain, op))
			put_op(x, domain, op);
	fputc('\n', x->view->out);
}

static void put_tables(struct text *x)
{
	for (uint8_t d = 0; d < MMT_DOMAIN_COUNT; d++)
		if (model_fact(x->t->model, "backend", hist_domains[d].key))
			put_domain(x, d);
}

/* --- the end --- */

static int region_compare(const void *a, const void *b)
{
	const struct fact *const *x = a, *const *y = b;
	uint64_t m = strtoull((*x)->value, NULL, 16), n = strtoull((*y)->value, NULL, 16);

	return m < n ? -1 : m > n;
}

/* By address; those not found, which start at 0, first. */
static void put_regions(struct text *x)
{
	const struct fact *sorted[MMT_REGIONS];
	size_t n = 0;

	for (const struct fact *f = NULL; n < MMT_REGIONS && (f = model_fact_next(x->t->model, "region", f));)
		sorted[n++] = f;
	if (!n)
		return;
	qsort(sorted, n, sizeof(sorted[0]), region_compare);
	fputs("Kernel address space:\n", x->view->out);
	for (size_t i = 0; i < n; i++) {
		char *end;
		uint64_t start = strtoull(sorted[i]->value, &end, 16);
		const char *range = "not found";

		if (sorted[i]->value[0])
			range = tick_printf(x->t, "%016" PRIx64 "-%016" PRIx64, start, (uint64_t)strtoull(end, NULL, 16));
		fprintf(x->view->out, "  %-33s %s\n", range, sorted[i]->key);
	}
}

static void put_losses(struct text *x)
{
	static const struct { enum mmt_hist_loss which; const char *words; } losses[] = {
		{ MMT_HIST_LOSS_UNPAIRED, "faults not counted: their start was not seen" },
		{ MMT_HIST_LOSS_THREADS, "looks at threads without room for them: what they faulted by get_user_pages is missing" },
		{ MMT_HIST_LOSS_STALLS, "stalls not counted: no room to remember their start" },
		{ MMT_HIST_LOSS_PROCESSES, "children not counted: more processes at a time than can be followed" },
		{ MMT_HIST_LOSS_OOMS, "OOM kills without a line: the ring was full" },
	};
	const struct model *m = x->t->model;

	for (size_t i = 0; i < sizeof(losses) / sizeof(losses[0]); i++)
		if (m->losses[losses[i].which])
			text_wrap(x, "%" PRIu64 " %s", m->losses[losses[i].which], losses[i].words);
	if (hist_without_row(hist_of(m)))
		text_wrap(x, "%" PRIu64 " events have no row of their own: no room (--rows)", hist_without_row(hist_of(m)));
	if (m->cost.bpf_misses)
		text_wrap(x, "%" PRIu64 " events missed: an interrupt came while the same hook ran on that CPU", m->cost.bpf_misses);
	if (m->decode_errors)
		text_wrap(x, "%" PRIu64 " inputs damaged, not counted", m->decode_errors);
}

static void put_foot(struct text *x)
{
	if (!x->t->last)
		return;
	put_regions(x);
	put_losses(x);
	text_overhead(x);
}

const struct text_page page_hist = { .head = put_head, .tables = put_tables, .foot = put_foot, .event = text_oom };
