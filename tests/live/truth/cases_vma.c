/* Calls that move, split and change VMAs between the touches. */
#include "truth.h"

#include <linux/perf_event.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif

static char *target;

/* Half of the pages exist before they move. */
static void move_setup(void)
{
	area = map_region(PAGES);
	target = map_region(PAGES);
	touch_write(area, PAGES / 2);
}

static void move_operate(void)
{
	CHECK(mremap(area, PAGES * PAGE, PAGES * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, target) ==
		target);
	touch_write(target, PAGES);
}

static void keep_setup(void)
{
	area = map_region(PAGES);
	target = map_region(PAGES);
	touch_write(area, PAGES);
}

/* The pages move, the old mapping stays and is empty. */
static void keep_operate(void)
{
	if (mremap(area, PAGES * PAGE, PAGES * PAGE,
		MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP, target) != target)
		return;
	touch_write(target, PAGES);
	touch_write(area, PAGES);
}

static void grow_setup(void)
{
	area = map_region(PAGES);
	touch_write(area, PAGES / 2);
	CHECK(!munmap(area + PAGES / 2 * PAGE, PAGES / 2 * PAGE));
}

static void grow_operate(void)
{
	CHECK(mremap(area, PAGES / 2 * PAGE, PAGES * PAGE, 0) == area);
	touch_write(area, PAGES);
}

static void written_setup(void)
{
	area = map_region(PAGES);
	touch_write(area, PAGES);
}

/* Whether the second writes fault depends on the kernel. */
static void protect_operate(void)
{
	mprotect(area, PAGES * PAGE, PROT_READ);
	mprotect(area, PAGES * PAGE, PROT_READ | PROT_WRITE);
	touch_write(area, PAGES);
}

static void fresh_setup(void)
{
	area = map_region(PAGES);
}

/* 256 VMAs of one page each, every other one read-only. */
static void split_operate(void)
{
	for (size_t i = 0; i < PAGES; i += 2)
		mprotect(area + i * PAGE, PAGE, PROT_READ);
	for (size_t i = 0; i < PAGES; i += 2) {
		touch_read(area + i * PAGE, 1);
		touch_write(area + (i + 1) * PAGE, 1);
	}
}

/* One address, 32 mappings in turn, 8 pages each. */
static void remap_operate(void)
{
	for (size_t i = 0; i < 32; i++) {
		CHECK(mmap(area, 8 * PAGE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == area);
		if (i & 1)
			touch_read(area, 8);
		else
			touch_write(area, 8);
	}
}

/* The kernel's own pages in every process. */
static void vdso_setup(void)
{
	area = (char *)(uintptr_t)getauxval(AT_SYSINFO_EHDR);
	if (!area)
		victim_skip("no vdso");
}

static void vdso_operate(void)
{
	touch_read(area, 1);
}

static void perf_setup(void)
{
	struct perf_event_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.size = sizeof(attr);
	attr.type = PERF_TYPE_SOFTWARE;
	attr.config = PERF_COUNT_SW_DUMMY;
	int fd = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd < 0)
		victim_skip("perf_event_open is not permitted");
	area = mmap(NULL, 9 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (area == MAP_FAILED)
		victim_skip("cannot map a perf event");
	region_add(area, 9 * PAGE);
}

static void perf_operate(void)
{
	touch_read(area, 9);
}

const struct truth_case cases_vma[] = {
	{.name = "mremap_move", .what = "half-touched mapping moved, then touched whole",
	 .setup = move_setup, .operate = move_operate, .total = 128, .major = 0,
	 .rows = {{.what = M(C_ANON_WRITE), .n = 128}}},
	{.name = "mremap_dontunmap", .what = "pages moved away, old mapping written again",
	 .setup = keep_setup, .operate = keep_operate, .total = 256, .major = 0,
	 .rows = {{.what = M(C_ANON_WRITE), .n = 256}}},
	{.name = "mremap_grow", .what = "mapping grown in place, the new half written",
	 .setup = grow_setup, .operate = grow_operate, .total = 128, .major = 0,
	 .rows = {{.what = M(C_ANON_WRITE), .n = 128}}},
	{.name = "mprotect_cycle", .what = "written pages made read-only and writable, written",
	 .setup = written_setup, .operate = protect_operate, .total = N_ANY, .major = 0,
	 .rows = {{.what = M(C_WP_REUSE), .n = N_REST}}},
	{.name = "mprotect_split", .what = "256 one-page VMAs, 128 read, 128 written",
	 .setup = fresh_setup, .operate = split_operate, .total = 256, .major = 0,
	 .rows = {{.what = M(C_ANON_READ), .n = 128}, {.what = M(C_ANON_WRITE), .n = 128}}},
	{.name = "mmap_fixed_storm", .what = "one address mapped 32 times, 8 touches each",
	 .setup = fresh_setup, .operate = remap_operate, .total = 256, .major = 0,
	 .rows = {{.what = M(C_ANON_READ), .n = 128}, {.what = M(C_ANON_WRITE), .n = 128}}},
	{.name = "vdso", .what = "first read of the vdso: the class is not distinguished here",
	 .flags = CF_NOISY, .setup = vdso_setup, .operate = vdso_operate, .total = 1, .major = 0},
	/* Newer kernels map the pages at once: then there is no fault. */
	{.name = "device_perf", .what = "a perf event's buffer: pages from a driver's handler",
	 .setup = perf_setup, .operate = perf_operate, .total = N_ANY, .major = 0,
	 .rows = {{.what = M(C_DEVICE), .n = N_REST}}},
	{.name = NULL},
};
