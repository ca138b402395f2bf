/* Anonymous memory: first touches, the heap, the stack, pages given back. */
#include "truth.h"

#include <alloca.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static int fd;

static void fresh_setup(void)
{
	area = map_region(PAGES);
}

static void written_setup(void)
{
	area = map_region(PAGES);
	touch_write(area, PAGES);
}

static void dontneed_operate(void)
{
	madvise(area, PAGES * PAGE, MADV_DONTNEED);
	touch_write(area, PAGES);
}

static void free_operate(void)
{
	madvise(area, PAGES * PAGE, MADV_FREE);
	touch_write(area, PAGES);
}

/* The page at address 0: a number that means "none" to careless code. */
static void zero_page_setup(void)
{
	area = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	if (area == MAP_FAILED)
		victim_skip("page 0 cannot be mapped: %s", strerror(errno));
	region_add(area, PAGE);
}

static void zero_page_operate(void)
{
	char *volatile first = area;

	for (size_t i = 0; i < PAGES; i++) {
		__asm__ volatile("movb $1, (%0)" : : "r"(first) : "memory");
		madvise(area, PAGE, MADV_DONTNEED);
	}
}

/* 8 steps of 32 pages up, 128 pages down, 128 up again: 384 first writes. */
static void brk_setup(void)
{
	uintptr_t end = (uintptr_t)sbrk(0);

	CHECK(!brk((void *)((end + PAGE - 1) & ~(PAGE - 1))));
	area = sbrk(0);
	region_add(area, PAGES * PAGE);
}

static void brk_operate(void)
{
	for (size_t i = 0; i < 8; i++) {
		CHECK(!brk(area + (i + 1) * 32 * PAGE));
		touch_write(area + i * 32 * PAGE, 32);
	}
	CHECK(!brk(area + 128 * PAGE));
	CHECK(!brk(area + 256 * PAGE));
	touch_write(area + 128 * PAGE, 128);
}

/* 512 pages below the lowest stack page that exists. */
#define STACK_PAGES 512

static void stack_setup(void)
{
	static char maps[1 << 16];
	char *line;
	uint64_t start = 0;

	CHECK(read_text("/proc/self/maps", maps, sizeof(maps)));
	line = strstr(maps, "[stack]");
	CHECK(line);
	while (line > maps && line[-1] != '\n')
		line--;
	CHECK(sscanf(line, "%lx-", &start) == 1);
	area = (char *)(uintptr_t)start;
	region_add(area - STACK_PAGES * PAGE, STACK_PAGES * PAGE);
}

/* The frame ends in the middle of the last page: nothing below is touched. */
__attribute__((noinline)) static void stack_operate(void)
{
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);
	uintptr_t bottom = (uintptr_t)area - STACK_PAGES * PAGE;
	volatile char *frame = alloca(here - bottom - PAGE / 2);
	uintptr_t low = (uintptr_t)frame;

	for (uintptr_t p = (uintptr_t)area - PAGE / 4; p > low; p -= PAGE)
		frame[p - low] = 1;
	frame[0] = 1;
}

static void zero_setup(void)
{
	area = map_region(PAGES);
	fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		victim_skip("no /dev/zero");
}

static void read_syscall_operate(void)
{
	CHECK(read(fd, area, PAGES * PAGE) == (ssize_t)(PAGES * PAGE));
}

static void write_setup(void)
{
	area = map_region(PAGES);
	fd = memfd_create("truth", MFD_CLOEXEC);
	CHECK(fd >= 0);
	CHECK(!ftruncate(fd, PAGES * PAGE));
}

/* The kernel reads the buffer, with page faults disabled in between: such an
 * attempt is an exception without a fault. */
static void write_syscall_operate(void)
{
	CHECK(write(fd, area, PAGES * PAGE) == (ssize_t)(PAGES * PAGE));
}

/* The value is not what is waited for.  The kernel looks with page faults disabled first: that is
 * an exception, but no fault; then it reads as any other does. */
static void futex_operate(void)
{
	for (size_t i = 0; i < PAGES; i++)
		CHECK(syscall(SYS_futex, area + i * PAGE, FUTEX_WAIT_PRIVATE, 1, NULL, NULL, 0) < 0);
}

static void private_zero_setup(void)
{
	fd = open("/dev/zero", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		victim_skip("no /dev/zero");
	area = map_pages(PAGES);
	CHECK(mmap(area, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, fd, 0) ==
		area);
	region_add(area, PAGES * PAGE);
}

static void nothing_operate(void)
{
	getppid();
}

const struct truth_case cases_anon[] = {
	{.name = "nothing", .what = "no page touched", .setup = fresh_setup,
	 .operate = nothing_operate, .total = 0, .major = 0},
	{.name = "anon_read", .what = "first reads of 256 anonymous pages",
	 .setup = fresh_setup, .operate = read_operate, .total = 256, .major = 0,
	 .rows = {{.what = M(C_ANON_READ), .n = 256}}},
	{.name = "anon_write", .what = "first writes to 256 anonymous pages",
	 .setup = fresh_setup, .operate = write_operate, .total = 256, .major = 0,
	 .rows = {{.what = M(C_ANON_WRITE), .n = 256}}},
	{.name = "anon_read_write", .what = "256 pages read, then written (zero page copied)",
	 .setup = fresh_setup, .operate = read_write_operate, .total = 512, .major = 0,
	 .rows = {{.what = M(C_ANON_READ), .n = 256}, {.what = M(C_COW), .n = 256}}},
	{.name = "brk", .what = "heap grown, shrunk, grown again: 384 first writes",
	 .setup = brk_setup, .operate = brk_operate, .total = 384, .major = 0,
	 .rows = {{.what = M(C_ANON_WRITE), .n = 384}}},
	{.name = "stack_deep", .what = "stack grown by 512 pages",
	 .setup = stack_setup, .operate = stack_operate, .total = STACK_PAGES, .major = 0,
	 .rows = {{.what = M(C_ANON_WRITE), .n = STACK_PAGES}}},
	{.name = "dontneed_rewrite", .what = "MADV_DONTNEED, 256 pages written again",
	 .setup = written_setup, .operate = dontneed_operate, .total = 256, .major = 0,
	 .rows = {{.what = M(C_ANON_WRITE), .n = 256}}},
	{.name = "page_zero", .what = "256 first writes to the page at address 0",
	 .setup = zero_page_setup, .operate = zero_page_operate, .total = 256, .major = 0,
	 .rows = {{.what = M(C_ANON_WRITE), .n = 256}}},
	{.name = "free_rewrite", .what = "MADV_FREE, 256 pages written again (still mapped)",
	 .setup = written_setup, .operate = free_operate, .total = 0, .major = 0},
	{.name = "read_syscall", .what = "read(2) into 256 fresh pages: kernel mode",
	 .setup = zero_setup, .operate = read_syscall_operate, .total = 256, .major = 0,
	 .rows = {{.what = M(C_ANON_WRITE), .n = 256}, {.what = X_KERNEL, .n = 256}}},
	{.name = "write_syscall", .what = "write(2) from 256 fresh pages: kernel mode, read",
	 .setup = write_setup, .operate = write_syscall_operate, .total = 256, .major = 0,
	 .rows = {{.what = M(C_ANON_READ), .n = 256}, {.what = X_KERNEL, .n = 256}}},
	{.name = "futex_wait", .what = "futex(2) on 256 fresh pages: looked at without faults, then read",
	 .setup = fresh_setup, .operate = futex_operate, .total = 256, .major = 0,
	 .rows = {{.what = M(C_ANON_READ), .n = 256}, {.what = X_KERNEL, .n = 256}}},
	{.name = "dev_zero_private", .what = "/dev/zero mapped private is anonymous memory",
	 .setup = private_zero_setup, .operate = write_operate, .total = 256, .major = 0,
	 .rows = {{.what = M(C_ANON_WRITE), .n = 256}}},
	{.name = NULL},
};
