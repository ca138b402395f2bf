/* SPDX-License-Identifier: GPL-2.0 */
/* `mmtrace top`: processes, what they fault, allocate and lose. */
#include "base/clock.h"
#include "cmd/check.h"
#include "cmd/command.h"
#include "model/top.h"
#include "view/shows.h"

static int check(struct args *a, struct error *e)
{
	if (!a->time.interval_ns)
		a->time.interval_ns = CLOCK_SECOND_NS;
	return check_target(a, false, e);
}

static bool lost(const struct model *m)
{
	return m->losses[MMT_TOP_ROWS_FULL] || m->losses[MMT_TOP_STALLS_FULL] || m->cost.bpf_misses || m->decode_errors ||
	       top_of(m)->tails_unknown;
}

const struct command command_top = {
	.show = &show_top, .model = &model_top, .source = &source_top, .check = check, .lost = lost,
};
