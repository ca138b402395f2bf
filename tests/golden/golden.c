/* SPDX-License-Identifier: GPL-2.0 */
/* Shows the sample in one view: golden VIEW.  No kernel, no clock. */
#include <stdlib.h>

#include "golden/hist.h"
#include "golden/sample.h"
#include "golden/top.h"
#include "view/report.h"
#include "view/trace.h"

enum view { TABLE, JSON, TRACE, TRACE_JSON, PROCESSES, NARROW, SCREEN, SCREEN_PROCESSES };
static const char *const views[] = { "table", "json", "trace", "trace-json", "processes", "narrow", "screen", "screen-processes" };

struct golden { struct report report; enum view view; };

static void on_record(void *ctx, const void *bytes, size_t size)
{
	const struct trace_filter all = { .classes = 0 };
	struct golden *g = ctx;

	if (g->view == TRACE || g->view == TRACE_JSON)
		trace_record(&g->report, &all, g->view == TRACE_JSON, 1000000000, bytes, size);
}

static void tick(struct golden *g)
{
	g->report.interval_ns = 1000000000;
	g->report.now_ns += 1000000000;
	if (g->view == JSON)
		json_tick(&g->report);
	else if (g->view != TRACE && g->view != TRACE_JSON)
		table_tick(&g->report);
}

static void end(struct golden *g)
{
	struct report *r = &g->report;

	r->interval_ns = 0;
	r->kernel_known = true;
	r->kernel_minor = 55;
	r->kernel_major = 3;
	r->losses[MMT_LOSS_SEEN] = 46;
	r->losses[MMT_LOSS_DELIVERED] = 39;
	r->losses[MMT_LOSS_FOLDED] = 7;
	r->losses[MMT_LOSS_RING_FULL] = 7;
	r->bpf_misses = 1;
	if (g->view == JSON)
		json_end(r);
	else if (g->view == TRACE)
		trace_end(r);
	else if (g->view != TRACE_JSON)
		table_end(r);
}

static void part(struct golden *g, void (*fill)(struct sample *), struct sample *s)
{
	fill(s);
	replay(g->report.session, s->bytes.at, s->bytes.size, on_record, g);
	bytes_free(&s->bytes);
}

static void show(struct golden *g)
{
	struct sample s = { .time = 1000000000 };
	struct vma *stack;

	if (g->view == JSON)
		json_start(&g->report);
	else if (g->view == TRACE)
		trace_titles(&g->report);
	part(g, sample_first, &s);
	stack = session_vma_by_key(g->report.session, 2, 5, 0x406000);
	if (stack) {
		stack->rss = 20 << 12;
		stack->rss_time = 0;
	}
	tick(g);
	part(g, sample_second, &s);
	tick(g);
	end(g);
}

int main(int argc, char **argv)
{
	struct golden g = { .report = {
		.out = stdout, .target = SAMPLE_NAME, .title = SAMPLE_NAME, .backend = "tracepoint", .span = "exception..accounting",
		.lacks = "GUP \"faults\"", .kernel = "6.1.0-golden", .sort = "rate", .t0_unix_ns = 1700000000000000000ull,
	} };

	if (argc == 2 && (golden_top(argv[1]) || golden_hist(argv[1])))
		return 0;
	for (size_t i = 0; argc == 2 && i < sizeof(views) / sizeof(views[0]); i++) {
		if (strcmp(views[i], argv[1]))
			continue;
		g.view = (enum view)i;
		g.report.by_process = g.view == PROCESSES || g.view == SCREEN_PROCESSES;
		g.report.width = g.view == NARROW ? 120 : g.view >= SCREEN ? 80 : 0;
		g.report.ascii = g.view == SCREEN;
		g.report.top = g.view == NARROW ? 2 : 0;
		g.report.session = session_new();
		show(&g);
		session_free(g.report.session);
		return 0;
	}
	return 2;
}
