/* SPDX-License-Identifier: GPL-2.0 */
/* Rows of processes that ended: read out, and their places given to others. */
#ifndef PROBE_HIST_ENDED_H
#define PROBE_HIST_ENDED_H

#include "wire/hist.h"

struct bpf_map;

/* The sum over CPUs of a row as a per-CPU map has it. */
struct mmt_hist_row hist_row_sum(const struct mmt_hist_row *per_cpu);

struct hist_ended {
	const struct bpf_map *rows, *processes;
	int at; /* which key of a row is the process */
	void (*process)(void *ctx, __u64 id, const struct mmt_hist_process *p);
	void (*row)(void *ctx, const struct mmt_hist_key *key, const struct mmt_hist_row *row);
	void *ctx;
	__u32 removed; /* out: rows that were */
};

/* Calls process and row for what has ended, and forgets it.  0, or a negative errno: then
 * nothing is called nor forgotten. */
int hist_ended_take(struct hist_ended *e);

#endif
