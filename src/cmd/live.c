/* SPDX-License-Identifier: GPL-2.0 */
/* `mmtrace [live]`: page faults by VMA and process. */
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "cmd/check.h"
#include "cmd/fault.h"
#include "model/fault/session.h"
#include "view/rows/fault.h"
#include "view/shows.h"

static int check(struct args *a, struct error *e)
{
	bool many = a->target.all || a->target.cgroup;

	if (check_target(a, true, e) || fault_stacks(a, e))
		return -1;
	if (a->fault.expand.count && !many)
		return args_useless(e, "--expand", "mappings are shown anyway but with -a and --cgroup");
	/* memory is read of processes that --expand names only */
	if (many && a->show.sort &&
	    (field_find(&row_process, a->show.sort, strlen(a->show.sort)) < 0 ||
	     (field_shows(&row_process, a->show.sort) && !a->fault.expand.count)))
		return error_set(e, EXIT_USAGE, "sort by pid, comm, faults, rate, minor, major, p50, p99, max or a class",
				 field_shows(&row_process, a->show.sort) ? "it is read of processes that --expand names"
									  : "processes have no such key",
				 "bad value '%.40s' of --sort", a->show.sort);
	a->fault.aggregate |= many;
	if (a->fault.aggregate && text_has_element(a->show.by, "thread"))
		return error_set(e, EXIT_USAGE, "-p PID or -- CMD, without --aggregate",
				 "faults are added up in the kernel, by no thread", "cannot show '--by %.40s'", a->show.by);
	if (a->fault.aggregate && a->top.calls)
		return error_set(e, EXIT_USAGE, "-p PID or -- CMD, without --aggregate",
				 "what is added up in the kernel is of no mapping", "cannot count calls by mapping");
	if (!a->time.interval_ns)
		a->time.interval_ns = CLOCK_SECOND_NS;
	return 0;
}

const struct command command_live = {
	.show = &show_live, .model = &model_fault, .source = &source_fault, .check = check,
	.announce = fault_announce, .lost = fault_lost,
};
