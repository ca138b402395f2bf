/* SPDX-License-Identifier: GPL-2.0 */
/* x86-64: what page-table entries hold (arch/x86/include/asm/pgtable_types.h, pgtable_64.h).
 * Another architecture is another file of these tables and functions. */
#include "decode/page_walk.h"

#define P (1ull << 0)
#define RW (1ull << 1)
#define HUGE_BIT (1ull << 7)
#define GLOBAL (1ull << 8) /* in an entry without P: PROT_NONE */
#define LARGE_PAT (1ull << 12) /* where a small page has its frame */
#define FRAME 0x000ffffffffff000ull
#define LEVEL_PTE 1
#define LEVEL_PUD 3

static const struct page_flag present[] = {
	{ P, "P", "present" },
	{ RW, "RW", "writable" },
	{ 1ull << 2, "US", "user mode may use it" },
	{ 1ull << 3, "PWT", "write-through" },
	{ 1ull << 4, "PCD", "not cached" },
	{ 1ull << 5, "A", "accessed" },
	{ 1ull << 6, "D", "dirty" },
	{ HUGE_BIT, "PS", "a large page" },
	{ GLOBAL, "G", "global: stays in the TLB" },
	{ 1ull << 9, "special", "software: no struct page counts it" },
	{ 1ull << 10, "uffd-wp", "software: write-protected by userfaultfd" },
	{ 1ull << 11, "soft-dirty", "software: written since it was cleared" },
	{ LARGE_PAT, "PAT", "page attribute table, of a large page" },
	{ 1ull << 57, "devmap", "software: device memory (to 6.15)" },
	{ 1ull << 58, "saved-dirty", "software: was dirty when it was write-protected" },
	{ 1ull << 63, "NX", "not executable" },
	{ 0 },
};

/* Linux gives the bits of entries without P a meaning of its own. */
static const struct page_flag absent[] = {
	{ RW, "soft-dirty", "written since it was cleared" },
	{ 1ull << 2, "uffd-wp", "write-protected by userfaultfd" },
	{ 1ull << 3, "exclusive", "the page is this process's alone" },
	{ 0 },
};

const struct page_arch page_arch = {
	.present = present, .absent = absent,
};

/* With four levels the P4D is folded: its entries are those of the PGD. */
const char *page_level_name(int level, int levels)
{
	static const char *const names[] = { "", "PTE", "PMD", "PUD", "P4D", "PGD" };

	return level == levels ? names[PAGE_LEVELS] : level > 0 && level <= PAGE_LEVELS ? names[level] : names[0];
}

uint64_t page_span(int level)
{
	return 4096ull << (9 * (level - 1));
}

bool page_canonical(uint64_t addr, int levels)
{
	int bits = levels == 5 ? 57 : 48;
	uint64_t high = addr >> (bits - 1);

	return !high || high == ~0ull >> (bits - 1);
}

const char *page_flag_name(int level, uint64_t entry, const struct page_flag *f)
{
	bool page = level == LEVEL_PTE || entry & HUGE_BIT;

	if (f->bit == HUGE_BIT && level == LEVEL_PTE)
		return "PAT";
	/* of an entry that points to a table the processor looks at few */
	if (!page && (f->bit == GLOBAL || f->bit == 1ull << 6 || f->bit == 1ull << 9))
		return NULL;
	if (f->bit == LARGE_PAT && (level == LEVEL_PTE || !page))
		return NULL;
	return f->name;
}

/* The bits of frame and offset are inverted in entries without P, so that no processor speculates on them (L1TF). */
static struct page_entry absent_entry(int level, uint64_t e, uint32_t special)
{
	struct page_entry out = { .state = PAGE_SWAPPED, .swap_type = (uint32_t)(e >> 59), .swap_offset = ~e << 5 >> 14 };

	if (!e)
		return (struct page_entry){ .state = PAGE_NONE };
	if (e & GLOBAL) {
		out = (struct page_entry){ .state = PAGE_PROT_NONE, .huge = level > LEVEL_PTE };
		out.phys = ~e & FRAME & ~(page_span(level) - 1);
		out.pfn = out.phys >> 12;
	} else if (special && out.swap_type >= special) {
		out.state = PAGE_SPECIAL;
	}
	return out;
}

struct page_entry page_entry(int level, uint64_t e, uint32_t special)
{
	struct page_entry out = { .state = PAGE_TABLE, .phys = e & FRAME };

	if (!(e & P))
		return absent_entry(level, e, special);
	if (level > LEVEL_PTE && (level > LEVEL_PUD || !(e & HUGE_BIT)))
		return out;
	out.state = PAGE_PRESENT;
	out.huge = level > LEVEL_PTE;
	out.phys &= ~(page_span(level) - 1); /* bit 12 of a large page is PAT */
	out.pfn = out.phys >> 12;
	return out;
}
