/* SPDX-License-Identifier: GPL-2.0 */
/* `mmtrace leak`: kernel memory allocated and not freed, by call site. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "cmd/check.h"
#include "cmd/command.h"
#include "source/leak.h"
#include "view/rows/leak.h"
#include "view/shows.h"

/* A terminal gets a table each second, a file only the last one. */
static int check(struct args *a, struct error *e)
{
	bool redraws = args_text(a) && !a->show.quiet && !a->target.command && !a->show.output && isatty(STDOUT_FILENO);
	struct leak_options o;

	if (check_target(a, false, e) || leak_options_make(a, &o, e))
		return -1;
	if (!a->time.interval_ns && redraws)
		a->time.interval_ns = CLOCK_SECOND_NS;
	return 0;
}

static void announce(const struct args *a, const struct model *m)
{
	const char *why = model_fact(m, "unknown", "function"), *target = model_fact(m, "target", "text");
	char bytes[32], safe[300];

	if (a->show.quiet || !args_text(a) || a->target.command)
		return;
	fprintf(stderr, "mmtrace: tracing kernel allocations by %s, a table of %" PRIu64 " (maps take %s)%s%s\n",
		error_escape(safe, sizeof(safe), target ? target : "-"), model_option_number(m, "entries", 0),
		text_bytes(bytes, sizeof(bytes), m->cost.map_bytes), why ? "; no names: " : "", why ? why : "");
	for (const struct fact *f = NULL; (f = model_fact_next(m, "unknown", f));)
		if (strcmp(f->key, "function") && strcmp(f->key, "bpf_ns")) /* that is of the last lines */
			fprintf(stderr, "mmtrace: %s\n", f->value);
}

static bool lost(const struct model *m)
{
	for (int i = 0; i < MMT_LEAK_LOSSES; i++)
		if (leak_loss_texts[i].lost && m->losses[i])
			return true;
	return m->cost.bpf_misses || m->decode_errors || leak_of(m)->mismatch;
}

const struct command command_leak = {
	.show = &show_leak, .model = &model_leak, .source = &source_leak, .check = check, .announce = announce, .lost = lost,
};
