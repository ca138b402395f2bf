/* Faults by get_user_pages: no exception, so tracepoints are silent. */
#include "truth.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#define MADV_POPULATE_WRITE 23
#endif

#define SILENT "get_user_pages raises no event that the tracepoint backend sees"

static int fd = -1;

static void fresh_setup(void)
{
	area = map_region(PAGES);
}

static void mlock_operate(void)
{
	CHECK(!mlock(area, PAGES * PAGE));
}

static void mlock_finish(void)
{
	munlock(area, PAGES * PAGE);
}

static void populate_operate(void)
{
	CHECK(mmap(area, PAGES * PAGE, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_POPULATE, -1, 0) == area);
}

static void populate_write_operate(void)
{
	CHECK(!madvise(area, PAGES * PAGE, MADV_POPULATE_WRITE));
}

static void populate_read_operate(void)
{
	CHECK(!madvise(area, PAGES * PAGE, MADV_POPULATE_READ));
}

static void file_setup(void)
{
	fd = file_create(PAGES);
	area = map_region(PAGES);
}

static void populate_file_operate(void)
{
	CHECK(mmap(area, PAGES * PAGE, PROT_READ, MAP_PRIVATE | MAP_FIXED | MAP_POPULATE, fd, 0) ==
		area);
}

/* Half by get_user_pages, half by touching: the residual must not take more. */
static void mixed_operate(void)
{
	CHECK(!madvise(area, PAGES / 2 * PAGE, MADV_POPULATE_WRITE));
	touch_write(area, PAGES);
}

static char buffer[PAGES * PAGE];

static ssize_t process_read(pid_t pid, uint64_t from)
{
	struct iovec local = {buffer, sizeof(buffer)};
	struct iovec remote = {(void *)(uintptr_t)from, sizeof(buffer)};

	return process_vm_readv(pid, &local, 1, &remote, 1, 0);
}

static void nothing_operate(void)
{
	getppid();
}

/* The driver, which is no target, reads the victim's untouched pages. */
static void foreign_driver(void)
{
	report->slot[0] = process_read(report->victim, report->region[0].start);
}

static void foreign_finish(void)
{
	if (report->slot[0] != (long)sizeof(buffer))
		victim_skip("process_vm_readv is not permitted");
}

/* The victim reads untouched pages of the driver. */
static void executor_setup(void)
{
	memset(buffer, 0, sizeof(buffer));
	errno = 0;
	if (process_read(getppid(), (uintptr_t)report) < 0 && errno == EPERM)
		victim_skip("process_vm_readv is not permitted");
}

static void executor_operate(void)
{
	CHECK(process_read(getppid(), report->driver_start) == (ssize_t)sizeof(buffer));
}

#define GUP_ROWS(class_id, number) \
	{.what = M(class_id), .n = (number), .on = BK_FENTRY}, \
	{.what = X_GUP, .n = (number), .on = BK_FENTRY}, \
	{.what = X_RESIDUAL, .n = (number), .on = BK_TRACEPOINT, .why = SILENT}

const struct truth_case cases_gup[] = {
	{.name = "mlock", .what = "mlock of 256 fresh pages", .setup = fresh_setup,
	 .operate = mlock_operate, .finish = mlock_finish, .total = 256, .major = 0,
	 .rows = {GUP_ROWS(C_ANON_WRITE, 256)}},
	{.name = "map_populate", .what = "MAP_POPULATE of 256 pages", .setup = fresh_setup,
	 .operate = populate_operate, .total = 256, .major = 0,
	 .rows = {GUP_ROWS(C_ANON_WRITE, 256)}},
	{.name = "populate_write", .what = "MADV_POPULATE_WRITE of 256 pages",
	 .setup = fresh_setup, .operate = populate_write_operate, .total = 256, .major = 0,
	 .rows = {GUP_ROWS(C_ANON_WRITE, 256)}},
	{.name = "populate_read", .what = "MADV_POPULATE_READ of 256 pages",
	 .setup = fresh_setup, .operate = populate_read_operate, .total = 256, .major = 0,
	 .rows = {GUP_ROWS(C_ANON_READ, 256)}},
	{.name = "populate_file", .what = "MAP_POPULATE of 256 cached file pages",
	 .setup = file_setup, .operate = populate_file_operate, .total = N_ANY, .major = N_ANY,
	 .rows = {{.what = M(C_FILE_READ) | M(C_SHMEM), .n = N_REST, .on = BK_FENTRY},
		  {.what = X_RESIDUAL, .n = N_REST, .on = BK_TRACEPOINT, .why = SILENT}}},
	{.name = "populate_and_touch", .what = "128 pages populated, then 256 touched",
	 .setup = fresh_setup, .operate = mixed_operate, .total = 256, .major = 0,
	 .rows = {{.what = M(C_ANON_WRITE), .n = 256, .on = BK_FENTRY},
		  {.what = M(C_ANON_WRITE), .n = 128, .on = BK_TRACEPOINT},
		  {.what = X_RESIDUAL, .n = 128, .on = BK_TRACEPOINT, .why = SILENT}}},
	{.name = "foreign_reader", .what = "another process reads 256 untouched pages",
	 .flags = CF_FOREIGN, .setup = fresh_setup, .operate = nothing_operate,
	 .driver = foreign_driver, .finish = foreign_finish, .total = 0, .major = 0,
	 .rows = {{.what = M(C_ANON_READ), .n = 256, .on = BK_FENTRY, .flags = ROW_REGION},
		  {.what = X_FOREIGN, .n = 256, .on = BK_FENTRY, .flags = ROW_REGION},
		  {.what = X_FOREIGN, .n = 0, .on = BK_TRACEPOINT, .why = SILENT}}},
	{.name = "foreign_executor", .what = "the victim reads 256 pages of another process",
	 .setup = executor_setup, .operate = executor_operate, .total = 256, .major = 0,
	 .rows = {GUP_ROWS(C_ANON_READ, 256)}},
	{.name = NULL},
};
