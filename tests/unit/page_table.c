/* SPDX-License-Identifier: GPL-2.0 */
/* src/decode/page_table.c: what entries count as, tables that go while they are read, and
 * that whatever is read no VMA has more than its size. */
#include "decode/page_table.h"

#include <errno.h>
#include <stdlib.h>

#include "unit/check.h"

#define MAP 0xffff888000000000ull
#define TABLES 64
#define LINK(n) ((uint64_t)(n) << 12 | 0x67)
#define PAGE(n) ((uint64_t)(n) << 12 | 0x8000000000000067ull)
#define HUGE(n) ((uint64_t)(n) << 21 | 0x80000000000000e7ull)
#define SWAPPED(type) ((uint64_t)(type) << 59 | 0x1ull << 20)

/* Memory that holds tables; number 1 is the highest. */
static uint64_t memory[TABLES][MMT_TABLE_ENTRIES];
static uint64_t copies[MMT_TABLES][MMT_TABLE_ENTRIES];
static int reads, goes_at; /* at that reading the entry of the table is cleared; 0: never */
static bool always_moves;
static uint64_t zero_page;

static uint64_t *at(uint64_t va)
{
	uint64_t page = (va - MAP) >> 12;

	return va >= MAP && page < TABLES ? &memory[page][va % 4096 / 8] : NULL;
}

static int read_tables(void *ctx, struct mmt_table_read *r, size_t n, const uint64_t (**tables)[MMT_TABLE_ENTRIES])
{
	(void)ctx;
	reads++;
	for (size_t i = 0; i < n; i++) {
		const uint64_t *table = at(r[i].table);

		if (table)
			memcpy(copies[i], table, sizeof(copies[i]));
		if (reads == goes_at && at(r[i].slot))
			*at(r[i].slot) = 0;
		if (always_moves && at(r[i].slot))
			*at(r[i].slot) ^= 1ull << 17; /* between table 4 and table 36 */
		r[i].now = !table ? 0 : r[i].slot ? *at(r[i].slot) : 1;
	}
	*tables = (const void *)copies;
	return 0;
}

static uint64_t zero(void *ctx)
{
	(void)ctx;
	return zero_page;
}

static const struct page_tables four = { .read = read_tables, .huge_zero = zero, .direct_map = MAP, .levels = 4,
					 .swap_marker = 31, .swap_special = 23 };

/* 2 MiB at 0x200000 by the PTEs of table 4. */
static uint64_t *small(void)
{
	memset(memory, 0, sizeof(memory));
	reads = goes_at = 0;
	always_moves = false;
	zero_page = 0;
	memory[1][0] = LINK(2);
	memory[2][0] = LINK(3);
	memory[3][1] = LINK(4);
	return memory[4];
}

static int count(struct resident_vma *v, size_t n)
{
	return page_table_count(&four, MAP + 4096, v, n);
}

static void entries_count_as_smaps_does(void)
{
	struct resident_vma v = { .start = 0x200000, .end = 0x400000 };
	uint64_t *e = small();

	e[0] = PAGE(7);
	e[1] = (~PAGE(7) & 0xffffffffff000ull) | 0x160; /* PROT_NONE */
	e[2] = PAGE(7) | 1 << 9;                    /* zero page */
	e[3] = SWAPPED(0) | 2;
	e[4] = SWAPPED(22);
	e[5] = SWAPPED(29);                         /* migration */
	e[6] = SWAPPED(31);                         /* marker */
	e[511] = PAGE(8);
	CHECK_EQ(count(&v, 1), 0);
	CHECK_EQ(v.rss, 4 * 4096);
	CHECK_EQ(v.swap, 2 * 4096);
	CHECK_EQ(v.huge, 0);
	CHECK(!v.uncertain);
}

static void markers_of_6_1_are_no_pages(void)
{
	struct page_tables old = four;
	struct resident_vma v = { .start = 0x200000, .end = 0x400000 };
	uint64_t *e = small();

	old.swap_marker = 30;
	e[0] = SWAPPED(30);
	e[1] = SWAPPED(31);
	e[2] = SWAPPED(29);
	CHECK_EQ(page_table_count(&old, MAP + 4096, &v, 1), 0);
	CHECK_EQ(v.rss, 4096);
	CHECK_EQ(v.swap, 0);
}

static void vmas_share_a_table(void)
{
	struct resident_vma v[3] = { { .start = 0x100000, .end = 0x203000 }, { .start = 0x203000, .end = 0x204000 },
				     { .start = 0x206000, .end = 0x800000 } };
	uint64_t *e = small();

	for (int i = 0; i < MMT_TABLE_ENTRIES; i++)
		e[i] = PAGE(7);
	CHECK_EQ(count(v, 3), 0);
	CHECK_EQ(v[0].rss, 3 * 4096);
	CHECK_EQ(v[1].rss, 4096);
	CHECK_EQ(v[2].rss, 506 * 4096);
}

static void huge_pages(void)
{
	struct resident_vma v[2] = { { .start = 0x400000, .end = 0x1000000, .anon = true },
				     { .start = 0x40000000, .end = 0x80200000, .hugetlb = true } };

	small();
	zero_page = 9ull << 21;
	memory[3][2] = HUGE(5);
	memory[3][3] = HUGE(6) & ~1ull;                     /* being split */
	memory[3][4] = (9ull << 21) | 0x8000000000000085ull; /* the zero page, read only and clean */
	memory[3][5] = HUGE(9) | 1 << 9;                    /* special */
	memory[3][6] = SWAPPED(29);                         /* migration */
	memory[2][1] = HUGE(512);                           /* 1 GiB */
	memory[2][2] = LINK(5);
	memory[5][0] = HUGE(7);
	CHECK_EQ(count(v, 2), 0);
	CHECK_EQ(v[0].rss, 3 << 21);
	CHECK_EQ(v[0].huge, 3 << 21);
	CHECK_EQ(v[1].rss, (1 << 30) + (1 << 21));
	CHECK_EQ(v[1].hugetlb_bytes, v[1].rss);
	CHECK_EQ(v[1].huge, 0);
}

static void device_memory_does_not_count(void)
{
	struct resident_vma v = { .start = 0x200000, .end = 0x600000, .device = true };
	uint64_t *e = small();

	e[0] = PAGE(7);
	memory[3][2] = HUGE(5);
	CHECK_EQ(count(&v, 1), 0);
	CHECK_EQ(v.rss, 0);
}

static void reserved_memory_costs_nothing(void)
{
	struct resident_vma v = { .start = 0x400000, .end = 1ull << 46 };

	small();
	CHECK_EQ(count(&v, 1), 0);
	CHECK_EQ(v.rss, 0);
	CHECK_EQ(reads, 3); /* the tables that lead to the other one */
}

/* The kernel clears an entry before it frees the table: what the copy holds is not looked at. */
static void a_table_that_goes_is_not_counted(void)
{
	struct resident_vma v = { .start = 0x200000, .end = 0x400000 };
	uint64_t *e;

	for (int when = 2; when <= 4; when++) {
		e = small();
		e[0] = PAGE(7);
		goes_at = when;
		CHECK_EQ(count(&v, 1), 0);
		CHECK_EQ(v.rss, 0);
		CHECK(!v.uncertain);
	}
}

static void what_keeps_changing_is_uncertain(void)
{
	struct resident_vma v[2] = { { .start = 0x200000, .end = 0x400000 }, { .start = 1ull << 40, .end = 2ull << 40 } };

	small();
	always_moves = true;
	CHECK_EQ(count(v, 2), 0);
	CHECK(v[0].uncertain);
	CHECK(!v[1].uncertain);
	CHECK(reads < 20);
}

static void nonsense_is_bounded(void)
{
	struct resident_vma v[2] = { { .start = 0x1000, .end = 0x7000, .anon = true },
				     { .start = 0x1ff000, .end = 0x40000000, .hugetlb = true } };

	small();
	for (uint64_t i = 0; i < TABLES; i++)
		for (int k = 0; k < MMT_TABLE_ENTRIES; k++)
			memory[i][k] = ((uint64_t)rand() << 40 ^ (uint64_t)rand() << 20 ^ (uint64_t)rand()) & ~(0xfffull << 28);
	CHECK_EQ(count(v, 2), 0);
	for (int i = 0; i < 2; i++)
		CHECK(v[i].rss <= v[i].end - v[i].start && v[i].huge <= v[i].rss && v[i].swap <= v[i].end - v[i].start);
}

static void no_table_at_all(void)
{
	struct resident_vma v = { .start = 0x200000, .end = 0x400000 };

	small();
	CHECK_EQ(page_table_count(&four, 0x1000, &v, 1), (uint64_t)-EFAULT);
}

int main(void)
{
	RUN("page_table", entries_count_as_smaps_does);
	RUN("page_table", markers_of_6_1_are_no_pages);
	RUN("page_table", vmas_share_a_table);
	RUN("page_table", huge_pages);
	RUN("page_table", device_memory_does_not_count);
	RUN("page_table", reserved_memory_costs_nothing);
	RUN("page_table", a_table_that_goes_is_not_counted);
	RUN("page_table", what_keeps_changing_is_uncertain);
	RUN("page_table", nonsense_is_bounded);
	RUN("page_table", no_table_at_all);
	return check_bad;
}
