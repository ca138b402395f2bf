/* Transparent huge pages and hugetlb. */
#include "truth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#define COUNT 4
#define SIZE (COUNT * HUGE)
#define THP "/sys/kernel/mm/transparent_hugepage/"
#define POOL "/sys/kernel/mm/hugepages/hugepages-2048kB/"

static char pool_before[32];
static char smaps[1 << 18];

static char *map_aligned(int advice)
{
	char *p = mmap(NULL, SIZE + 2 * HUGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	p = (char *)(((uintptr_t)p + HUGE) & ~(HUGE - 1));
	CHECK(!mprotect(p, SIZE, PROT_READ | PROT_WRITE));
	madvise(p, SIZE, advice);
	region_add(p, SIZE);
	return p;
}

static void thp_setup(void)
{
	char text[64];

	if (!read_text(THP "enabled", text, sizeof(text)) || strstr(text, "[never]"))
		victim_skip("transparent huge pages are not available");
	memset(smaps, 0, sizeof(smaps));
	area = map_aligned(MADV_HUGEPAGE);
}

static void zero_setup(void)
{
	char text[64];

	thp_setup();
	if (!read_text(THP "use_zero_page", text, sizeof(text)) || text[0] != '1')
		victim_skip("the huge zero page is not in use");
	/* It is made at its first use. */
	char *p = mmap(NULL, 2 * HUGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(p != MAP_FAILED);
	madvise(p, 2 * HUGE, MADV_HUGEPAGE);
	touch_read((char *)(((uintptr_t)p + HUGE) & ~(HUGE - 1)), 1);
}

static void off_setup(void)
{
	prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
	area = map_aligned(MADV_NOHUGEPAGE);
}

static void write_all_operate(void)
{
	touch_write(area, SIZE / PAGE);
}

static void read_all_operate(void)
{
	touch_read(area, SIZE / PAGE);
}

/* kB of huge pages in the region, from smaps. */
static long huge_kb(void)
{
	char start[32];

	read_text("/proc/self/smaps", smaps, sizeof(smaps));
	snprintf(start, sizeof(start), "%lx-", (unsigned long)(uintptr_t)area);
	char *entry = strstr(smaps, start);
	char *field = entry ? strstr(entry, "AnonHugePages:") : NULL;
	return field ? strtol(field + 14, NULL, 10) : -1;
}

static void thp_finish(void)
{
	long kb = huge_kb();

	if (kb != (long)(SIZE / 1024))
		victim_skip("memory is fragmented: %ld of %lu kB in huge pages", kb, SIZE / 1024);
}

static void zero_write_setup(void)
{
	zero_setup();
	touch_read(area, SIZE / PAGE);
}

static void hugetlb_setup(void)
{
	char text[32];

	if (!read_text(POOL "nr_hugepages", pool_before, sizeof(pool_before)))
		victim_skip("no 2 MiB hugetlb pool");
	CHECK(read_text(POOL "free_hugepages", text, sizeof(text)));
	if (atol(text) < COUNT) {
		snprintf(text, sizeof(text), "%ld", atol(pool_before) + COUNT);
		write_text(POOL "nr_hugepages", text);
	}
	area = mmap(NULL, SIZE, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
	if (area == MAP_FAILED) {
		write_text(POOL "nr_hugepages", pool_before);
		victim_skip("no hugetlb pages can be reserved");
	}
	region_add(area, SIZE);
}

static void hugetlb_operate(void)
{
	for (size_t i = 0; i < COUNT; i++)
		touch_write(area + i * HUGE, 1);
}

static void hugetlb_finish(void)
{
	munmap(area, SIZE);
	write_text(POOL "nr_hugepages", pool_before);
}

const struct truth_case cases_huge[] = {
	{.name = "thp_write", .what = "8 MiB written in 4 huge pages", .flags = CF_THP,
	 .setup = thp_setup, .operate = write_all_operate, .finish = thp_finish,
	 .total = N_ANY, .major = 0, .rows = {{.what = M(C_ANON_HUGE), .n = COUNT}}},
	{.name = "thp_off_write", .what = "8 MiB written without huge pages", .flags = CF_THP,
	 .setup = off_setup, .operate = write_all_operate, .total = SIZE / PAGE, .major = 0,
	 .rows = {{.what = M(C_ANON_WRITE), .n = SIZE / PAGE}}},
	{.name = "thp_zero_read", .what = "8 MiB read: the huge zero page 4 times",
	 .flags = CF_THP, .setup = zero_setup, .operate = read_all_operate, .total = COUNT, .major = 0,
	 .rows = {{.what = M(C_ANON_READ), .n = COUNT}}},
	/* Up to 6.12 the first write splits the huge zero page into small ones,
	 * each then copied; later kernels put a huge page in its place, which is
	 * a copy and a huge page at once. */
	{.name = "thp_zero_write", .what = "8 MiB of huge zero page written",
	 .flags = CF_THP, .setup = zero_write_setup, .operate = write_all_operate,
	 .total = N_ANY, .major = 0,
	 .rows = {{.what = M(C_COW), .n = SIZE / PAGE, .below = KV(6, 13)},
		  {.what = M(C_COW) | M(C_ANON_HUGE), .n = N_REST, .from = KV(6, 13)}}},
	{.name = "hugetlb_write", .what = "4 hugetlb pages written",
	 .setup = hugetlb_setup, .operate = hugetlb_operate, .finish = hugetlb_finish,
	 .total = COUNT, .major = 0, .rows = {{.what = M(C_HUGETLB), .n = COUNT}}},
	{.name = NULL},
};
