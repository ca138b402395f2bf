/* SPDX-License-Identifier: GPL-2.0 */
/* Ids of processes and threads as mmtrace's own pid namespace has them: what user space
 * names, finds in /proc and shows.  Who has none there is number 0, and traced by nobody. */
#ifndef MMT_PIDNS_BPF_H
#define MMT_PIDNS_BPF_H

#include "kernel.bpf.h"

const volatile __u32 pidns_inner = 0; /* it is not the initial one, whose numbers tasks hold themselves */
__u64 pidns_own;                     /* the namespace, and how deep it lies: found by pidns_find__sc */
__u32 pidns_level;

/* Of the task at *at, or of its leader.  Global: verified once. */
__noinline __weak int pidns_number(const u64 *at, u32 leader)
{
	struct task_struct *task;
	struct upid number = {};
	struct pid *pid;
	u64 first;

	if (!at)
		return 0;
	task = (struct task_struct *)*at;
	if (leader)
		task = BPF_CORE_READ(task, group_leader);
	pid = BPF_CORE_READ(task, thread_pid);
	if (!pid || BPF_CORE_READ(pid, level) < pidns_level)
		return 0;
	first = (u64)pid + bpf_core_field_offset(pid->numbers);
	bpf_probe_read_kernel(&number, sizeof(number), (void *)(first + pidns_level * sizeof(number)));
	return (u64)number.ns == pidns_own ? number.nr : 0;
}

/* tid, tgid: what the kernel calls the task. */
static __always_inline u32 pidns_tid(struct task_struct *task, u32 tid)
{
	u64 at = (u64)task;

	return pidns_inner ? pidns_number(&at, 0) : tid;
}

static __always_inline u32 pidns_tgid(struct task_struct *task, u32 tgid)
{
	u64 at = (u64)task;

	return pidns_inner ? pidns_number(&at, 1) : tgid;
}

/* Run once, by mmtrace. */
SEC("?syscall")
int pidns_find__sc(void *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct pid *pid = BPF_CORE_READ(task, thread_pid);
	u64 first = (u64)pid + bpf_core_field_offset(pid->numbers);
	struct upid number = {};

	pidns_level = BPF_CORE_READ(pid, level);
	bpf_probe_read_kernel(&number, sizeof(number), (void *)(first + pidns_level * sizeof(number)));
	pidns_own = (u64)number.ns;
	return 0;
}
#endif
