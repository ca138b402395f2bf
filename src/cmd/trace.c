/* SPDX-License-Identifier: GPL-2.0 */
/* `mmtrace trace`: one line per fault, mapping call, fork, exec and exit. */
#include "base/clock.h"
#include "cmd/check.h"
#include "cmd/fault.h"
#include "model/fault/session.h"
#include "view/format/text_fault.h"
#include "view/rows/fault.h"

static int check(struct args *a, struct error *e)
{
	if (check_target(a, true, e))
		return -1;
	a->time.interval_ns = CLOCK_SECOND_NS; /* layouts are read so often */
	return 0;
}

static const struct row_type *const rows[] = { &row_vma, &row_process, NULL };
static const struct row_type *const events[] = { &event_fault, &event_call, &event_life, NULL };

static const struct show show = {
	.command = "trace", .rows = rows, .events = events, .event = fault_event, .start = &row_fault_start, .end = &row_fault_end,
	.page = &page_trace,
};

const struct command command_trace = {
	.show = &show, .model = &model_fault, .source = &source_fault, .check = check, .announce = fault_announce, .lost = fault_lost,
};
