/* SPDX-License-Identifier: GPL-2.0 */
/* What mmtrace itself cost, the last word of every view. */
#ifndef VIEW_OVERHEAD_H
#define VIEW_OVERHEAD_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct overhead {
	uint64_t cpu_ns, rss; /* 0: not known */
	uint64_t map_bytes;
	uint64_t bpf_runs, bpf_ns; /* hold if bpf_timed */
	bool bpf_timed;            /* kernel.bpf_stats_enabled */
};

void overhead_text(FILE *f, const struct overhead *o);
/* "overhead":{...}; more: further keys, each after a comma, or "". */
void overhead_json(FILE *f, const struct overhead *o, const char *more);

#endif
