/* SPDX-License-Identifier: GPL-2.0 */
/* Domains mmap and brk: the calls at their return.  fexit on the calls
 * themselves, or sys_enter and sys_exit, which every call of the host pays for. */
#include "lib/hist.bpf.h"
#include "lib/syscall.bpf.h"

/* The break before the call, by thread. */
struct brk_open { u32 tid; u32 pad; u64 before; };
#define BRK_SLOTS 4096
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, BRK_SLOTS);
	 __type(key, u32); __type(value, struct brk_open); } brk_opens SEC(".maps");

static __always_inline u64 page_up(u64 n)
{
	return (n + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
}

static __always_inline void mmap_returned(void *ctx, u64 length, s64 ret)
{
	struct hist_event ev = { .domain = MMT_DOMAIN_MMAP, .requested = length, .allocated = page_up(length) };

	ev.op = ret < 0 && ret > -4096 ? MMT_OP_FAILED : MMT_OP_ALLOC;
	if (hist_wanted())
		hist_add(ctx, &ev);
}

static __always_inline void brk_entered(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	u32 tid = task->pid;
	struct brk_open *open = thread_slot(&brk_opens, tid, BRK_SLOTS);
	struct mm_struct *mm = task->mm;

	if (!open || !mm)
		return;
	open->tid = tid;
	open->before = mm->brk;
}

/* A call that cannot set the break returns the old one: brk(0) asks for it. */
static __always_inline void brk_returned(void *ctx, u64 wanted, u64 ret)
{
	u32 tid = (u32)bpf_get_current_pid_tgid();
	struct brk_open *open = thread_slot(&brk_opens, tid, BRK_SLOTS);
	struct hist_event ev = { .domain = MMT_DOMAIN_BRK };
	u64 before;

	if (!open || open->tid != tid || !hist_wanted())
		return;
	open->tid = 0;
	before = open->before;
	if (ret > before) {
		ev.op = MMT_OP_ALLOC;
		ev.requested = ret - before;
		ev.allocated = page_up(ret) - page_up(before);
	} else if (ret < before) {
		ev.op = MMT_OP_FREE;
		ev.requested = before - ret;
		ev.allocated = page_up(before) - page_up(ret);
	} else if (wanted > before) {
		ev.op = MMT_OP_FAILED;
		ev.requested = wanted - before;
	} else {
		return;
	}
	hist_add(ctx, &ev);
}

SEC("?fexit/__x64_sys_mmap")
int BPF_PROG(hist_mmap__fx, const struct pt_regs *regs, long ret)
{
	mmap_returned(ctx, regs->si, ret);
	return 0;
}

SEC("?fentry/__x64_sys_brk")
int BPF_PROG(brk_in__fe, const struct pt_regs *regs)
{
	brk_entered();
	return 0;
}

SEC("?fexit/__x64_sys_brk")
int BPF_PROG(brk_out__fx, const struct pt_regs *regs, long ret)
{
	brk_returned(ctx, regs->di, ret);
	return 0;
}

SEC("?tp_btf/sys_exit")
int BPF_PROG(hist_mmap__tb, struct pt_regs *regs, long ret)
{
	struct call c;

	if (!syscall_is_compat()) {
		if ((u32)regs->orig_ax == NR_MMAP)
			mmap_returned(ctx, regs->si, ret);
	} else if (call_set_compat(&c, regs, ret) && c.nr == NR_MMAP) {
		mmap_returned(ctx, c.arg[1], ret);
	}
	return 0;
}

SEC("?tp_btf/sys_enter")
int BPF_PROG(brk_in__tb, struct pt_regs *regs, long nr)
{
	if (nr == (syscall_is_compat() ? NR32_BRK : NR_BRK))
		brk_entered();
	return 0;
}

SEC("?tp_btf/sys_exit")
int BPF_PROG(brk_out__tb, struct pt_regs *regs, long ret)
{
	u32 nr = regs->orig_ax;

	if (!syscall_is_compat()) {
		if (nr == NR_BRK)
			brk_returned(ctx, regs->di, ret);
	} else if (nr == NR32_BRK) {
		brk_returned(ctx, (u32)regs->bx, ret);
	}
	return 0;
}
