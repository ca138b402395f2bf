/* SPDX-License-Identifier: GPL-2.0 */
/* Was the page of a file there as a fault on it began?  Asks the file's page cache (shmem's
 * too), an xarray, without its lock: a fault that others make at the same moment may find the
 * page that they were still reading in.  Reads only. */
#ifndef MMT_PAGE_CACHE_BPF_H
#define MMT_PAGE_CACHE_BPF_H

#include "cast.bpf.h"
#include "maps.bpf.h"
#include "mm.bpf.h"

#define S_DAX (1u << 13) /* its page cache holds no pages */

/* Entries (include/linux/xarray.h): pointers end in 00, values in 1, nodes and others in 10. */
#define XA_NODE_FIRST 4096
#define XA_LEVELS 11
#define XA_SIBLINGS (64ull << 2)

/* A large folio has one slot, those behind it say where that is. */
static __always_inline u64 xa_slot(u64 node, u64 slot)
{
	return word_at(node + bpf_core_field_offset(struct xa_node, slots) + (slot & 63) * 8);
}

/* What an xarray holds at index; 0: nothing.  Global: verified once. */
__noinline __weak u64 xa_look(u64 head, u64 index)
{
	u64 entry = head, shift = 0;
	int level = 0;

	/* 6.1 wants a loop to end in a condition */
	do {
		u64 node = entry - 2;

		if ((entry & 3) != 2 || entry <= XA_NODE_FIRST)
			break;
		shift = (u8)FIELD_WORD(node, struct xa_node, shift);
		if (!level && index >> (shift & 63) > 63)
			return 0;
		entry = xa_slot(node, index >> (shift & 63));
		if ((entry & 3) == 2 && entry < XA_SIBLINGS)
			entry = xa_slot(node, entry >> 2);
	} while (++level < XA_LEVELS);
	return level || !index ? entry : 0;
}

/* The page cache behind a VMA; 0: it is not asked. */
static __always_inline u64 page_cache_of(u64 vma, const struct mmt_vma *facts)
{
	u64 file;

	if (!(facts->kind & MMT_VMA_FILE) || facts->kind & MMT_VMA_DEVICE || facts->vm_flags & VM_HUGETLB)
		return 0;
	file = FIELD_WORD(vma, struct vm_area_struct, vm_file);
	if ((u32)FIELD_WORD(FIELD_WORD(file, struct file, f_inode), struct inode, i_flags) & S_DAX)
		return 0;
	return FIELD_WORD(file, struct file, f_mapping);
}

/* Notes where the pages of a VMA would be. */
static __always_inline void page_cache_note(struct thread_state *st, u64 vma, const struct mmt_vma *facts)
{
	st->cache_pages = page_cache_of(vma, facts);
	st->cache_pages_from = facts->pgoff - (facts->start >> 12);
}

/* Notes whether the page of the fault that begins is there.  What was evicted or swapped out
 * left a value. */
static __always_inline void page_cache_look(struct thread_state *st)
{
	u64 entry;

	if (!st->cache_pages)
		return;
	entry = xa_look(FIELD_WORD(st->cache_pages, struct address_space, i_pages.xa_head),
			st->cache_pages_from + (st->addr >> 12));
	st->flags |= entry && !(entry & 3) ? MMT_FAULT_THERE : MMT_FAULT_FRESH;
}
#endif
