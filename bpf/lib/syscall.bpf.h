/* SPDX-License-Identifier: GPL-2.0 */
/* System calls that change mappings, by number (x86-64). */
#ifndef MMT_SYSCALL_BPF_H
#define MMT_SYSCALL_BPF_H

#include "kernel.bpf.h"

#define NR_MMAP 9
#define NR_MPROTECT 10
#define NR_MUNMAP 11
#define NR_BRK 12
#define NR_MREMAP 25
#define NR_MADVISE 28
#define NR_SHMAT 30
#define NR_SHMDT 67
#define NR_MLOCK 149
#define NR_MUNLOCK 150
#define NR_PKEY_MPROTECT 329
#define TS_COMPAT 2 /* thread_info.status */

/* Is the current call a 32-bit one (also int 0x80 of a 64-bit program)?  Those have other
 * numbers, and other registers.  Holds until the tracepoint sys_exit is over. */
static __always_inline bool syscall_is_compat(void)
{
	return bpf_get_current_task_btf()->thread_info.status & TS_COMPAT;
}

/* A call as x86-64 would have made it. */
struct call { u32 nr; u64 arg[6]; s64 ret; };

static __always_inline void call_set(struct call *c, u32 nr, const struct pt_regs *regs, s64 ret)
{
	c->nr = nr;
	c->ret = ret;
	c->arg[0] = regs->di;
	c->arg[1] = regs->si;
	c->arg[2] = regs->dx;
	c->arg[3] = regs->r10;
	c->arg[4] = regs->r8;
	c->arg[5] = regs->r9;
}

/* --- 32-bit calls (arch/x86/entry/syscalls/syscall_32.tbl) --- */

#define NR32_BRK 45
#define NR32_OLD_MMAP 90 /* its arguments lie in memory */
#define NR32_MUNMAP 91
#define NR32_IPC 117     /* shmat and shmdt among others */
#define NR32_MPROTECT 125
#define NR32_MLOCK 150
#define NR32_MUNLOCK 151
#define NR32_MREMAP 163
#define NR32_MMAP2 192   /* its offset is in pages */
#define NR32_MADVISE 219
#define NR32_PKEY_MPROTECT 380
#define NR32_SHMAT 397
#define NR32_SHMDT 398
#define IPC_SHMAT 21
#define IPC_SHMDT 22

/* 0: a call that changes no mappings. */
static __always_inline u32 nr_of_compat(u32 nr)
{
	switch (nr) {
	case NR32_BRK: return NR_BRK;
	case NR32_OLD_MMAP: return NR_MMAP;
	case NR32_MMAP2: return NR_MMAP;
	case NR32_MUNMAP: return NR_MUNMAP;
	case NR32_MPROTECT: return NR_MPROTECT;
	case NR32_MLOCK: return NR_MLOCK;
	case NR32_MUNLOCK: return NR_MUNLOCK;
	case NR32_MREMAP: return NR_MREMAP;
	case NR32_MADVISE: return NR_MADVISE;
	case NR32_PKEY_MPROTECT: return NR_PKEY_MPROTECT;
	case NR32_SHMAT: return NR_SHMAT;
	case NR32_SHMDT: return NR_SHMDT;
	case NR32_IPC: return NR_SHMAT; /* or others, see below */
	}
	return 0;
}

/* ipc(call, shmid, flags, address of the result, address): 0 if it is another call. */
static __always_inline u32 ipc_set(struct call *c)
{
	u32 which = (u16)c->arg[0], at = 0;

	if (which == IPC_SHMDT) {
		c->arg[0] = c->arg[4];
		return NR_SHMDT;
	}
	if (which != IPC_SHMAT)
		return 0;
	if (!c->ret && !bpf_probe_read_user(&at, sizeof(at), (void *)c->arg[3]))
		c->ret = at;
	c->arg[0] = c->arg[1];
	c->arg[1] = c->arg[4];
	return NR_SHMAT;
}

/* false: a call that changes no mappings. */
static __always_inline bool call_set_compat(struct call *c, const struct pt_regs *regs, s64 ret)
{
	u32 nr = regs->orig_ax, in_memory[6];

	c->nr = nr_of_compat(nr);
	if (!c->nr)
		return false;
	c->ret = ret;
	c->arg[0] = (u32)regs->bx;
	c->arg[1] = (u32)regs->cx;
	c->arg[2] = (u32)regs->dx;
	c->arg[3] = (u32)regs->si;
	c->arg[4] = (u32)regs->di;
	c->arg[5] = (u32)regs->bp;
	if (nr == NR32_IPC)
		c->nr = ipc_set(c);
	if (nr == NR32_MMAP2)
		c->arg[5] *= PAGE_SIZE;
	if (nr == NR32_OLD_MMAP && !bpf_probe_read_user(in_memory, sizeof(in_memory), (void *)c->arg[0]))
		for (int i = 0; i < 6; i++)
			c->arg[i] = in_memory[i];
	return c->nr != 0;
}
#endif
