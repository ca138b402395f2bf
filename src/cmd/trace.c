/* SPDX-License-Identifier: GPL-2.0 */
/* `mmtrace trace`: one line per fault, mapping call, fork, exec and exit. */
#include <string.h>

#include "args/parse.h"
#include "base/clock.h"
#include "cmd/check.h"
#include "cmd/fault.h"
#include "model/fault/session.h"
#include "view/shows.h"

static bool shows_events(const char *format)
{
	return strcmp(format, "prometheus") && strcmp(format, "openmetrics");
}

/* Do any of the outputs show events? */
static bool has_events(const struct args *a)
{
	bool any = shows_events(a->show.format);

	for (int i = 0; i < a->show.also_count; i++)
		any |= shows_events(a->show.also[i].format);
	return any && !a->show.quiet;
}

static int check_filter(const struct args *a, struct error *e)
{
	static const char *const filters[] = { "faults",   "range",	  "major",   "min-latency",
						  "path", "only-pid", "no-processes", "min-size" };
	static const char *const of_faults[] = { "faults", "major", "min-latency" };
	char name[32];

	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]) && !has_events(a); i++) {
		snprintf(name, sizeof(name), "--%s", filters[i]);
		if (args_given(a, filters[i]))
			return args_useless(e, name, "it chooses lines, and none are shown");
	}
	for (size_t i = 0; i < sizeof(of_faults) / sizeof(of_faults[0]) && a->alloc.min_size; i++) {
		snprintf(name, sizeof(name), "--%s", of_faults[i]);
		if (args_given(a, of_faults[i]))
			return args_useless(e, name, "--min-size shows calls only");
	}
	if (a->fault.min_latency_ns >= UINT32_MAX)
		return error_set(e, EXIT_USAGE, NULL, "latencies are measured up to 4.29s", "bad value of --min-latency");
	if (a->fault.path && strlen(a->fault.path) > FILTER_PATH - 2)
		return error_set(e, EXIT_USAGE, NULL, "254 bytes at most", "bad value of --path");
	return 0;
}

static int check(struct args *a, struct error *e)
{
	if (check_target(a, true, e) || fault_stacks(a, e) || check_filter(a, e))
		return -1;
	if (!a->show.by && a->show.sort)
		return args_useless(e, "--sort", "only the table of --by has rows to sort");
	if (!a->show.by && args_given(a, "top"))
		return args_useless(e, "--top", "only the table of --by has rows to cut");
	a->time.interval_ns = CLOCK_SECOND_NS; /* layouts are read so often */
	return 0;
}

const struct command command_trace = {
	.show = &show_trace, .model = &model_fault, .source = &source_fault, .check = check,
	.announce = fault_announce, .lost = fault_lost,
};
