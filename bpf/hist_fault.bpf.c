/* SPDX-License-Identifier: GPL-2.0 */
/* Domain fault: how long page faults take, system-wide.  Paired by thread:
 * the tid and the address show when a slot was taken over. */
#include "lib/cgroup.bpf.h"
#include "lib/hist.bpf.h"

struct fault_open { u32 tid; u32 retried; u64 addr; u64 t0; };
#define FAULT_SLOTS 16384
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, FAULT_SLOTS);
	 __type(key, u32); __type(value, struct fault_open); } fault_opens SEC(".maps");

#define HIST_FAULT_RETRY 0x400 /* VM_FAULT_RETRY: comes again */
#define HIST_FAULT_ERROR 0x73 /* VM_FAULT_ERROR: not accounted as a fault */

/* A fault that is retried keeps its start. */
static __always_inline void fault_entered(u64 addr)
{
	u32 tid = (u32)bpf_get_current_pid_tgid();
	struct fault_open *open = thread_slot(&fault_opens, tid, FAULT_SLOTS);

	if (!open || !hist_wanted())
		return;
	if (open->retried && open->tid == tid && open->addr == addr)
		return;
	open->tid = tid;
	open->retried = 0;
	open->addr = addr;
	open->t0 = bpf_ktime_get_ns();
}

static __always_inline void fault_completed(void *ctx, u64 addr)
{
	u32 tid = (u32)bpf_get_current_pid_tgid();
	struct fault_open *open = thread_slot(&fault_opens, tid, FAULT_SLOTS);
	struct hist_event ev = { .domain = MMT_DOMAIN_FAULT };

	if (!open)
		return;
	if (open->tid != tid || ((open->addr ^ addr) & ~(PAGE_SIZE - 1))) {
		if (hist_wanted())
			hist_lost(MMT_HIST_LOSS_UNPAIRED);
		return;
	}
	open->tid = 0;
	hist_add_time(ctx, &ev, bpf_ktime_get_ns() - open->t0);
}

SEC("?tp_btf/page_fault_user")
int BPF_PROG(fault_user__tb, unsigned long addr)
{
	fault_entered(addr);
	return 0;
}

SEC("?tp_btf/page_fault_kernel")
int BPF_PROG(fault_kern__tb, unsigned long addr)
{
	if (!(addr >> 63)) /* the user's half, with 4 levels and with 5 */
		fault_entered(addr);
	return 0;
}

/* --- faults by get_user_pages: the kernel counts them for the thread, no event comes of
 * them.  They are what its counters grew by more than by its events. */

struct fault_counted { u64 n; }; /* min_flt and maj_flt when last looked at */
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 1);
	 __type(key, u32); __type(value, struct fault_counted); } fault_threads SEC(".maps");
__u32 fault_threads_known; /* those that are not in the map have begun since: at 0 */

/* events: how many of its faults came as one since.  0 or how many more there were; in the
 * midst of a fault one that is taken back by its event. */
static __always_inline u64 faults_unseen(u32 tid, u64 now, u64 events)
{
	struct fault_counted *known = bpf_map_lookup_elem(&fault_threads, &tid), fresh = { .n = now };

	if (known)
		return now - __sync_lock_test_and_set(&known->n, now) - events;
	if (bpf_map_update_elem(&fault_threads, &tid, &fresh, BPF_NOEXIST)) {
		hist_lost(MMT_HIST_LOSS_THREADS);
		return 0;
	}
	return fault_threads_known ? now - events : 0;
}

static __always_inline void fault_unseen_put(void *ctx, u64 n)
{
	struct hist_event ev = { .domain = MMT_DOMAIN_FAULT, .op = MMT_OP_UNTIMED };

	if (n)
		hist_put(ctx, &ev, n);
}

SEC("?perf_event")
int fault_end__pe(struct mm_perf_ctx *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();

	if (hist_wanted())
		fault_unseen_put(ctx, faults_unseen(task->pid, task->min_flt + task->maj_flt, 1));
	fault_completed(ctx, ctx->addr);
	return 0;
}

SEC("?tp_btf/sched_process_exit")
int BPF_PROG(fault_gone__tb, struct task_struct *task)
{
	u32 tid = task->pid;

	if (!hist_wanted())
		return 0;
	fault_unseen_put(ctx, faults_unseen(tid, task->min_flt + task->maj_flt, 0));
	bpf_map_delete_elem(&fault_threads, &tid);
	return 0;
}

static __always_inline u64 task_key(struct task_struct *task, u8 by)
{
	if (by == MMT_KEY_PROCESS)
		return hist_id_of(task->group_leader);
	return by == MMT_KEY_CGROUP ? BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, id) : 0;
}

/* As hist_put(), for another task than the current one.  Its row is there in most cases:
 * where it has none it is added to the total. */
static __always_inline void task_put(struct task_struct *task, u64 n)
{
	struct mmt_hist_key key = { .domain = MMT_DOMAIN_FAULT, .op = MMT_OP_UNTIMED };
	struct mmt_hist_row *row = 0;

	if (hist_config.by[0] != MMT_KEY_NONE) {
		key.k[0] = task_key(task, hist_config.by[0]);
		if (hist_config.by[1] != MMT_KEY_NONE)
			key.k[1] = task_key(task, hist_config.by[1]);
		row = value_get(&hist_rows, &key, &hist_row_empty);
		for (int i = 0; i < 2 && row; i++)
			if (hist_config.by[i] == MMT_KEY_PROCESS)
				hist_describe(task->group_leader, key.k[i]);
	}
	hist_add_to(&key, row, 0, 0, n, false);
}

/* What the counters of all threads have grown by since their last event. */
SEC("?iter/task")
int fault_watch__it(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	u64 n;

	if (!task || !task->mm || (hist_config.filter_pid && !follow_has(task->tgid)) ||
	    (hist_config.filter_cgroup && !task_in_cgroup(task, hist_config.cgroup_id)))
		return 0;
	n = faults_unseen(task->pid, task->min_flt + task->maj_flt, 0);
	if (n)
		task_put(task, n);
	return 0;
}

SEC("?fentry/handle_mm_fault")
int BPF_PROG(fault_in__fe, struct vm_area_struct *vma, unsigned long addr, unsigned int flags, struct pt_regs *regs)
{
	fault_entered(addr);
	return 0;
}

SEC("?fexit/handle_mm_fault")
int BPF_PROG(fault_out__fx, struct vm_area_struct *vma, unsigned long addr, unsigned int flags, struct pt_regs *regs,
	     unsigned int ret)
{
	u32 tid = (u32)bpf_get_current_pid_tgid();
	struct fault_open *open = thread_slot(&fault_opens, tid, FAULT_SLOTS);

	if (!open)
		return 0;
	if (ret & (HIST_FAULT_RETRY | HIST_FAULT_ERROR)) {
		if (open->tid == tid) {
			open->retried = !(ret & HIST_FAULT_ERROR);
			open->tid = open->retried ? tid : 0;
		}
		return 0;
	}
	fault_completed(ctx, addr);
	return 0;
}
