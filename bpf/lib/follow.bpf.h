/* SPDX-License-Identifier: GPL-2.0 */
/* The processes that hist and leak are to count: children join, the dead
 * leave. */
#ifndef MMT_FOLLOW_BPF_H
#define MMT_FOLLOW_BPF_H

#include "kernel.bpf.h"

/* User space sizes it by how many processes there can be. */
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 8192);
	 __type(key, u32); __type(value, u32); } followed SEC(".maps");

static __always_inline bool follow_has(u32 tgid)
{
	return bpf_map_lookup_elem(&followed, &tgid) != 0;
}

/* On sched_process_fork. false: no room for the child. */
static __always_inline bool follow_fork(struct task_struct *parent, struct task_struct *child)
{
	u32 from = parent->tgid, to = child->tgid;

	return from == to || !follow_has(from) || !bpf_map_update_elem(&followed, &to, &to, BPF_ANY);
}

/* On sched_process_free, when nothing is left of it: the rest of its exit counts. */
static __always_inline void follow_free(struct task_struct *task)
{
	u32 tgid = task->tgid;

	if (task->pid == task->tgid)
		bpf_map_delete_elem(&followed, &tgid);
}
#endif
