/* SPDX-License-Identifier: GPL-2.0 */
/* The pid namespace of mmtrace: bpf/lib/pidns.bpf.h. */
#ifndef PROBE_PIDNS_H
#define PROBE_PIDNS_H

#include <stdint.h>
#include <sys/types.h>

struct bpf_map;
struct bpf_object;

/* Before loading: what pidns_inner is to be.  Other namespaces than the initial one are
 * found by a program, which then loads too. */
uint32_t pidns_prepare(struct bpf_object *obj);
/* After loading; 0 or a negative errno. */
int pidns_find(struct bpf_object *obj);
/* Puts a process, by its number here, into the map `followed`; 0 or a negative errno. */
int pidns_follow(struct bpf_object *obj, const struct bpf_map *followed, pid_t pid);

#endif
