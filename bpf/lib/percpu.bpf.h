/* SPDX-License-Identifier: GPL-2.0 */
/* Per-CPU variables of the kernel that tell where a program runs. */
#ifndef MMT_PERCPU_BPF_H
#define MMT_PERCPU_BPF_H

extern const int __preempt_count __ksym __weak;            /* to 6.1, and from 6.15 */
extern const struct pcpu_hot___v62 pcpu_hot __ksym __weak; /* between them */
extern const unsigned long this_cpu_off __ksym __weak;

#define PREEMPT_NOT_TASK 0xff0100 /* NMI, hard interrupt, serving a soft one (linux/preempt.h) */

static __always_inline bool in_interrupt_context(void)
{
	if (&__preempt_count)
		return *(const int *)bpf_this_cpu_ptr(&__preempt_count) & PREEMPT_NOT_TASK;
	if (&pcpu_hot)
		return ((const struct pcpu_hot___v62 *)bpf_this_cpu_ptr(&pcpu_hot))->preempt_count & PREEMPT_NOT_TASK;
	return false;
}

/* What to add to a per-CPU pointer to reach the part of one CPU; 0: none. */
static __always_inline unsigned long cpu_offset(u32 cpu)
{
	const unsigned long *off = &this_cpu_off ? bpf_per_cpu_ptr(&this_cpu_off, cpu) : 0;

	return off ? *off : 0;
}
#endif
