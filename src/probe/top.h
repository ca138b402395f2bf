/* SPDX-License-Identifier: GPL-2.0 */
/* The probe of `mmtrace top`: rows of processes kept in the kernel, and all
 * threads as they stand now. */
#ifndef PROBE_TOP_H
#define PROBE_TOP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "probe/attach.h"
#include "wire/top.h"

struct top_probe_options {
	const char *force[HOOK_COUNT]; /* backend forced, or NULL */
	const char *btf;               /* BTF file, or NULL for the kernel's own */
	uint32_t rows;                 /* processes that fit; 0: default */
	int cgroup;                    /* descriptor of its directory; -1: none */
	const pid_t *pids;             /* only these; pid_count 0: all */
	int pid_count;
	bool calls;                    /* bytes of mmap and munmap */
	bool verbose;
};

struct top_probe;

/* Loads; nothing is attached yet. NULL and e filled if it cannot. */
struct top_probe *top_probe_open(const struct top_probe_options *opt, struct error *e);
int top_probe_attach(struct top_probe *p, struct error *e);
void top_probe_detach(struct top_probe *p);
void top_probe_free(struct top_probe *p);

/* NULL: none works here. */
const struct candidate *top_probe_backend(const struct top_probe *p, enum hook_id hook);

/* Are interrupts distinguished from the processes that they interrupt? */
bool top_probe_percpu(const struct top_probe *p);
/* Is RSS known? */
bool top_probe_pages(const struct top_probe *p);

/* All threads asked for; valid until the next call. Their number, or a negative errno. */
ssize_t top_probe_tasks(struct top_probe *p, const struct mmt_top_task **tasks);
/* Calls fn for each row; 0 or a negative errno. */
int top_probe_rows(struct top_probe *p, void (*fn)(void *ctx, const void *key, const void *row), void *ctx);
/* Gives back the row of a process that has ended. */
void top_probe_forget(struct top_probe *p, const struct mmt_top_key *key);
void top_probe_losses(struct top_probe *p, uint64_t out[MMT_TOP_LOSSES]);
void top_probe_cost(struct top_probe *p, struct probe_cost *out);

#endif
