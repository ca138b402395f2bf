/* SPDX-License-Identifier: GPL-2.0 */
/* src/decode/page_walk.c and page_arch.c: the way of an address with 4 and 5 levels, what entries say, and
 * tables that go while they are read. */
#include "decode/page_walk.h"

#include <errno.h>

#include "unit/check.h"

#define MAP 0xffff888000000000ull
#define TABLES 16
#define SPECIAL 29

static uint64_t memory[TABLES][MMT_TABLE_ENTRIES];
static int reads, goes_at; /* after that reading the entry above is cleared; 0: never */
static bool always_moves;

static uint64_t *at(uint64_t va)
{
	uint64_t page = (va - MAP) >> 12;

	return va >= MAP && page < TABLES ? &memory[page][va % 4096 / 8] : NULL;
}

static int read_table(void *ctx, struct mmt_table_read *r, size_t n, const uint64_t (**tables)[MMT_TABLE_ENTRIES])
{
	static uint64_t copy[MMT_TABLE_ENTRIES];
	const uint64_t *table = at(r->table);

	(void)ctx, (void)n;
	reads++;
	if (table)
		memcpy(copy, table, sizeof(copy));
	if (reads == goes_at && at(r->slot))
		*at(r->slot) = 0;
	if (always_moves && at(r->slot))
		*at(r->slot) ^= 1ull << 15; /* between table n and n + 8 */
	r->now = !table ? 0 : r->slot ? *at(r->slot) : 1;
	*tables = (const void *)copy;
	return 0;
}

static struct page_tables reader(int levels)
{
	return (struct page_tables){ .read = read_table, .direct_map = MAP, .levels = levels, .swap_special = SPECIAL };
}

#define ADDR 0x7f1234567abcull
#define LINK(n) ((uint64_t)(n) << 12 | 0x67)

static unsigned index_of(int level)
{
	return ADDR >> (12 + 9 * (level - 1)) & 511;
}

/* Tables 1 to `levels` lead to `last` in the one of level `lowest`. */
static void build(int levels, int lowest, uint64_t last)
{
	memset(memory, 0, sizeof(memory));
	reads = goes_at = 0;
	always_moves = false;
	for (int level = levels; level >= lowest; level--)
		memory[levels - level + 1][index_of(level)] = level == lowest ? last : LINK(levels - level + 2);
}

static struct page_walk walk(int levels)
{
	struct page_tables t = reader(levels);
	struct page_walk w;

	CHECK_EQ(page_walk(&t, MAP + 4096, ADDR, &w), 0);
	return w;
}

static void four_levels(void)
{
	struct page_walk w;

	build(4, 1, 0x8000000012345067ull);
	w = walk(4);
	CHECK_EQ(w.count, 4);
	CHECK_EQ(w.step[0].index, 0x7f1234567abcull >> 39);
	CHECK_EQ(w.step[1].table, 2 << 12);
	CHECK_EQ(w.step[3].level, 1);
	CHECK_EQ(w.page.state, PAGE_PRESENT);
	CHECK_EQ(w.page.pfn, 0x12345);
	CHECK(!w.page.huge && !w.racing);
	CHECK_STR(page_level_name(4, 4), "PGD");
	CHECK_STR(page_level_name(4, 5), "P4D");
}

static void five_levels(void)
{
	struct page_walk w;

	build(5, 1, 0x8000000012345067ull);
	w = walk(5);
	CHECK_EQ(w.count, 5);
	CHECK_EQ(w.step[0].level, 5);
	CHECK_EQ(w.step[0].index, 0);
	CHECK_EQ(w.page.pfn, 0x12345);
}

static void large_pages(void)
{
	struct page_walk w;

	build(4, 2, 0x80000000402010e7ull | 1ull << 12); /* bit 12 is PAT there */
	w = walk(4);
	CHECK_EQ(w.count, 3);
	CHECK_EQ(w.page.state, PAGE_PRESENT);
	CHECK(w.page.huge);
	CHECK_EQ(w.page.phys, 0x40200000);
	build(4, 3, 0x80000000400000e7ull);
	w = walk(4);
	CHECK_EQ(w.count, 2);
	CHECK_EQ(w.page.pfn, 0x40000);
}

static void nothing_there(void)
{
	struct page_walk w;

	build(4, 3, 0);
	w = walk(4);
	CHECK_EQ(w.count, 2);
	CHECK_EQ(w.page.state, PAGE_NONE);
}

/* As the kernel writes them: swp_entry() inverts the offset, pte_modify() the frame of PROT_NONE. */
static void entries_without_a_page(void)
{
	uint64_t swap = 3ull << 59 | ~0x1234ull << 14 >> 5, none = (~0x12345000ull & 0x000ffffffffff000ull) | 0x160;
	struct page_entry e = page_entry(1, swap, SPECIAL);

	CHECK_EQ(e.state, PAGE_SWAPPED);
	CHECK_EQ(e.swap_type, 3);
	CHECK_EQ(e.swap_offset, 0x1234);
	e = page_entry(1, none, SPECIAL);
	CHECK_EQ(e.state, PAGE_PROT_NONE);
	CHECK_EQ(e.pfn, 0x12345);
	e = page_entry(1, (uint64_t)SPECIAL << 59 | 1ull << 20, SPECIAL);
	CHECK_EQ(e.state, PAGE_SPECIAL);
	e = page_entry(2, (~0x40200000ull & 0x000ffffffffff000ull) | 0x1e0, SPECIAL);
	CHECK_EQ(e.phys, 0x40200000);
}

static void a_table_that_goes(void)
{
	struct page_walk w;

	build(4, 1, 0x8000000012345067ull);
	goes_at = 3; /* the table of PMDs is freed while it is read */
	w = walk(4);
	CHECK_EQ(w.count, 2);
	CHECK_EQ(w.page.state, PAGE_NONE);
	CHECK(!w.racing);
	build(4, 1, 0x8000000012345067ull);
	always_moves = true;
	w = walk(4);
	CHECK(w.racing);
	build(4, 1, LINK(1));
	memory[1][index_of(4)] = LINK(TABLES + 1); /* nothing can be read there */
	w = walk(4);
	CHECK(w.racing || w.page.state == PAGE_NONE || w.count <= 2);
}

/* The tables know bits 12 to 47 or 56 alone: what differs above them would be another address. */
static void not_canonical(void)
{
	struct page_tables t = reader(4);
	struct page_walk w;

	build(4, 1, 0x8000000012345067ull);
	CHECK_EQ(page_walk(&t, MAP + 4096, ADDR | 1ull << 60, &w), -EINVAL);
	CHECK_EQ(page_walk(&t, MAP + 4096, 0x0000800000000000ull, &w), -EINVAL);
	CHECK_EQ(w.count, 0);
	CHECK_EQ(reads, 0);
}

static void flags_by_level(void)
{
	const struct page_flag *f = page_arch.present;
	int named = 0;

	for (; f->bit; f++)
		if (f->bit == 1ull << 7) {
			CHECK_STR(page_flag_name(1, 1ull << 7 | 1, f), "PAT");
			CHECK_STR(page_flag_name(2, 1ull << 7 | 1, f), "PS");
			named++;
		} else if (f->bit == 1ull << 6) {
			CHECK(!page_flag_name(2, 1ull << 6 | 1, f));
			CHECK_STR(page_flag_name(1, 1ull << 6 | 1, f), "D");
			named++;
		}
	CHECK_EQ(named, 2);
	CHECK(page_canonical(0x7fffffffffff, 4) && !page_canonical(0x800000000000, 4) && page_canonical(~0ull, 4));
	CHECK(page_canonical(0x800000000000, 5));
}

int main(void)
{
	RUN("page_walk", four_levels);
	RUN("page_walk", five_levels);
	RUN("page_walk", large_pages);
	RUN("page_walk", nothing_there);
	RUN("page_walk", entries_without_a_page);
	RUN("page_walk", a_table_that_goes);
	RUN("page_walk", not_canonical);
	RUN("page_walk", flags_by_level);
	return check_bad;
}
