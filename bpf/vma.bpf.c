/* SPDX-License-Identifier: GPL-2.0 */
/* VMA events for `trace`: the calls that change mappings, at their return, and
 * stack growth.  Two backends: fexit on the calls themselves, or sys_exit, which
 * every call of the host pays for. */
#include "lib/call.bpf.h"
#include "lib/emit.bpf.h"
#include "lib/mm.bpf.h"
#include "lib/syscall.bpf.h"
#include "lib/thread.bpf.h"

static __always_inline bool call_changes_vmas(u32 nr)
{
	return nr == NR_MMAP || nr == NR_MPROTECT || nr == NR_MUNMAP || nr == NR_BRK || nr == NR_MREMAP ||
	       nr == NR_MADVISE || nr == NR_SHMAT || nr == NR_SHMDT || nr == NR_MLOCK || nr == NR_MUNLOCK ||
	       nr == NR_PKEY_MPROTECT;
}

/* An address in the VMA that the call left behind; 0: none to show. */
static __always_inline u64 call_address(const struct call *c)
{
	u32 nr = c->nr;

	if (c->ret < 0 && c->ret > -4096)
		return 0;
	if (nr == NR_MMAP || nr == NR_MREMAP || nr == NR_SHMAT)
		return c->ret;
	if (nr == NR_BRK)
		return c->ret - 1;
	return nr == NR_MUNMAP || nr == NR_SHMDT ? 0 : c->arg[0];
}

/* Announces the VMA at addr and puts its key into rec. */
static __always_inline void call_set_vma(struct mmt_call *rec, struct mm_struct *mm, u64 addr)
{
	struct vm_area_struct *vma = addr ? vma_find(mm, addr) : 0;
	struct mmt_vma facts = {};
	u64 at = (u64)vma;

	if (!vma || !vma_facts_of(&at, addr, &facts))
		return;
	rec->anchor = facts.anchor;
	rec->sig = facts.sig;
	vma_announce(vma, &facts, rec->head.mm_id);
}

static __always_inline bool call_wanted(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	u64 id = bpf_get_current_pid_tgid();

	return mmt_tuning.on && is_target(pidns_tgid(task, id >> 32)) && tid_passes(pidns_tid(task, id));
}

static __always_inline int call_report(const struct call *c)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct mm_struct *mm = task->mm;
	struct mmt_call rec = { .nr = c->nr, .ret = c->ret };

	if (!mm)
		return 0;
	head_fill(&rec.head, MMT_KIND_CALL, mm_id_get(mm, pidns_tgid(task, task->tgid), true), 0);
	__builtin_memcpy(rec.arg, c->arg, sizeof(rec.arg));
	call_set_vma(&rec, mm, call_address(c));
	rec.head.time = bpf_ktime_get_ns(); /* after its VMA was announced */
	emit_call(&rec);
	return 0;
}

SEC("?tp_btf/sys_exit")
int BPF_PROG(vma_sys__tb, struct pt_regs *regs, long ret)
{
	u32 nr = regs->orig_ax;
	struct call c;

	if (!syscall_is_compat()) {
		if (!call_changes_vmas(nr) || !call_wanted())
			return 0;
		call_set(&c, nr, regs, ret);
	} else if (!call_wanted() || !call_set_compat(&c, regs, ret)) {
		return 0;
	}
	return call_report(&c);
}

/* What is common to all calls is large, and loaded for no more than two of them: each one's
 * program enters it by a tail call, which keeps its context.  Who enters must have been loaded
 * for a function of the same prototype, and kernels hold two: of a call that they can be built
 * without, the parameter may have the name that it has in the stub.  Attached to nothing; user
 * space puts the one that fits into each array. */
struct call_entry { __uint(type, BPF_MAP_TYPE_PROG_ARRAY); __uint(max_entries, 1);
		    __type(key, u32); __type(value, u32); };

#define X32_CALL 0x40000000 /* the x32 ABI: the same calls */

static __always_inline int call_return(const struct pt_regs *regs, s64 ret)
{
	struct call c;

	call_set(&c, (u32)regs->orig_ax & ~X32_CALL, regs, ret);
	return call_report(&c);
}

SEC("?fexit/__x64_sys_mmap")
int BPF_PROG(vma_always__fx, const struct pt_regs *regs, long ret)
{
	return call_return(regs, ret);
}

SEC("?fexit/__x64_sys_mlock")
int BPF_PROG(vma_option__fx, const struct pt_regs *regs, long ret)
{
	return call_return(regs, ret);
}

#define CALL(name, call)                                                       \
	struct call_entry entry_##name SEC(".maps");                           \
	SEC("?fexit/__x64_sys_" #call)                                         \
	int vma_##name##__fx(void *ctx)                                        \
	{                                                                      \
		if (call_wanted())                                             \
			bpf_tail_call(ctx, &entry_##name, 0);                  \
		return 0;                                                      \
	}
CALL(mmap, mmap)
CALL(munmap, munmap)
CALL(brk, brk)
CALL(protect, mprotect)
CALL(mremap, mremap)
CALL(madvise, madvise)
CALL(shmat, shmat)
CALL(shmdt, shmdt)
CALL(mlock, mlock)
CALL(munlock, munlock)
CALL(pkey, pkey_mprotect)

SEC("?fexit/expand_downwards")
int BPF_PROG(vma_grow__fx, struct vm_area_struct *vma, unsigned long address, int ret)
{
	if (!ret && call_wanted())
		stack_growth_report(vma, address);
	return 0;
}
