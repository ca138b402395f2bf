/* SPDX-License-Identifier: GPL-2.0 */
/* Attaches the programs of a plan and keeps their links. */
#ifndef PROBE_ATTACH_H
#define PROBE_ATTACH_H

#include <stdint.h>

#include "base/error.h"
#include "probe/perf.h"
#include "probe/plan.h"

struct bpf_link;

#define LINK_MAX (2 * PERF_MAX_CPUS + 64) /* two events on each CPU, and the hooks */
struct links {
	struct bpf_link *link[LINK_MAX];
	int count;
	int minor[PERF_MAX_CPUS]; /* perf events of minor faults; their links own them */
	int minor_count;
};

/* Attaches all programs of the chosen candidates but the iterators and
 * syscall programs, which run on demand. Completions go first: programs of a
 * candidate, and hooks, are attached last to first. */
int links_attach(struct links *l, const struct plan *p, struct bpf_object *obj, struct error *e);
/* From now on only every n-th minor fault of a CPU reaches the program. */
int links_sample(const struct links *l, uint64_t n);
void links_detach(struct links *l);

/* Own cost of an object: runs and ns of all programs (not counted unless
 * kernel.bpf_stats_enabled: timed is false), misses, bytes of maps as the kernel
 * charges them. */
struct probe_cost { uint64_t runs, ns, misses, map_bytes; bool timed; };
void object_cost(struct bpf_object *obj, struct probe_cost *out);

#endif
