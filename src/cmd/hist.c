/* SPDX-License-Identifier: GPL-2.0 */
/* `mmtrace hist`: histograms of allocations, faults and reclaim; OOM kills. */
#include <stdio.h>

#include "base/clock.h"
#include "cmd/check.h"
#include "cmd/command.h"
#include "cmd/outputs.h"
#include "source/hist.h"
#include "view/shows.h"

#define SCREEN_NS (2 * CLOCK_SECOND_NS)

/* The kernel itself is asked to count by the keys of --by; the rows that come have them,
 * so that nothing is left for view/group.  Of a recording it groups what was asked then. */
static int check(struct args *a, struct error *e)
{
	const struct target_args *t = &a->target;
	struct hist_probe_options o = { .rows = 0 };

	a->hist.by = a->show.by;
	a->show.by = NULL;
	if (t->command && (t->pids.count || t->cgroup))
		return error_set(e, EXIT_USAGE, NULL, "a command cannot be joined with -p or --cgroup", "two targets");
	/* what there is so far; where something else is written too, that would have rows which depend on the terminal */
	if (!a->time.interval_ns && outputs_redraw(a) && !a->show.also_count && !a->show.record)
		a->time.interval_ns = SCREEN_NS;
	return hist_domains_choose(a, &o, e);
}

/* What is not counted, or not in full, unless the format itself says so. */
static void announce(const struct args *a, const struct model *m)
{
	const char *site = model_fact(m, "unknown", "site");

	if (!args_text(a))
		return;
	for (int d = 0; d < MMT_DOMAIN_COUNT; d++) {
		const char *key = hist_domains[d].key, *limits = model_fact(m, "unknown", key);
		const char *backend = model_fact(m, "backend", key);

		if (limits)
			fprintf(stderr, "mmtrace: %s %s%s: %s\n", key, backend ? "by " : "is not counted", backend ? backend : "",
				limits);
	}
	if (site)
		fprintf(stderr, "mmtrace: %s; sites are addresses, wrappers are not known, and large kmallocs may count twice\n",
			site);
	if (!a->show.quiet && !a->target.command)
		fprintf(stderr, "mmtrace: counting; Ctrl-C ends\n");
}

const struct command command_hist = {
	.show = &show_hist, .model = &model_hist, .source = &source_hist, .check = check, .announce = announce,
	.lost = hist_lost,
};
