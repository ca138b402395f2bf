/* SPDX-License-Identifier: GPL-2.0 */
/* `mmtrace layout`: the address space of a process. */
#include "cmd/check.h"
#include "cmd/command.h"
#include "model/space.h"
#include "view/shows.h"

static int check(struct args *a, struct error *e)
{
	if (a->target.pids.count != 1)
		return error_set(e, EXIT_USAGE, NULL, "give -p PID, one process",
				 a->target.pids.count ? "too many targets" : "no target");
	return 0;
}

static bool lost(const struct model *m)
{
	return m->decode_errors || space_of(m)->racing;
}

const struct command command_layout = {
	.show = &show_layout, .model = &model_space, .source = &source_space, .check = check, .lost = lost,
};
