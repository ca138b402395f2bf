/* SPDX-License-Identifier: GPL-2.0 */
/* The processes that hist and leak are to count: children join, the dead
 * leave. */
#ifndef MMT_FOLLOW_BPF_H
#define MMT_FOLLOW_BPF_H

#include "kernel.bpf.h"
#include "pidns.bpf.h"
#include "wire/follow.h"

/* By the kernel's own id, which is known to the end; the value is what user space calls
 * the process.  User space sizes it by how many processes there can be. */
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 8192);
	 __type(key, u32); __type(value, u32); } followed SEC(".maps");

static __always_inline bool follow_has(u32 tgid)
{
	return bpf_map_lookup_elem(&followed, &tgid) != 0;
}

/* On sched_process_fork. false: no room for the child. */
static __always_inline bool follow_fork(struct task_struct *parent, struct task_struct *child)
{
	u32 from = parent->tgid, to = child->tgid, seen;

	if (from == to || !follow_has(from))
		return true;
	seen = pidns_tgid(child, to);
	return !bpf_map_update_elem(&followed, &to, &seen, BPF_ANY);
}

/* What the kernel calls the processes of the namespace, for user space that has targets. */
SEC("?iter/task")
int pidns_list__it(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct mmt_follow rec = {};

	if (!task || task->pid != task->tgid)
		return 0;
	rec.kernel = task->tgid;
	rec.seen = pidns_tgid(task, task->tgid);
	bpf_seq_write(ctx->meta->seq, &rec, sizeof(rec));
	return 0;
}

/* On sched_process_free, when nothing is left of it: the rest of its exit counts. */
static __always_inline void follow_free(struct task_struct *task)
{
	u32 tgid = task->tgid;

	if (task->pid == task->tgid)
		bpf_map_delete_elem(&followed, &tgid);
}
#endif
