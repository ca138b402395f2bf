/* SPDX-License-Identifier: GPL-2.0 */
/* The page of hist: for each domain bars, and rows where it is split. */
#include "view/format/text_hist.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static const bool domain_timed[MMT_DOMAIN_COUNT] = {
#define DOMAIN(NAME, n, key, sized, timed, ...) [n] = timed,
#include "wire/domains.def"
#undef DOMAIN
};

static const bool domain_sized[MMT_DOMAIN_COUNT] = {
#define DOMAIN(NAME, n, key, sized, ...) [n] = sized,
#include "wire/domains.def"
#undef DOMAIN
};

static const char *op_words(uint8_t domain, uint8_t op)
{
	switch ((enum mmt_hist_op)op) {
	case MMT_OP_ALLOC: return domain == MMT_DOMAIN_SWAPIN ? "reads" : domain == MMT_DOMAIN_SWAPOUT ? "writes" : "allocated";
	case MMT_OP_FREE: return "freed";
	case MMT_OP_FAILED: return "failed";
	case MMT_OP_FALLBACK: return "taken from another migrate type";
	case MMT_OP_NESTED: return domain == MMT_DOMAIN_VMALLOC ? "for arrays of pages" : "nested";
	case MMT_OP_LATENCY: return domain == MMT_DOMAIN_FAULT ? "timed" : domain == MMT_DOMAIN_SWAPIN ? "faults" : "times";
	case MMT_OP_COUNT: break;
	}
	return "";
}

static void put_op(const struct hist_page *p, uint8_t domain, uint8_t op)
{
	struct mmt_hist_row sum = hist_total(p->now, domain, op, NULL);
	const char *of_frees = model_fact(&p->m->base, "unknown", tick_printf(p->x->t, "%s_free", hist_domain_keys[domain]));
	char req[16], alloc[16], persec[16];

	if (!sum.count && op != (domain_sized[domain] ? MMT_OP_ALLOC : MMT_OP_LATENCY))
		return;
	text_bytes(req, sizeof(req), sum.requested);
	text_bytes(alloc, sizeof(alloc), sum.allocated);
	fprintf(p->x->view->out, "%s: %llu %s", hist_domain_keys[domain], sum.count, op_words(domain, op));
	if (p->x->t->interval_ns)
		fprintf(p->x->view->out, " (%s/s)", hist_rate(p, sum.count, persec, sizeof(persec)));
	if (op == MMT_OP_FREE && of_frees)
		fprintf(p->x->view->out, "; %s", of_frees);
	if (hist_wasteless(domain))
		fprintf(p->x->view->out, ", %s", op == MMT_OP_LATENCY ? text_ns(req, sizeof(req), sum.requested) : req);
	else if (op == MMT_OP_LATENCY && domain != MMT_DOMAIN_FAULT)
		fprintf(p->x->view->out, ", %s lost", text_ns(req, sizeof(req), sum.requested));
	else if (op == MMT_OP_ALLOC || op == MMT_OP_NESTED)
		fprintf(p->x->view->out, ", %s requested, %s given, %.1f%% waste", req, alloc,
			sum.allocated ? 100.0 * (double)hist_waste(&sum) / (double)sum.allocated : 0.0);
	if (op == MMT_OP_LATENCY && p->m->stalls_open[domain])
		fprintf(p->x->view->out, " (%" PRIu64 " going on)", p->m->stalls_open[domain]);
	fputc('\n', p->x->view->out);
	if (op == MMT_OP_ALLOC || op == MMT_OP_LATENCY)
		hist_put_histogram(p, domain, op);
	if (p->m->by[0] != MMT_KEY_NONE && op != MMT_OP_FALLBACK)
		hist_put_lines(p, domain, op);
}

static void put_fallbacks(const struct hist_page *p)
{
	const struct hist_line **lines;
	size_t n = hist_select(p->now, MMT_DOMAIN_PAGE, MMT_OP_FALLBACK, HIST_BY_COUNT, &lines);

	for (size_t i = 0; i < n; i++) {
		uint64_t from = lines[i]->k[0] >> 8, to = lines[i]->k[0] & 0xff;

		fprintf(p->x->view->out, "  %10llu  %s wanted, %s taken\n", lines[i]->sum.count,
			from < 6 ? hist_migrate_names[from] : "?", to < 6 ? hist_migrate_names[to] : "?");
	}
	free(lines);
}

static void put_head(struct text *x)
{
	const char *target = model_fact(x->t->model, "target", "text"), *span = "whole run", *dot = text_dot(x);

	if (x->t->interval_ns)
		span = tick_printf(x->t, "interval %.1fs", (double)x->t->interval_ns / 1e9);
	fprintf(x->view->out, "mmtrace hist%s%s%s%.1fs%s%s%smissed %" PRIu64 "\n", dot, tick_escaped(x->t, target ? target : "-"), dot,
		(double)x->t->now_ns / 1e9, dot, span, dot, x->t->model->cost.bpf_misses);
}

static void put_domain(const struct hist_page *p, uint8_t d)
{
	for (uint8_t op = 0; op < MMT_OP_COUNT; op++) {
		if ((op == MMT_OP_LATENCY && !domain_timed[d]) || (op == MMT_OP_ALLOC && !domain_sized[d]))
			continue;
		put_op(p, d, op);
		if (d == MMT_DOMAIN_PAGE && op == MMT_OP_FALLBACK)
			put_fallbacks(p);
	}
	fputc('\n', p->x->view->out);
}

static void put_tables(struct text *x)
{
	struct hist_page p = { x, hist_of(x->t->model), hist_shown(hist_of(x->t->model)) };

	for (uint8_t d = 0; d < MMT_DOMAIN_COUNT; d++) {
		if (!hist_counts(p.m, d))
			continue;
		if (d == MMT_DOMAIN_OOM)
			fprintf(x->view->out, "oom: %" PRIu64 " killed since the start\n", p.m->oom_kills);
		else
			put_domain(&p, d);
	}
}

struct region { uint64_t start, end; const char *name; };

static int region_order(const void *a, const void *b)
{
	const struct region *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

/* By address; those not found, which start at 0, first. */
static void put_regions(struct text *x)
{
	struct region list[MMT_REGIONS];
	size_t n = 0;

	for (const struct fact *f = NULL; n < MMT_REGIONS && (f = model_fact_next(x->t->model, "region", f));) {
		unsigned long i = strtoul(f->key, NULL, 10);
		struct region r = { 0 };

		if (i >= MMT_REGIONS || !hist_region_names[i])
			continue;
		r.name = hist_region_names[i];
		if (sscanf(f->value, "%" SCNx64 "-%" SCNx64, &r.start, &r.end) != 2)
			r.start = r.end = 0;
		list[n++] = r;
	}
	if (!n)
		return;
	qsort(list, n, sizeof(*list), region_order);
	fputs("Kernel address space:\n", x->view->out);
	for (size_t i = 0; i < n; i++) {
		if (list[i].end)
			fprintf(x->view->out, "  %016" PRIx64 "-%016" PRIx64 " %s\n", list[i].start, list[i].end, list[i].name);
		else
			fprintf(x->view->out, "  %-33s %s\n", "not found", list[i].name);
	}
}

static void put_foot(struct text *x)
{
	if (!x->t->last)
		return;
	put_regions(x);
	for (int i = 0; i < row_hist_end.count; i++) {
		const struct field *f = &row_hist_end.fields[i];
		struct value v = f->get(f, x->t->model, x->t);

		if (!strncmp(field_path(f), "lost.", 5) && v.u)
			text_wrap(x, "%s: %" PRIu64 " (%s)", f->key, v.u, f->help);
	}
	text_overhead(x);
}

static bool put_event(struct text *x, const struct row_type *type, const void *row)
{
	const struct mmt_oom *o = row;
	const struct name *cause = name_find(&hist_of(x->t->model)->names, INPUT_NAME_OOM, o->time);

	(void)type;
	oom_text(x->view->out, o, cause ? cause->text : NULL, x->t->model->clock.t0);
	return true;
}

const struct text_page page_hist = { .head = put_head, .tables = put_tables, .foot = put_foot, .event = put_event };
