/* Swap and migration: pages that are elsewhere. */
#include "truth.h"

#include <errno.h>
#include <linux/mempolicy.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif

static uint64_t entries[PAGES];

static size_t swapped_count(void)
{
	size_t count = 0;

	CHECK(pagemap_read(area, PAGES, entries));
	for (size_t i = 0; i < PAGES; i++)
		count += !!(entries[i] & PAGEMAP_SWAPPED);
	return count;
}

/* All pages differ, so that none is stored as a page of zeros. */
static void swap_setup(void)
{
	char text[512];
	size_t count = 0;

	if (!read_text("/proc/swaps", text, sizeof(text)) || !strstr(text, "/"))
		victim_skip("no swap is on");
	area = map_region(PAGES);
	for (size_t i = 0; i < PAGES; i++)
		memset(area + i * PAGE, (int)(i % 255) + 1, PAGE);
	for (int i = 0; i < 20 && count < PAGES; i++) {
		madvise(area, PAGES * PAGE, MADV_PAGEOUT);
		count = swapped_count();
		if (count < PAGES)
			usleep(50000);
	}
	if (count < PAGES)
		victim_skip("only %zu of %lu pages went to swap", count, PAGES);
}

static void need_nodes(void)
{
	char text[64];

	if (!read_text("/sys/devices/system/node/online", text, sizeof(text)) || !text[1] ||
		text[1] == '\n')
		victim_skip("a single NUMA node: nothing to migrate to");
}

/* Pages moved to another node and back are there at once: no fault. */
static void node_setup(void)
{
	need_nodes();
	area = map_region(PAGES);
	touch_write(area, PAGES);
}

static void node_operate(void)
{
	static void *pages[PAGES];
	static int nodes[PAGES], status[PAGES];

	for (size_t i = 0; i < PAGES; i++) {
		pages[i] = area + i * PAGE;
		nodes[i] = 1;
	}
	CHECK(syscall(SYS_move_pages, 0, PAGES, pages, nodes, status, 2) >= 0);
	touch_write(area, PAGES);
}

/* NUMA balancing takes the access rights of pages away, to learn who uses them.
 * Of this process it may do so in the region only.  When, and how often, is
 * the kernel's affair.  Pages of a process with one thread are left alone where
 * they are on its node already, hence another thread. */
#define NUMA_SECONDS 30.0
static const char balancing[] = "/proc/sys/kernel/numa_balancing";

static void *hint_main(void *argument)
{
	(void)argument;
	stack_warm();
	pause();
	return NULL;
}

static void hint_setup(void)
{
	unsigned long both = 3;
	pthread_t thread;
	cpu_set_t here;

	need_nodes();
	/* On one CPU: a page found on another node is migrated, comes back without
	 * its right to be written (6.12, try_to_migrate_one) and faults once more. */
	CPU_ZERO(&here);
	CPU_SET(sched_getcpu(), &here);
	CHECK(!sched_setaffinity(0, sizeof(here), &here));
	if (access(balancing, W_OK))
		victim_skip("NUMA balancing cannot be turned on");
	area = map_region(PAGES);
	CHECK(!syscall(SYS_set_mempolicy, MPOL_BIND, &both, 8 * sizeof(both)));
	if (syscall(SYS_mbind, area, PAGES * PAGE, MPOL_BIND | MPOL_F_NUMA_BALANCING, &both,
		8 * sizeof(both), 0))
		victim_skip("no NUMA balancing of chosen memory: %s", strerror(errno));
	touch_write(area, PAGES);
	CHECK(!pthread_create(&thread, NULL, hint_main, NULL));
	usleep(50000);
	now();
}

static void hint_operate(void)
{
	struct usage usage;
	double end = now() + NUMA_SECONDS;

	write_text(balancing, "1");
	do {
		touch_write(area, PAGES);
		usage_read(&usage);
	} while (usage.minor - report->before.minor < (long)PAGES && now() < end);
	write_text(balancing, "0");
	report->slot[0] = usage.minor - report->before.minor;
}

static void hint_finish(void)
{
	CHECK(report->slot[0] >= (long)PAGES);
}

/* Compaction moves pages while they are written: who meets one waits for it.
 * How many do is chance, the kernel reports the number. */
static int compact_start[2], compact_end[2];

static void *compact_main(void *argument)
{
	char byte = 0;

	(void)argument;
	stack_warm();
	if (read(compact_start[0], &byte, 1) != 1)
		return NULL;
	for (int i = 0; i < 5; i++)
		write_text("/proc/sys/vm/compact_memory", "1");
	CHECK(write(compact_end[1], &byte, 1) == 1);
	pause();
	return NULL;
}

#define COMPACT_PAGES 4096ul

static void compact_setup(void)
{
	struct sysinfo info;
	pthread_t thread;

	sysinfo(&info);
	if ((uint64_t)info.totalram * info.mem_unit > UINT64_C(4) << 30)
		victim_skip("more than 4 GiB of memory: compaction would disturb the machine");
	if (access("/proc/sys/vm/compact_memory", W_OK))
		victim_skip("cannot compact memory");
	area = map_region(COMPACT_PAGES);
	touch_write(area, COMPACT_PAGES);
	/* Holes, so that there is something to move. */
	for (size_t i = 0; i < COMPACT_PAGES; i += 2)
		madvise(area + i * PAGE, PAGE, MADV_DONTNEED);
	for (size_t i = 0; i < COMPACT_PAGES; i += 2)
		mprotect(area + i * PAGE, PAGE, PROT_NONE);
	CHECK(!pipe(compact_start) && !pipe(compact_end));
	CHECK(!pthread_create(&thread, NULL, compact_main, NULL));
	usleep(50000);
}

static void compact_operate(void)
{
	char byte = 0;

	CHECK(write(compact_start[1], &byte, 1) == 1);
	for (int round = 0; round < 200; round++)
		for (size_t i = 1; i < COMPACT_PAGES; i += 2)
			touch_write(area + i * PAGE, 1);
	CHECK(read(compact_end[0], &byte, 1) == 1);
}

const struct truth_case cases_swap[] = {
	/* Minor from the swap cache, major from the device: the kernel says. */
	{.name = "swap_read", .what = "256 swapped pages read", .flags = CF_MOVES, .setup = swap_setup,
	 .operate = read_operate, .total = 256, .major = N_ANY,
	 .rows = {{.what = M(C_SWAP), .n = 256}}},
	{.name = "swap_write", .what = "256 swapped pages written", .flags = CF_MOVES, .setup = swap_setup,
	 .operate = write_operate, .total = 256, .major = N_ANY,
	 .rows = {{.what = M(C_SWAP), .n = 256}}},
	{.name = "swap_read_write", .what = "256 swapped pages read, then written", .flags = CF_MOVES,
	 .setup = swap_setup, .operate = read_write_operate, .total = N_ANY, .major = N_ANY,
	 .rows = {{.what = M(C_SWAP), .n = 256},
		  {.what = M(C_WP_REUSE) | M(C_COW), .n = N_REST}}},
	{.name = "migrate_node", .what = "256 pages moved to another node: no fault", .flags = CF_MOVES,
	 .setup = node_setup, .operate = node_operate, .total = 0, .major = 0},
	{.name = "numa_hint", .what = "pages whose rights NUMA balancing took away", .flags = CF_MOVES,
	 .setup = hint_setup, .operate = hint_operate, .finish = hint_finish, .total = N_ANY,
	 .major = 0, .rows = {{.what = M(C_NUMA), .n = N_REST}}},
	{.name = "migrate_compact", .what = "pages written while compaction moves them", .flags = CF_MOVES,
	 .setup = compact_setup, .operate = compact_operate, .total = N_ANY, .major = N_ANY,
	 /* Compaction moves the pages of all VMAs, the stack too.  A fault that looks
	  * while the entry is cleared and not yet a migration entry (the TLB flush
	  * lies between) finds nothing there: a first touch to any onlooker. */
	 .rows = {{.what = M(C_MIGRATION) | M(C_SPURIOUS) | M(C_ANON_WRITE) | M(C_ANON_READ) | M(C_FILE_READ) | M(C_COW),
		   .n = N_REST, .flags = ROW_TOTAL},
		  {.what = X_ANY_CLASS, .n = N_ANY, .flags = ROW_REGION}}},
	{.name = NULL},
};
