/* SPDX-License-Identifier: GPL-2.0 */
/* Per-CPU variables of the kernel.  Not by ksym: a kernel without
 * CONFIG_KALLSYMS_ALL does not show their addresses.  User space knows the
 * offsets from the BTF; where a CPU's part lies is found from its run queue and
 * proved by the current task that it must hold. */
#ifndef MMT_PERCPU_BPF_H
#define MMT_PERCPU_BPF_H

#include "kernel.bpf.h"
#include "wire/percpu.h"

const volatile struct mmt_percpu percpu = {};

/* Found at the start, CPU by CPU; of CPUs that come later nothing is known. */
struct percpu_base {
	u64 base;   /* where the variables of this CPU begin; 0: not known */
	u64 offset; /* what leads from a per-CPU pointer to the part of this CPU */
};
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1);
	 __type(key, u32); __type(value, struct percpu_base); } percpu_bases SEC(".maps");

/* Run once on each CPU: 1 if its part was found. */
SEC("?raw_tp/percpu_find")
int percpu_find__rt(void *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	u32 cpu = bpf_get_smp_processor_id();
	struct percpu_base found = {};
	u64 current = 0;

	if (!bpf_core_field_exists(task->se.cfs_rq))
		return 0;
	found.base = (u64)BPF_CORE_READ(task, se.cfs_rq, rq) - percpu.runqueues;
	bpf_probe_read_kernel(&current, sizeof(current), (void *)(found.base + percpu.current_task));
	bpf_probe_read_kernel(&found.offset, sizeof(found.offset), (void *)(found.base + percpu.this_cpu_off));
	if (current != (u64)task || !found.offset)
		return 0;
	return bpf_map_update_elem(&percpu_bases, &cpu, &found, BPF_ANY) == 0;
}

#define PREEMPT_NOT_TASK 0xff0100 /* NMI, hard interrupt, serving a soft one (linux/preempt.h) */

/* Does this program run in an interrupt?  False where it cannot be known. */
static __always_inline bool in_interrupt_context(void)
{
	u32 cpu = bpf_get_smp_processor_id(), count = 0;
	struct percpu_base *p = bpf_map_lookup_elem(&percpu_bases, &cpu);

	if (p && p->base)
		bpf_probe_read_kernel(&count, sizeof(count), (void *)(p->base + percpu.preempt_count));
	return count & PREEMPT_NOT_TASK;
}

/* What to add to a per-CPU pointer to reach the part of one CPU; 0: not known. */
static __always_inline u64 percpu_offset(u32 cpu)
{
	struct percpu_base *p = bpf_map_lookup_elem(&percpu_bases, &cpu);

	return p ? p->offset : 0;
}
#endif
