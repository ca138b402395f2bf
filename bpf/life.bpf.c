/* SPDX-License-Identifier: GPL-2.0 */
/* Life of processes and address spaces: fork, exec, exit, end of an mm.  Keeps
 * the targets map true (children join, the dead leave).  No field of a trusted
 * pointer is read as such: see task_faults(). */
#include "lib/mm.bpf.h"
#include "lib/thread.bpf.h"

/* To make an mm is the one thing in a fork that takes counters of all CPUs, and comes right
 * before the copying (mm_init(), dup_mmap()): the last such event of the thread is that one.
 * Before 6.2 an mm had none. */
SEC("?tp_btf/percpu_alloc_percpu")
int life_made__tb(void *ctx)
{
	struct thread_state *st = mmt_tuning.on ? thread_executor(bpf_get_current_task_btf()) : 0;

	if (st)
		st->mm_made = bpf_ktime_get_ns();
	return 0;
}

static __always_inline u64 fork_time(struct task_struct *parent, bool copied, u64 now)
{
	struct thread_state *st = copied && bpf_core_field_exists(parent->mm->rss_stat[0].counters) ? thread_find(parent) : 0;

	return st && st->mm_made ? now - st->mm_made : 0;
}

SEC("?tp_btf/sched_process_fork")
int BPF_PROG(life_fork__tb, struct task_struct *parent, struct task_struct *child)
{
	u32 ptgid = pidns_tgid(parent, BPF_CORE_READ(parent, tgid)), ctgid = pidns_tgid(child, BPF_CORE_READ(child, tgid));
	u32 tid = pidns_tid(child, BPF_CORE_READ(child, pid)), cmm;
	struct mm_struct *mm = BPF_CORE_READ(child, mm), *parent_mm = BPF_CORE_READ(parent, mm);
	struct mmt_fork_timed *timed;
	struct mmt_fork *rec;
	bool thread = ptgid == ctgid;
	struct thread_state *st;

	if (!thread && target_known(ctgid))
		bpf_map_delete_elem(&targets, &ctgid); /* a reused pid is no target */
	if (!is_target(ptgid) || (!thread && !mmt_config.follow) || !mm)
		return 0;
	if (!thread && target_add(ctgid, BPF_ANY))
		count(MMT_LOSS_TARGETS_FULL);
	if (mmt_config.filter_tid) { /* children of a target thread are targets */
		u32 ptid = pidns_tid(parent, BPF_CORE_READ(parent, pid));

		if (bpf_map_lookup_elem(&tids, &ptid) && !thread && bpf_map_update_elem(&tids, &tid, &tid, BPF_ANY))
			count(MMT_LOSS_TARGETS_FULL);
	}
	cmm = mm_id_get(mm, mm == parent_mm ? ptgid : ctgid, true); /* vfork lends the parent's */
	st = thread_get(child);
	if (st) {
		st->tid = tid;
		st->executor = tid_passes(tid);
		st->borrows = (BPF_CORE_READ(child, flags) & PF_KTHREAD) != 0;
		st->counting = mmt_config.residual; /* its counters are 0 */
	}
	timed = control_reserve(sizeof(*timed));
	if (!timed)
		return 0;
	rec = &timed->fork;
	head_fill(&rec->head, MMT_KIND_FORK, cmm, bpf_ktime_get_ns());
	timed->ns = fork_time(parent, !thread && mm != parent_mm, rec->head.time);
	rec->head.tid = tid;
	rec->head.tgid = ctgid;
	rec->parent_tgid = ptgid;
	rec->thread = thread;
	rec->borrowed = !thread && mm == parent_mm;
	rec->start_boottime = BPF_CORE_READ(child, start_boottime);
	mm_bounds_fill(&rec->bounds, mm);
	bpf_probe_read_kernel(rec->comm, sizeof(rec->comm), child->comm);
	bpf_ringbuf_submit(rec, thread ? control_lazy() : BPF_RB_FORCE_WAKEUP);
	return 0;
}

SEC("?tp_btf/sched_process_exec")
int BPF_PROG(life_exec__tb, struct task_struct *p, int old_pid, struct linux_binprm *bprm)
{
	u32 tgid = pidns_tgid(p, BPF_CORE_READ(p, tgid));
	struct mm_struct *mm = BPF_CORE_READ(p, mm);
	struct thread_state *st;
	struct mmt_exec *rec;

	if (!is_target(tgid))
		return 0;
	st = thread_find(p);
	if (mmt_config.filter_tid && st && st->executor && BPF_CORE_READ(p, pid) != old_pid) { /* it has its leader's id now */
		u32 old = st->tid; /* old_pid is the kernel's number, and a namespace has forgotten its own */

		bpf_map_update_elem(&tids, &tgid, &tgid, BPF_ANY);
		bpf_map_delete_elem(&tids, &old);
		st->tid = tgid;
	}
	if (st)
		st->cache_mm = st->cache_vma = st->own_mm = 0; /* the old mm's address may serve the new one */
	rec = control_reserve(sizeof(*rec));
	if (!rec)
		return 0;
	head_fill(&rec->head, MMT_KIND_EXEC, mm_id_get(mm, tgid, true), bpf_ktime_get_ns());
	mm_bounds_fill(&rec->bounds, mm);
	bpf_probe_read_kernel(rec->comm, sizeof(rec->comm), p->comm);
	bpf_probe_read_kernel_str(rec->filename, sizeof(rec->filename), BPF_CORE_READ(bprm, filename));
	bpf_ringbuf_submit(rec, BPF_RB_FORCE_WAKEUP);
	return 0;
}

/* Before the first reading of the list of processes nobody else knows its name. */
static __always_inline void name_older(struct task_struct *p)
{
	u64 start = BPF_CORE_READ(p, group_leader, start_boottime);
	struct mmt_named *rec = start < mmt_tuning.since ? control_reserve(sizeof(*rec)) : 0;

	if (!rec)
		return;
	head_fill(&rec->head, MMT_KIND_NAMED, 0, bpf_ktime_get_ns());
	rec->start_boottime = start;
	bpf_probe_read_kernel(rec->comm, sizeof(rec->comm), BPF_CORE_READ(p, group_leader, comm));
	bpf_ringbuf_submit(rec, control_lazy());
}

SEC("?tp_btf/sched_process_exit")
int BPF_PROG(life_exit__tb, struct task_struct *p)
{
	u32 tgid = pidns_tgid(p, BPF_CORE_READ(p, tgid)), tid = pidns_tid(p, BPF_CORE_READ(p, pid));
	struct task_faults faults;
	struct thread_state *st;
	struct mmt_exit *rec;
	bool dead;

	st = thread_find(p);
	/* where many threads exit at once, the first that finds none living takes the process off the targets */
	if (!(st && st->executor) && !target_known(tgid))
		return 0;
	dead = BPF_CORE_READ(p, signal, live.counter) == 0;
	faults = task_faults(p);
	if (st && fault_abandoned(st, faults.minor + faults.major))
		count(MMT_LOSS_ABANDONED);
	if (st && st->counting && st->executor)
		unattributed_report(st, p, false, st->mm_id);
	if (dead && mmt_config.scope != MMT_SCOPE_LIST)
		name_older(p);
	rec = control_reserve(sizeof(*rec));
	if (rec) {
		head_fill(&rec->head, MMT_KIND_EXIT, 0, bpf_ktime_get_ns());
		rec->group_dead = dead;
		rec->pad = 0;
		rec->min_flt = faults.minor;
		rec->maj_flt = faults.major;
		bpf_ringbuf_submit(rec, dead ? BPF_RB_FORCE_WAKEUP : control_lazy());
	}
	if (mmt_config.filter_tid)
		bpf_map_delete_elem(&tids, &tid);
	if (dead)
		bpf_map_delete_elem(&targets, &tgid);
	return 0;
}

SEC("?tp_btf/exit_mmap")
int BPF_PROG(life_mm_end__tb, struct mm_struct *mm)
{
	u64 key = (u64)mm;
	struct mm_state *known = mm_known(key);
	struct mmt_mm_end *rec;

	if (!known)
		return 0;
	rec = control_reserve(sizeof(*rec));
	if (rec) {
		head_fill(&rec->head, MMT_KIND_MM_END, known->mm_id, bpf_ktime_get_ns());
		rec->head.tgid = known->tgid;
		mm_bounds_fill(&rec->bounds, mm);
		bpf_ringbuf_submit(rec, control_lazy());
	}
	bpf_map_delete_elem(&mms, &key);
	return 0;
}
