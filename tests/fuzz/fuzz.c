/* SPDX-License-Identifier: GPL-2.0 */
/* Arbitrary bytes through decode, model and every view, for libFuzzer. */
#include <unistd.h>

#include "fuzz/replay.h"
#include "golden/sample.h"
#include "view/report.h"
#include "view/trace.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static FILE *sink;

static void on_record(void *ctx, const void *bytes, size_t size)
{
	const struct trace_filter all = { .classes = 0 };

	trace_record(ctx, &all, false, 0, bytes, size);
	trace_record(ctx, &all, true, 0, bytes, size);
}

/* The sum of a list of counts, as the views print it, is what was counted. */
static void check_totals(const struct session *s)
{
	uint64_t classes = 0;

	for (int c = 0; c < MMT_CLASS_COUNT; c++)
		classes += stat_class_count(&s->faults, c);
	if (classes != stat_total(&s->faults))
		abort();
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	static const char *const sorts[] = { "rate", "faults", "-major", "size", "rss", "p99", "-addr" };
	struct report r = { .target = "pid 42", .title = "sh (pid 42)", .backend = "none", .span = "", .lacks = "", .kernel = "", .now_ns = 1000000000,
			    .interval_ns = 1000000000, .sort = sorts[size % 7], .top = (int)(size % 5),
			    .width = size % 3 ? (int)(size % 130) : 0, .by_process = size % 4 == 3 };

	if (!sink)
		sink = fopen("/dev/null", "w");
	r.out = sink;
	r.session = session_new();
	replay(r.session, data, size, on_record, &r);
	check_totals(r.session);
	json_start(&r);
	json_tick(&r);
	json_end(&r);
	table_tick(&r);
	table_end(&r);
	trace_end(&r);
	session_free(r.session);
	return 0;
}
