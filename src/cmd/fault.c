/* SPDX-License-Identifier: GPL-2.0 */
#include "cmd/fault.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char *fact(const struct model *m, const char *group, const char *key)
{
	const char *value = model_fact(m, group, key);

	return value ? value : "-";
}

int fault_stacks(struct args *a, struct error *e)
{
	const char *servers = getenv("DEBUGINFOD_URLS");

	a->stack.user |= a->stack.both;
	a->stack.kernel |= a->stack.both;
	if (!a->stack.debuginfod)
		return 0;
	if (!a->stack.user)
		return args_useless(e, "--debuginfod", "only the functions of -U have symbols to look for");
	if (!servers || !*servers)
		return args_useless(e, "--debuginfod", "DEBUGINFOD_URLS names no servers");
	return 0;
}

/* Not where the first table hides it, nor beside data for programs. */
void fault_announce(const struct args *a, const struct model *m)
{
	bool redraws = !a->target.command && !a->show.output && a->command == COMMAND_LIVE && isatty(STDOUT_FILENO);
	const char *limitations = model_fact(m, "unknown", "gup");
	char title[1024];

	if (a->show.quiet || !args_text(a) || redraws)
		return;
	fprintf(stderr, "mmtrace: tracing %s, page faults by %s (%s)%s%s%s\n",
		error_escape(title, sizeof(title), fact(m, "target", "title")), fact(m, "backend", "fault"),
		fact(m, "run", "latency_span"), limitations ? "; " : "", limitations ? limitations : "",
		model_fact(m, "unknown", "class") ? "; page tables cannot be read: coarse classes, RSS from smaps" : "");
}
