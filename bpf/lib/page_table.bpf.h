/* SPDX-License-Identifier: GPL-2.0 */
/* Looks at a page-table entry through the kernel's direct map (x86-64; entry
 * layout: arch/x86/include/asm/pgtable_types.h, pgtable_64.h).  Reads only. */
#ifndef MMT_PAGE_TABLE_BPF_H
#define MMT_PAGE_TABLE_BPF_H

#include "cast.bpf.h"
#include "maps.bpf.h"

enum pte_state {
	PTE_UNKNOWN,
	PTE_NO_TABLE, /* nothing there, nor a table of small pages: may become huge */
	PTE_NONE, PTE_RO, PTE_RW, PTE_SWAP, PTE_MIGRATION, PTE_MARKER, PTE_NUMA,
	PTE_HUGE_RO, PTE_HUGE_RW,
};

#define ENTRY_PRESENT 1ull
#define ENTRY_RW 2ull
#define ENTRY_HUGE (1ull << 7)
#define ENTRY_PROTNONE (1ull << 8)
#define ENTRY_UFFD_WP (1ull << 10)
#define ENTRY_PFN 0x000ffffffffff000ull
/* Non-present entries hold the swap type in bits 59-63; src/host/swap_types.h. */
#define SWAP_TYPE(e) ((e) >> 59)

/* Reads entry number `index` of the table whose entry points at it. */
static __always_inline bool table_read(u64 phys, u64 index, u64 *entry)
{
	return word_read(mmt_config.direct_map + (phys & ENTRY_PFN) + index * 8, entry);
}

static __always_inline u8 entry_state(u64 e, bool huge)
{
	if (!e)
		return huge ? PTE_NO_TABLE : PTE_NONE;
	if (e & ENTRY_PRESENT) {
		if (huge)
			return e & ENTRY_RW ? PTE_HUGE_RW : PTE_HUGE_RO;
		return e & ENTRY_RW ? PTE_RW : PTE_RO;
	}
	if (e & ENTRY_PROTNONE)
		return PTE_NUMA;
	if (SWAP_TYPE(e) == mmt_config.swap_marker)
		return PTE_MARKER;
	return SWAP_TYPE(e) >= mmt_config.swap_special ? PTE_MIGRATION : PTE_SWAP;
}

struct page_walk { u64 pgd, addr, entry; };

/* State of the entry that maps w->addr; w->entry is the raw one.  Global: verified
 * once, and what it returns is one unknown number, not a path for each state. */
__noinline __weak int page_table_walk(struct page_walk *w)
{
	u64 e = 0, pgd, addr, *out;

	if (!w)
		return PTE_UNKNOWN;
	pgd = w->pgd;
	addr = w->addr;
	out = &w->entry;
	if (!mmt_config.direct_map || mmt_tuning.no_peek)
		return PTE_UNKNOWN;
	if (mmt_config.levels == 5) {
		if (!word_read(pgd + ((addr >> 48) & 511) * 8, &e))
			return PTE_UNKNOWN;
		if (!(e & ENTRY_PRESENT))
			return PTE_NO_TABLE;
		if (!table_read(e, (addr >> 39) & 511, &e))
			return PTE_UNKNOWN;
	} else if (!word_read(pgd + ((addr >> 39) & 511) * 8, &e)) {
		return PTE_UNKNOWN;
	}
	if (!(e & ENTRY_PRESENT))
		return PTE_NO_TABLE;
	if (!table_read(e, (addr >> 30) & 511, &e))
		return PTE_UNKNOWN;
	*out = e;
	if (!(e & ENTRY_PRESENT) || (e & ENTRY_HUGE))
		return entry_state(e, true);
	if (!table_read(e, (addr >> 21) & 511, &e))
		return PTE_UNKNOWN;
	*out = e;
	if (!(e & ENTRY_PRESENT) || (e & ENTRY_HUGE))
		return entry_state(e, true);
	if (!table_read(e, (addr >> 12) & 511, &e))
		return PTE_UNKNOWN;
	*out = e;
	return entry_state(e, false);
}

static __always_inline u8 page_table_peek(struct mm_struct *mm, u64 addr, u64 *out)
{
	struct page_walk w = { (u64)mm->pgd, addr, 0 };
	u8 state = page_table_walk(&w);

	*out = w.entry;
	return state;
}
#endif
