/* SPDX-License-Identifier: GPL-2.0 */
/* `mmtrace flame`: which code makes memory resident. */
#include <stdio.h>

#include "args/parse.h"
#include "base/clock.h"
#include "cmd/check.h"
#include "cmd/fault.h"
#include "model/fault/session.h"
#include "view/shows.h"

static int check(struct args *a, struct error *e)
{
	if (check_target(a, true, e))
		return -1;
	a->stack.user = true;
	if (fault_stacks(a, e))
		return -1;
	a->fault.aggregate = true; /* stacks are counted in the kernel: no single event is needed */
	/* a file gets the page, a pipe or terminal what other programs read */
	if (!args_given(a, "format") && !args_given(a, "json") && !args_given(a, "csv") && !args_given(a, "folded"))
		a->show.format = a->show.output ? "page" : "folded";
	if (!a->time.interval_ns)
		a->time.interval_ns = CLOCK_SECOND_NS;
	return 0;
}

/* Whatever the format: there is nothing to see before the end. */
static void announce(const struct args *a, const struct model *m)
{
	const char *title = model_fact(m, "target", "title");
	char safe[1024];

	if (!a->show.quiet)
		fprintf(stderr, "mmtrace: tracing call stacks of %s%s\n", error_escape(safe, sizeof(safe), title ? title : "-"),
			a->target.command || a->time.duration_ns ? "" : ", Ctrl-C ends it");
}

const struct command command_flame = {
	.show = &show_flame, .model = &model_fault, .source = &source_fault, .check = check,
	.announce = announce, .lost = fault_lost,
};
