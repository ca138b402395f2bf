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

static __always_inline int call_return(u32 nr, const struct pt_regs *regs, s64 ret)
{
	struct call c;

	if (!call_wanted())
		return 0;
	call_set(&c, nr, regs, ret);
	return call_report(&c);
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

#define CALL(name, call, nr)                                                   \
	SEC("?fexit/__x64_sys_" #call)                                         \
	int BPF_PROG(vma_##name##__fx, const struct pt_regs *regs, long ret)   \
	{                                                                      \
		return call_return(nr, regs, ret);                             \
	}
CALL(mmap, mmap, NR_MMAP)
CALL(protect, mprotect, NR_MPROTECT)
CALL(munmap, munmap, NR_MUNMAP)
CALL(brk, brk, NR_BRK)
CALL(mremap, mremap, NR_MREMAP)
CALL(madvise, madvise, NR_MADVISE)
CALL(shmat, shmat, NR_SHMAT)
CALL(shmdt, shmdt, NR_SHMDT)
CALL(mlock, mlock, NR_MLOCK)
CALL(munlock, munlock, NR_MUNLOCK)
CALL(pkey, pkey_mprotect, NR_PKEY_MPROTECT)

SEC("?fexit/expand_downwards")
int BPF_PROG(vma_grow__fx, struct vm_area_struct *vma, unsigned long address, int ret)
{
	if (!ret && call_wanted())
		stack_growth_report(vma, address);
	return 0;
}
