/* userfaultfd: faults that a thread of the victim resolves. */
#include "truth.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define SLOW_PAGES 16

static char *source;
static int uffd = -1;
static long delay_ns;
static volatile int handler_ready, alarms;

static void page_resolve(uint64_t address, bool protected)
{
	address &= ~(PAGE - 1);
	if (protected) {
		struct uffdio_writeprotect wp = {.range = {address, PAGE}};

		ioctl(uffd, UFFDIO_WRITEPROTECT, &wp);
		return;
	}
	struct uffdio_copy copy = {.dst = address, .src = (uintptr_t)source, .len = PAGE};

	/* A fault that a signal interrupted asks again for the same page. */
	if (ioctl(uffd, UFFDIO_COPY, &copy) && errno == EEXIST) {
		struct uffdio_range range = {address, PAGE};

		ioctl(uffd, UFFDIO_WAKE, &range);
	}
}

static void *handler_main(void *argument)
{
	struct uffd_msg message;
	sigset_t all;

	(void)argument;
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	stack_warm();
	memset(&message, 0, sizeof(message));
	handler_ready = 1;
	while (read(uffd, &message, sizeof(message)) == (ssize_t)sizeof(message)) {
		if (message.event != UFFD_EVENT_PAGEFAULT)
			continue;
		if (delay_ns)
			nanosleep(&(struct timespec){delay_ns / 1000000000, delay_ns % 1000000000}, NULL);
		page_resolve(message.arg.pagefault.address,
			message.arg.pagefault.flags & UFFD_PAGEFAULT_FLAG_WP);
	}
	return NULL;
}

static void uffd_open(uint64_t features)
{
	struct uffdio_api api = {.api = UFFD_API, .features = features};

	uffd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	if (uffd < 0)
		victim_skip("userfaultfd: %s", strerror(errno));
	if (ioctl(uffd, UFFDIO_API, &api))
		victim_skip("userfaultfd lacks a feature: %s", strerror(errno));
	source = map_pages(1);
	touch_write(source, 1);
}

static void uffd_register(size_t pages, uint64_t mode)
{
	struct uffdio_register reg = {
		.range = {(uintptr_t)area, pages * PAGE}, .mode = mode,
	};

	if (ioctl(uffd, UFFDIO_REGISTER, &reg))
		victim_skip("userfaultfd cannot register: %s", strerror(errno));
}

/* Also runs its ioctl once on the part of the region that is not touched. */
static void handler_start(void)
{
	pthread_t thread;

	handler_ready = 0;
	CHECK(!pthread_create(&thread, NULL, handler_main, NULL));
	while (!handler_ready)
		usleep(1000);
	usleep(20000);
}

static void missing_setup(void)
{
	delay_ns = 0;
	uffd_open(0);
	area = map_region(PAGES);
	uffd_register(PAGES, UFFDIO_REGISTER_MODE_MISSING);
	handler_start();
}

/* The kernel may know no such protection, of pages that are there or that are not. */
static void protect_all(void)
{
	struct uffdio_writeprotect wp = {
		.range = {(uintptr_t)area, PAGES * PAGE}, .mode = UFFDIO_WRITEPROTECT_MODE_WP,
	};

	if (ioctl(uffd, UFFDIO_WRITEPROTECT, &wp))
		victim_skip("userfaultfd cannot write-protect: %s", strerror(errno));
	handler_start();
}

static void protect_setup(void)
{
	delay_ns = 0;
	uffd_open(UFFD_FEATURE_PAGEFAULT_FLAG_WP);
	area = map_region(PAGES);
	touch_write(area, PAGES);
	uffd_register(PAGES, UFFDIO_REGISTER_MODE_WP);
	protect_all();
}

/* A marker in the page table stands for the protection of a page of shared memory that is
 * not there: a write asks the handler, a read does not. */
static void marker_setup(void)
{
	int fd = memfd_create("truth", MFD_CLOEXEC);

	delay_ns = 0;
	CHECK(fd >= 0 && !ftruncate(fd, PAGES * PAGE));
	uffd_open(UFFD_FEATURE_PAGEFAULT_FLAG_WP | UFFD_FEATURE_WP_HUGETLBFS_SHMEM);
	area = map_region(PAGES);
	CHECK(mmap(area, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) == area);
	uffd_register(PAGES, UFFDIO_REGISTER_MODE_WP);
	protect_all();
}

/* The pages are there already, in another mapping of the file: no message is sent. */
static void present_setup(void)
{
	char *other;
	int fd = memfd_create("truth", MFD_CLOEXEC);

	CHECK(fd >= 0 && !ftruncate(fd, PAGES * PAGE));
	other = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(other != MAP_FAILED);
	touch_write(other, PAGES);
	uffd_open(0);
	area = map_region(PAGES);
	CHECK(mmap(area, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) == area);
	uffd_register(PAGES, UFFDIO_REGISTER_MODE_MISSING);
}

/* Longer than 32 bits of nanoseconds. */
static void slow_setup(void)
{
	uffd_open(0);
	area = map_region(1);
	uffd_register(1, UFFDIO_REGISTER_MODE_MISSING);
	delay_ns = LATENCY_MOST + 200000000;
	handler_start();
}

static void slow_operate(void)
{
	touch_write(area, 1);
}

static void on_alarm(int signal)
{
	(void)signal;
	alarms++;
}

static void signal_setup(void)
{
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_handler = on_alarm;
	CHECK(!sigaction(SIGALRM, &action, NULL));
	raise(SIGALRM);
	uffd_open(0);
	area = map_region(SLOW_PAGES);
	uffd_register(SLOW_PAGES, UFFDIO_REGISTER_MODE_MISSING);
	delay_ns = 20000000;
	handler_start();
	alarms = 0;
}

/* Every page waits 20 ms for its handler, a signal comes every 3 ms. */
static void signal_operate(void)
{
	static const struct itimerval on = {{0, 3000}, {0, 3000}}, off;

	setitimer(ITIMER_REAL, &on, NULL);
	touch_write(area, SLOW_PAGES);
	setitimer(ITIMER_REAL, &off, NULL);
	report->slot[0] = alarms;
}

static void signal_finish(void)
{
	if (report->slot[0] < SLOW_PAGES)
		victim_skip("only %ld signals came", report->slot[0]);
}

/* Minor or major is the kernel's affair: 6.1 calls a retried fault major. */
#define UFFD .total = 256, .major = N_ANY, .rows = {{.what = M(C_UFFD), .n = 256}}

const struct truth_case cases_uffd[] = {
	{.name = "uffd_missing_write", .what = "256 missing pages written, copied by a handler",
	 .setup = missing_setup, .operate = write_operate, UFFD},
	{.name = "uffd_missing_read", .what = "256 missing pages read, copied by a handler",
	 .setup = missing_setup, .operate = read_operate, UFFD},
	{.name = "uffd_marker", .what = "256 protected pages that are not there, read: no message",
	 .setup = marker_setup, .operate = read_operate, .total = 256, .major = 0,
	 .rows = {{.what = M(C_SHMEM), .n = 256}}},
	{.name = "uffd_present", .what = "256 registered pages that are there already: no message",
	 .setup = present_setup, .operate = write_operate, .total = 256, .major = 0,
	 .rows = {{.what = M(C_SHMEM), .n = 256}}},
	{.name = "uffd_protect", .what = "256 write-protected pages, freed by a handler",
	 .setup = protect_setup, .operate = write_operate, UFFD},
	{.name = "uffd_slow", .what = "a page that comes after 4.5 seconds", .setup = slow_setup,
	 .operate = slow_operate, .latency = LATENCY_MOST, .total = 1, .major = N_ANY,
	 .rows = {{.what = M(C_UFFD), .n = 1}}},
	/* A page that comes while the signal handler runs is not faulted again; one that comes
	 * between the trap and the kernel's look at the page table is there: nobody was asked. */
	{.name = "uffd_signals", .what = "slow faults interrupted by signals, counted once",
	 .flags = CF_ABANDON, .setup = signal_setup, .operate = signal_operate,
	 .finish = signal_finish, .total = N_ANY, .major = N_ANY,
	 .rows = {{.what = M(C_UFFD) | M(C_SPURIOUS), .n = N_REST}}},
	{.name = NULL},
};
