/* SPDX-License-Identifier: GPL-2.0 */
/* The class of a fault, from its VMA and the page-table entry before and after. */
#ifndef MMT_CLASS_BPF_H
#define MMT_CLASS_BPF_H

#include "mm.bpf.h"
#include "page_table.bpf.h"

#define VM_ACCESS 0x7ull

static __always_inline bool was_empty(const struct thread_state *st)
{
	/* a marker keeps what userfaultfd said of a page that is not there */
	return st->pre_state == PTE_NONE || st->pre_state == PTE_NO_TABLE || st->pre_state == PTE_MARKER;
}

static __always_inline u8 class_anon(const struct thread_state *st, u8 post, u64 entry)
{
	bool write = st->flags & MMT_FAULT_WRITE;

	if (post == PTE_HUGE_RW || (post == PTE_HUGE_RO && write))
		return st->pre_state == PTE_HUGE_RO && ((st->pre ^ entry) & ENTRY_PFN) == 0
			? MMT_CLASS_WP_REUSE : MMT_CLASS_ANON_HUGE;
	if (was_empty(st))
		return write ? MMT_CLASS_ANON_WRITE : MMT_CLASS_ANON_READ;
	return MMT_CLASS_OTHER;
}

static __always_inline u8 class_first_touch(const struct thread_state *st, u8 post, u64 entry)
{
	bool write = st->flags & MMT_FAULT_WRITE;

	if (st->vkind & MMT_VMA_ANON)
		return class_anon(st, post, entry);
	if (write && !(st->vm_flags & VM_SHARED))
		return MMT_CLASS_COW;
	if (st->vkind & MMT_VMA_SHMEM)
		return MMT_CLASS_SHMEM;
	if (!write)
		return MMT_CLASS_FILE_READ;
	return st->vkind & MMT_VMA_MKWRITE ? MMT_CLASS_MKWRITE : MMT_CLASS_FILE_WRITE;
}

/* A write to a page that is mapped read-only. */
static __always_inline u8 class_write_protected(const struct thread_state *st, u8 post, u64 entry)
{
	if (st->vm_flags & VM_SHARED && !(st->vkind & MMT_VMA_ANON))
		return st->vkind & MMT_VMA_MKWRITE ? MMT_CLASS_MKWRITE : MMT_CLASS_WP_REUSE;
	if (st->pre_state == PTE_HUGE_RO && post != PTE_HUGE_RO && post != PTE_HUGE_RW)
		return MMT_CLASS_COW; /* split, then one page copied */
	if (st->pre_state == PTE_HUGE_RO)
		return class_anon(st, post, entry);
	return (st->pre ^ entry) & ENTRY_PFN ? MMT_CLASS_COW : MMT_CLASS_WP_REUSE;
}

/* Was userfaultfd asked?  Always for a page of anonymous memory that is not there, and for
 * one that is protected, unless the kernel lifts that by itself (WP_ASYNC).  A page of shmem
 * or hugetlb may be there for others already: then nobody is asked, and none waits. */
static __always_inline bool asks_user_space(const struct thread_state *st)
{
	if (st->pre_state == PTE_MARKER)
		return false; /* the next fault does */
	if (was_empty(st))
		return st->vkind & MMT_VMA_UFFD ? st->flags & MMT_FAULT_WAITED : st->vm_flags & VM_UFFD_MISSING;
	return st->flags & MMT_FAULT_WRITE && st->vm_flags & VM_UFFD_WP && !(st->vkind & MMT_VMA_UFFD_ASYNC) &&
	       st->pre & ENTRY_PRESENT && st->pre & ENTRY_UFFD_WP;
}

/* Precedence of docs/architecture.md: error, uffd, hugetlb, numa, migration,
 * swap, huge, then by VMA.  Global: verified once, not for each way to get here. */
__noinline __weak int fault_class(const struct thread_state *st, u32 post, u64 entry)
{
	bool write;

	if (!st)
		return MMT_CLASS_OTHER;
	write = st->flags & (MMT_FAULT_WRITE | MMT_FAULT_UNSHARE);

	if (st->flags & MMT_FAULT_NO_VMA || st->pre_state == PTE_UNKNOWN)
		return MMT_CLASS_OTHER;
	if (asks_user_space(st))
		return MMT_CLASS_UFFD;
	if (st->vm_flags & VM_HUGETLB)
		return MMT_CLASS_HUGETLB;
	if (st->pre_state == PTE_NUMA)
		return st->vm_flags & VM_ACCESS ? MMT_CLASS_NUMA : MMT_CLASS_OTHER;
	if (st->pre_state == PTE_MIGRATION)
		return MMT_CLASS_MIGRATION;
	if (st->pre_state == PTE_SWAP)
		return MMT_CLASS_SWAP;
	if (st->vkind & (MMT_VMA_DEVICE | MMT_VMA_SPECIAL))
		return MMT_CLASS_DEVICE;
	if (was_empty(st))
		return class_first_touch(st, post, entry);
	if (write && (st->pre_state == PTE_RO || st->pre_state == PTE_HUGE_RO))
		return class_write_protected(st, post, entry);
	return MMT_CLASS_SPURIOUS;
}
#endif
