/* SPDX-License-Identifier: GPL-2.0 */
/* Copies of page tables (x86-64) -> what of each VMA is resident, huge, swapped.
 * Counts as smaps does (fs/proc/task_mmu.c).  The copies are not trusted: whatever
 * they hold, no VMA gets more than its size. */
#ifndef DECODE_PAGE_TABLE_H
#define DECODE_PAGE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/tables.h"

/* In order of address, without overlaps. */
struct resident_vma {
	uint64_t start, end;
	bool hugetlb, anon;                /* anon: no file, where huge entries may be of the zero page */
	bool device;                       /* PFNMAP: nothing of it counts */
	uint64_t rss, huge, hugetlb_bytes, swap; /* out, bytes; rss: with those of hugetlb, without zero pages */
	bool uncertain;                    /* out: tables of it changed whenever they were read */
};

struct page_tables {
	/* Copies the tables: 0 or a negative errno. tables: those copies, until the next call. */
	int (*read)(void *ctx, struct mmt_table_read *reads, size_t n, const uint64_t (**tables)[MMT_TABLE_ENTRIES]);
	/* Physical address of the huge zero page; 0: there is none. Asked for where an entry may be its. */
	uint64_t (*huge_zero)(void *ctx);
	void *ctx;
	uint64_t direct_map;               /* where physical memory is mapped */
	int levels;
	uint32_t swap_marker, swap_special; /* as in struct mmt_config */
};

/* Fills list, the VMAs of the mm whose highest table is at pgd; 0 or a negative errno. */
int page_table_count(const struct page_tables *t, uint64_t pgd, struct resident_vma *list, size_t count);

#endif
