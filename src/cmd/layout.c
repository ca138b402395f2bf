/* SPDX-License-Identifier: GPL-2.0 */
/* `mmtrace layout`: the address space of a process, or of the kernel. */
#include <string.h>

#include "cmd/check.h"
#include "cmd/command.h"
#include "model/space.h"
#include "view/shows.h"

/* A table by columns, sorted, or as CSV is of what was asked for. */
static const char *table_of(const struct args *a)
{
	const struct layout_args *l = &a->layout;

	if (l->kernel)
		return args_given(a, "addr") ? "place" : "region";
	return args_given(a, "walk") ? "entry" : l->pages ? "page" : NULL;
}

static int check(struct args *a, struct error *e)
{
	const struct layout_args *l = &a->layout;
	bool csv = !strcmp(a->show.format, "csv");

	if (!a->show.table && !a->show.by && (csv || (args_text(a) && (a->show.columns || a->show.sort))))
		a->show.table = table_of(a);
	if (args_given(a, "addr") && !l->kernel)
		return args_useless(e, "--addr", "it is of --kernel; of a process there is --walk");
	if (l->kernel && (l->pages || l->range.to || args_given(a, "walk") || a->target.pids.count))
		return error_set(e, EXIT_USAGE, NULL, "--kernel is of no process", "two targets");
	if (l->kernel)
		return a->time.interval_ns ? args_useless(e, "INTERVAL", "the kernel's regions do not change") : 0;
	if (a->target.pids.count != 1)
		return error_set(e, EXIT_USAGE, NULL, "give -p PID, one process, or --kernel",
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
