/* SPDX-License-Identifier: GPL-2.0 */
/* `mmtrace top`: one table of processes, or JSON lines with the same numbers. */
#ifndef VIEW_TOP_H
#define VIEW_TOP_H

#include <stdio.h>

#include "model/top.h"
#include "view/overhead.h"

#define TOP_BACKENDS 8

struct top_report {
	FILE *out;
	const struct top *top;
	const char *target, *kernel;
	bool redraw;          /* a terminal: clear and draw again */
	int width;            /* columns of the terminal; 0: not limited */
	int rows;             /* at most; 0: all */
	enum top_metric sort;
	bool reverse;
	uint64_t t0_unix_ns, now_ns; /* now: ns since t0 */
	uint64_t interval_ns; /* since the last look shown */
	struct { const char *hook, *name; } backends[TOP_BACKENDS]; /* those in use; a hook of NULL ends them */
	const char *unknown[TOP_METRICS]; /* why this kernel cannot tell; NULL: it can */
	uint64_t losses[MMT_TOP_LOSSES];
	uint64_t bpf_misses;
	struct overhead overhead;
};

void top_table_tick(const struct top_report *r);
void top_table_end(const struct top_report *r);
void top_json_start(const struct top_report *r);
void top_json_tick(const struct top_report *r);
void top_json_end(const struct top_report *r);

/* Anything lost, of which --strict complains? */
bool top_report_lost(const struct top_report *r);

#endif
