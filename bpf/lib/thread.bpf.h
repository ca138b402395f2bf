/* SPDX-License-Identifier: GPL-2.0 */
/* The state of a thread: whose faults count, and what the kernel counted for it
 * beyond the faults seen. */
#ifndef MMT_THREAD_BPF_H
#define MMT_THREAD_BPF_H

#include "emit.bpf.h"
#include "maps.bpf.h"

static __always_inline bool tid_passes(u32 tid)
{
	return !mmt_config.filter_tid || bpf_map_lookup_elem(&tids, &tid);
}

static __always_inline struct thread_state *thread_find(struct task_struct *task)
{
	return bpf_task_storage_get(&threads, task, 0, 0);
}

static __always_inline struct thread_state *thread_get(struct task_struct *task)
{
	struct thread_state *st = bpf_task_storage_get(&threads, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (!st)
		count(MMT_LOSS_THREADS_FULL);
	return st;
}

/* The current thread if it is one of a target's; else 0. */
static __always_inline struct thread_state *thread_executor(struct task_struct *task)
{
	struct thread_state *st = thread_find(task);
	u32 tid;

	if (st && st->executor)
		return st;
	tid = pidns_tid(task, task->pid);
	if (!is_target(pidns_tgid(task, task->tgid)) || !tid_passes(tid))
		return 0;
	st = thread_get(task);
	if (st) {
		st->tid = tid;
		st->executor = 1;
		st->borrows = (task->flags & PF_KTHREAD) != 0;
	}
	return st;
}

/* Is a fault open that will not be completed?  Where the VMA is looked up at
 * the end only (NO_VMA until then), a kernel-mode fault may have ended in the
 * exception table, and was none; in user mode there would have been a signal. */
static __always_inline bool fault_abandoned(const struct thread_state *st, u64 ended)
{
	if (mmt_tuning.sample > 1 && st->begun != ended)
		return false; /* it ended, and was not looked at */
	return st->open && (st->mode == MMT_MODE_USER || !(st->flags & MMT_FAULT_NO_VMA));
}

/* min_flt and maj_flt of a task, in programs that run seldom: of a trusted pointer
 * the verifier would search all of the kernel's types at each field. */
struct task_faults { u64 minor, major; };

static __always_inline struct task_faults task_faults(struct task_struct *task)
{
	return (struct task_faults){ BPF_CORE_READ(task, min_flt), BPF_CORE_READ(task, maj_flt) };
}

/* What the kernel counted for this thread beyond the faults seen.  often: in a
 * program that runs at each fault. */
static __always_inline void unattributed_report(struct thread_state *st, struct task_struct *task, bool often,
						u32 mm_id)
{
	u32 tgid;
	u64 reported = *(volatile u64 *)&st->reported; /* before the counters: they only grow */
	struct task_faults f = often ? (struct task_faults){ task->min_flt, task->maj_flt } : task_faults(task);
	u32 now_min = f.minor - st->base_min - st->seen_min;
	u32 now_maj = f.major - st->base_maj - st->seen_maj;
	s32 min = now_min - (u32)reported, maj = now_maj - (u32)(reported >> 32);
	struct mmt_gup *rec;

	if ((!min && !maj) || !mmt_tuning.on)
		return;
	/* the thread itself and watch__it may be at it: one reports */
	if (__sync_val_compare_and_swap(&st->reported, reported, (u64)now_maj << 32 | now_min) != reported)
		return;
	tgid = pidns_tgid(task, often ? task->tgid : BPF_CORE_READ(task, tgid));
	rec = control_reserve(sizeof(*rec));
	if (!rec) {
		struct mmt_aggregate_process *p = aggregate_process_get(tgid, task);

		if (p) {
			__sync_fetch_and_add(&p->gup_minor, min);
			__sync_fetch_and_add(&p->gup_major, maj);
		}
		return;
	}
	head_fill(&rec->head, MMT_KIND_GUP, mm_id, bpf_ktime_get_ns());
	rec->head.tid = pidns_tid(task, often ? task->pid : BPF_CORE_READ(task, pid));
	rec->head.tgid = tgid;
	rec->minor = min;
	rec->major = maj;
	bpf_ringbuf_submit(rec, control_lazy());
}
#endif
