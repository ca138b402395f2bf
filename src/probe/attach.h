/* SPDX-License-Identifier: GPL-2.0 */
/* Attaches the programs of a plan and keeps their links. */
#ifndef PROBE_ATTACH_H
#define PROBE_ATTACH_H

#include <stdint.h>

#include "base/error.h"
#include "probe/perf.h"
#include "probe/plan.h"

struct bpf_link;

#define LINK_MAX 64
struct links {
	struct bpf_link *link[LINK_MAX];
	int count;
	struct perf_events perf;
};

/* Can all files be opened that loading and attaching the object will need? Else the kernel and
 * libbpf fail with whatever. -1: e is filled. */
int links_check_files(struct bpf_object *obj, struct error *e);
/* Attaches all programs of the chosen candidates but the iterators and
 * syscall programs, which run on demand. In the order of hooks.def; the programs
 * of a candidate last to first. */
int links_attach(struct links *l, const struct plan *p, struct bpf_object *obj, struct error *e);
void links_detach(struct links *l);

/* Own cost of an object: runs and ns of all programs (not counted unless
 * kernel.bpf_stats_enabled: timed is false), misses, bytes of maps as the kernel
 * charges them. */
struct probe_cost { uint64_t runs, ns, misses, map_bytes; bool timed; };
void object_cost(struct bpf_object *obj, struct probe_cost *out);
/* Bytes that the kernel charges for a map. */
uint64_t map_charge(int fd);

#endif
