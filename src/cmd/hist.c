/* SPDX-License-Identifier: GPL-2.0 */
/* `mmtrace hist`: histograms that the kernel keeps. */
#include <stdio.h>
#include <string.h>

#include "cmd/check.h"
#include "cmd/command.h"
#include "source/hist.h"
#include "view/rows/hist.h"

/* The keys of --by are asked of the kernel, which counts a row for each value: so
 * nothing is left for the view to group. */
static int check(struct args *a, struct error *e)
{
	struct kmem_options o;

	if (a->target.command && (a->target.pids.count || a->target.cgroup))
		return error_set(e, EXIT_USAGE, NULL, "a command cannot be joined with -p or --cgroup", "two targets");
	if (hist_options_make(a, &o, e))
		return -1;
	if (a->show.sort && strcmp(a->show.sort, "count") && strcmp(a->show.sort, "bytes") && strcmp(a->show.sort, "waste"))
		return error_set(e, EXIT_USAGE, NULL, "keys: count bytes waste", "bad value '%.40s' of --sort", a->show.sort);
	a->show.by_kernel = a->show.by;
	a->show.by = NULL;
	return 0;
}

static void announce(const struct args *a, const struct model *m)
{
	const char *site = model_fact(m, "unknown", "site");

	if (a->show.quiet || (a->show.format && strcmp(a->show.format, "text")))
		return;
	for (int d = 0; d < MMT_DOMAIN_COUNT; d++) {
		const char *backend = model_fact(m, "backend", hist_domain_keys[d]), *why = model_fact(m, "unknown", hist_domain_keys[d]);

		if (why)
			fprintf(stderr, "mmtrace: %s %s%s: %s\n", hist_domain_keys[d], backend ? "by " : "is not counted",
				backend ? backend : "", why);
	}
	if (site)
		fprintf(stderr, "mmtrace: %s; sites are addresses, wrappers are not known, and large kmallocs may count twice\n", site);
	if (!a->target.command)
		fprintf(stderr, "mmtrace: counting; Ctrl-C ends\n");
}

static bool lost(const struct model *m)
{
	return m->cost.bpf_misses || m->losses[MMT_HIST_LOSS_STALLS] || m->losses[MMT_HIST_LOSS_OOMS] ||
	       m->losses[MMT_HIST_LOSS_PROCESSES] || m->decode_errors;
}

static const struct row_type *const rows[] = { &row_hist, NULL };
static const struct row_type *const events[] = { &event_oom, NULL };

static const struct show show = {
	.command = "hist", .rows = rows, .events = events, .event = hist_event, .start = &row_hist_start, .end = &row_hist_end,
	.page = &page_hist,
};

const struct command command_hist = {
	.show = &show, .model = &model_hist, .source = &source_hist, .check = check, .announce = announce, .lost = lost,
};
