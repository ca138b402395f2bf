/* SPDX-License-Identifier: GPL-2.0 */
/* `mmtrace trace`: one line per fault, mapping call, fork, exec and exit. */
#include "base/clock.h"
#include "cmd/check.h"
#include "cmd/fault.h"
#include "model/fault/session.h"
#include "view/shows.h"

static int check(struct args *a, struct error *e)
{
	if (check_target(a, true, e))
		return -1;
	a->time.interval_ns = CLOCK_SECOND_NS; /* layouts are read so often */
	return 0;
}

const struct command command_trace = {
	.show = &show_trace, .model = &model_fault, .source = &source_fault, .check = check,
	.announce = fault_announce, .lost = fault_lost,
};
