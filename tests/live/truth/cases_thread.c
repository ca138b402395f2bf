/* Threads: the same mm, counted by thread. */
#include "truth.h"

#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#define MANY 64
#define MANY_PAGES 16ul /* one fault-around window each */

static int fd;
static int ready[2], start[2], done[2], stop[2];
static pthread_t threads[MANY];
static size_t thread_count;
static void (*thread_work)(size_t index);

/* Pipes only: their buffers are on warm stacks. */
static void *thread_main(void *argument)
{
	size_t index = (size_t)(uintptr_t)argument;
	char byte = 0;

	stack_warm();
	CHECK(write(ready[1], &byte, 1) == 1);
	CHECK(read(start[0], &byte, 1) == 1);
	thread_work(index);
	CHECK(write(done[1], &byte, 1) == 1);
	/* Threads stay until the end: what their exit touches is not counted. */
	if (read(stop[0], &byte, 1) < 0)
		return NULL;
	return NULL;
}

static void threads_start(size_t count, void (*work)(size_t))
{
	pthread_attr_t attributes;
	char byte;

	thread_count = count;
	thread_work = work;
	CHECK(!pipe(ready) && !pipe(start) && !pipe(done) && !pipe(stop));
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, 256 * 1024);
	for (size_t i = 0; i < count; i++)
		CHECK(!pthread_create(&threads[i], &attributes, thread_main,
			(void *)(uintptr_t)i));
	for (size_t i = 0; i < count; i++)
		CHECK(read(ready[0], &byte, 1) == 1);
	usleep(20000); /* all of them in read() */
}

static void threads_operate(void)
{
	char bytes[MANY] = {0};

	CHECK(write(start[1], bytes, thread_count) == (ssize_t)thread_count);
	for (size_t i = 0; i < thread_count; i++)
		CHECK(read(done[0], bytes, 1) == 1);
}

static void own_work(size_t index)
{
	touch_write(area + index * PAGES * PAGE, PAGES);
}

static void own_setup(void)
{
	area = map_region(4 * PAGES);
	threads_start(4, own_work);
}

static void same_work(size_t index)
{
	(void)index;
	touch_write(area, PAGES);
}

static void same_setup(void)
{
	area = map_region(PAGES);
	threads_start(4, same_work);
}

static void cold_work(size_t index)
{
	touch_read(area + index * MANY_PAGES * PAGE, MANY_PAGES);
}

static void cold_setup(void)
{
	size_t pages = MANY * MANY_PAGES;

	fd = file_create(pages);
	file_evict(fd, pages);
	/* Aligned like the windows of fault-around. */
	area = map_pages(pages + MANY_PAGES);
	area = (char *)(((uintptr_t)area + MANY_PAGES * PAGE - 1) & ~(MANY_PAGES * PAGE - 1));
	CHECK(mmap(area, pages * PAGE, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, 0) == area);
	CHECK(!madvise(area, pages * PAGE, MADV_RANDOM));
	region_add(area, pages * PAGE);
	threads_start(MANY, cold_work);
}

/* One thread maps and unmaps elsewhere: faults retry, VMA look-ups race. */
static void churn_work(size_t index)
{
	if (index) {
		touch_write(area + index * PAGES * PAGE, PAGES);
		return;
	}
	for (int i = 0; i < 200; i++) {
		void *p = mmap(NULL, 4 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (p != MAP_FAILED)
			munmap(p, 4 * PAGE);
	}
}

static void churn_setup(void)
{
	area = map_region(4 * PAGES);
	threads_start(4, churn_work);
}

const struct truth_case cases_thread[] = {
	{.name = "threads_4", .what = "4 threads write 256 pages each at once",
	 .setup = own_setup, .operate = threads_operate, .total = 1024, .major = 0,
	 .rows = {{.what = M(C_ANON_WRITE), .n = 1024}}},
	/* Who comes second to a page finds it done, or faults for nothing. */
	{.name = "threads_same", .what = "4 threads write the same 256 pages at once",
	 .setup = same_setup, .operate = threads_operate, .total = N_ANY, .major = 0,
	 .rows = {{.what = M(C_ANON_WRITE) | M(C_SPURIOUS), .n = N_REST}}},
	{.name = "threads_64_cold", .what = "64 threads read 16 file pages each from disk",
	 .setup = cold_setup, .operate = threads_operate, .total = 1024, .major = N_ANY,
	 .rows = {{.what = M(C_FILE_READ), .n = 1024}}},
	{.name = "threads_churn", .what = "3 threads write 256 pages each, one maps and unmaps",
	 .setup = churn_setup, .operate = threads_operate, .total = 768, .major = N_ANY,
	 .rows = {{.what = M(C_ANON_WRITE), .n = 768}}},
	{.name = NULL},
};
