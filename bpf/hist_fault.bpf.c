/* SPDX-License-Identifier: GPL-2.0 */
/* Domain fault: how long page faults take, system-wide.  Paired by thread:
 * the tid and the address show when a slot was taken over. */
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

SEC("?perf_event")
int fault_end__pe(struct mm_perf_ctx *ctx)
{
	fault_completed(ctx, ctx->addr);
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
