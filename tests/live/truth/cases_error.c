/* Faults that end in a signal: neither minor nor major. */
#include "truth.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TIMES 8

static volatile int caught;
static sigjmp_buf back;

static void on_signal(int signal)
{
	(void)signal;
	caught++;
	siglongjmp(back, 1);
}

static void handler_set(int signal)
{
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_handler = on_signal;
	CHECK(!sigaction(signal, &action, NULL));
	/* Dry run: the frame, the handler, the way back. */
	caught = 0;
	if (!sigsetjmp(back, 1))
		raise(signal);
	CHECK(caught == 1);
	caught = 0;
}

/* One page of file, TIMES pages mapped behind its end. */
static void bus_setup(void)
{
	handler_set(SIGBUS);
	int fd = file_create(1);

	area = map_pages(TIMES + 1);
	CHECK(mmap(area, (TIMES + 1) * PAGE, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0) == area);
	touch_read(area, 1);
	area += PAGE;
}

static void protection_setup(void)
{
	handler_set(SIGSEGV);
	area = map_pages(TIMES);
	touch_read(area, TIMES);
	CHECK(!mprotect(area, TIMES * PAGE, PROT_READ));
}

static void unmapped_setup(void)
{
	handler_set(SIGSEGV);
	area = map_pages(TIMES);
	CHECK(!munmap(area, TIMES * PAGE));
}

static void read_each_operate(void)
{
	for (size_t i = 0; i < TIMES; i++)
		if (!sigsetjmp(back, 1))
			touch_read(area + i * PAGE, 1);
	report->slot[0] = caught;
}

static void write_each_operate(void)
{
	for (size_t i = 0; i < TIMES; i++)
		if (!sigsetjmp(back, 1))
			touch_write(area + i * PAGE, 1);
	report->slot[0] = caught;
}

/* The kernel reads there for us: it gets the error, nobody a signal. */
static void kernel_operate(void)
{
	for (size_t i = 0; i < TIMES; i++)
		if (ioctl(0, FIONBIO, area + i * PAGE) < 0 && errno == EFAULT)
			caught++;
	report->slot[0] = caught;
}

static void queued_setup(void)
{
	handler_set(SIGSEGV);
	area = map_region(1);
}

/* Signals that the program queues for itself say whatever it likes: none is a fault. */
static void queued_operate(void)
{
	siginfo_t info;

	memset(&info, 0, sizeof(info));
	info.si_signo = SIGSEGV;
	info.si_code = SEGV_MAPERR;
	info.si_addr = area;
	for (size_t i = 0; i < TIMES; i++)
		if (!sigsetjmp(back, 1))
			syscall(SYS_rt_tgsigqueueinfo, getpid(), gettid(), SIGSEGV, &info);
	report->slot[0] = caught;
}

#define EFLAGS_AC 0x40000ul /* alignment is checked */

static void on_alignment(int signal)
{
	__builtin_ia32_writeeflags_u64(__builtin_ia32_readeflags_u64() & ~EFLAGS_AC);
	on_signal(signal);
}

static void alignment_setup(void)
{
	struct sigaction action;

	handler_set(SIGBUS);
	memset(&action, 0, sizeof(action));
	action.sa_handler = on_alignment;
	CHECK(!sigaction(SIGBUS, &action, NULL));
	area = map_region(1);
	touch_write(area, 1);
}

/* SIGBUS out of an exception, of a page that is there. */
static void alignment_operate(void)
{
	for (size_t i = 0; i < TIMES; i++) {
		if (sigsetjmp(back, 1))
			continue;
		__builtin_ia32_writeeflags_u64(__builtin_ia32_readeflags_u64() | EFLAGS_AC);
		__asm__ volatile("movl (%0), %%eax" : : "r"(area + 1) : "eax", "memory");
		__builtin_ia32_writeeflags_u64(__builtin_ia32_readeflags_u64() & ~EFLAGS_AC);
	}
	report->slot[0] = caught;
}

static void alignment_finish(void)
{
	if (!report->slot[0])
		victim_skip("this machine checks no alignment");
	CHECK(report->slot[0] == TIMES);
}

static void efault_setup(void)
{
	area = map_region(TIMES);
	CHECK(!mprotect(area, TIMES * PAGE, PROT_NONE));
	caught = 0;
}

/* The kernel's own access fails; the program's, right after it, is a fault of its own, with
 * its own class and mode. */
static void efault_operate(void)
{
	for (size_t i = 0; i < TIMES; i++) {
		CHECK(!mprotect(area, TIMES * PAGE, PROT_NONE));
		if (ioctl(0, FIONBIO, area + i * PAGE) < 0 && errno == EFAULT)
			caught++;
		CHECK(!mprotect(area, TIMES * PAGE, PROT_READ | PROT_WRITE));
		touch_write(area + i * PAGE, 1); /* the next fault of that very page */
	}
	report->slot[0] = caught;
}

static void count_finish(void)
{
	CHECK(report->slot[0] == TIMES);
}

#define ERRORS \
	.finish = count_finish, .total = 0, .major = 0, \
	.rows = {{.what = M(C_ERROR), .n = TIMES, .flags = ROW_TOTAL}}

const struct truth_case cases_error[] = {
	{.name = "sigbus", .what = "8 reads past the end of a file",
	 .setup = bus_setup, .operate = read_each_operate, ERRORS},
	{.name = "sigbus_kernel", .what = "8 system calls that read past the end of a file",
	 .setup = bus_setup, .operate = kernel_operate, .finish = count_finish, .total = 0, .major = 0,
	 .rows = {{.what = M(C_ERROR), .n = TIMES, .on = BK_FENTRY, .flags = ROW_TOTAL},
		  {.what = M(C_ERROR), .n = 0, .on = BK_TRACEPOINT,
		   .why = "ends in the exception table: no event after its beginning"}}},
	{.name = "segv_queued", .what = "8 signals that the program queued for itself",
	 .setup = queued_setup, .operate = queued_operate, .finish = count_finish, .total = 0, .major = 0,
	 .rows = {{.what = M(C_ERROR), .n = 0, .flags = ROW_TOTAL}}},
	{.name = "sigbus_alignment", .what = "8 reads that are not aligned, where that is checked: no faults",
	 .setup = alignment_setup, .operate = alignment_operate, .finish = alignment_finish, .total = 0, .major = 0,
	 .rows = {{.what = M(C_ERROR), .n = 0, .flags = ROW_TOTAL}}},
	{.name = "efault_then_write", .what = "8 pages that the kernel could not read, then written",
	 .setup = efault_setup, .operate = efault_operate, .finish = count_finish, .total = TIMES, .major = 0,
	 .rows = {{.what = M(C_ANON_WRITE), .n = TIMES}, {.what = X_KERNEL, .n = 0}}},
	{.name = "segv_protection", .what = "8 writes to read-only memory",
	 .setup = protection_setup, .operate = write_each_operate, ERRORS},
	{.name = "segv_unmapped", .what = "8 reads where nothing is mapped",
	 .setup = unmapped_setup, .operate = read_each_operate, ERRORS},
	{.name = NULL},
};
