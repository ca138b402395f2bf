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

/* Is the current call a 32-bit one?  Those have other numbers. */
static __always_inline bool syscall_is_compat(void)
{
	return bpf_get_current_task_btf()->thread_info.status & TS_COMPAT;
}
#endif
