/* Files: cached and cold, private and shared. */
#include "truth.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static int fd;

static void map_file(int prot, int flags)
{
	area = map_pages(PAGES);
	CHECK(mmap(area, PAGES * PAGE, prot, flags | MAP_FIXED, fd, 0) == area);
	region_add(area, PAGES * PAGE);
}

static void read_setup(void)
{
	fd = file_create(PAGES);
	map_file(PROT_READ, MAP_PRIVATE);
}

/* Cold, and without reading ahead: every page is an I/O of its own. */
static void cold(int prot, int flags)
{
	fd = file_create(PAGES);
	file_evict(fd, PAGES);
	map_file(prot, flags);
	CHECK(!madvise(area, PAGES * PAGE, MADV_RANDOM));
}

static void read_cold_setup(void)
{
	cold(PROT_READ, MAP_PRIVATE);
}

/* With reading ahead the kernel decides how many faults do I/O. */
static void read_ahead_setup(void)
{
	fd = file_create(PAGES);
	file_evict(fd, PAGES);
	map_file(PROT_READ, MAP_PRIVATE);
}

static void private_setup(void)
{
	fd = file_create(PAGES);
	map_file(PROT_READ | PROT_WRITE, MAP_PRIVATE);
}

static void private_cold_setup(void)
{
	cold(PROT_READ | PROT_WRITE, MAP_PRIVATE);
}

static void shared_setup(void)
{
	if (dir_is_memory(report->dir))
		victim_skip("%s is in memory: files there are shmem (use --dir)", report->dir);
	fd = file_create(PAGES);
	map_file(PROT_READ | PROT_WRITE, MAP_SHARED);
}

static void shared_cold_setup(void)
{
	cold(PROT_READ | PROT_WRITE, MAP_SHARED);
}

/* Written pages that msync() made clean, and so write-protected. */
static void shared_clean_setup(void)
{
	shared_setup();
	touch_write(area, PAGES);
	CHECK(!msync(area, PAGES * PAGE, MS_SYNC));
}

/* ramfs in a mount namespace of the victim: a file system without a disk. */
static void ramfs_setup(void)
{
	char dir[560];

	snprintf(dir, sizeof(dir), "%s/truth.%d.ramfs", report->dir, (int)getppid());
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		victim_skip("no mount namespace: %s", strerror(errno));
	if (mkdir(dir, 0700) && errno != EEXIST)
		victim_skip("cannot make %s: %s", dir, strerror(errno));
	if (mount("ramfs", dir, "ramfs", 0, NULL)) {
		rmdir(dir);
		victim_skip("cannot mount ramfs: %s", strerror(errno));
	}
	snprintf(report->file, sizeof(report->file), "%s/data", dir);
	fd = file_create(PAGES);
	map_file(PROT_READ | PROT_WRITE, MAP_SHARED);
}

static void ramfs_finish(void)
{
	char dir[560];

	snprintf(dir, sizeof(dir), "%s/truth.%d.ramfs", report->dir, (int)getppid());
	munmap(area, PAGES * PAGE);
	close(fd);
	umount2(dir, MNT_DETACH);
	rmdir(dir);
}

/* The page of a hole is made by the write fault. */
static void hole_setup(void)
{
	if (dir_is_memory(report->dir))
		victim_skip("%s is in memory: files there are shmem (use --dir)", report->dir);
	fd = file_create(0);
	CHECK(!ftruncate(fd, PAGES * PAGE));
	map_file(PROT_READ | PROT_WRITE, MAP_SHARED);
}

#define CACHED_READ \
	{.what = M(C_FILE_READ), .n = N_REST, .why = "in memory file systems are shmem"}

const struct truth_case cases_file[] = {
	/* A page of a file on a disk may be locked for a moment, by write-back, read-ahead or who moves
	 * it: the fault tries again, and the kernel calls that major.  How many is its affair.
	 * Fault-around maps several pages at once: the kernel says how many faults. */
	{.name = "file_read_cached", .what = "256 cached file pages read, with fault-around",
	 .setup = read_setup, .operate = read_operate, .total = N_ANY, .major = N_ANY,
	 .rows = {{.what = M(C_FILE_READ) | M(C_SHMEM), .n = N_REST}}},
	{.name = "file_read_cold", .what = "256 file pages read from disk one by one",
	 .setup = read_cold_setup, .operate = read_operate, .total = 256, .major = 256,
	 .rows = {{.what = M(C_FILE_READ), .n = 256}, PAGES_SEEN(X_NEW, 256)}},
	{.name = "file_read_ahead", .what = "256 file pages read from disk with read-ahead",
	 .setup = read_ahead_setup, .operate = read_operate, .total = N_ANY, .major = N_ANY,
	 .rows = {{.what = M(C_FILE_READ), .n = N_REST}}},
	{.name = "file_private_write", .what = "256 cached file pages copied by a write",
	 .setup = private_setup, .operate = write_operate, .total = 256, .major = N_ANY,
	 .rows = {{.what = M(C_COW), .n = 256}}},
	{.name = "file_private_write_cold", .what = "the same, from disk",
	 .setup = private_cold_setup, .operate = write_operate, .total = 256, .major = 256,
	 .rows = {{.what = M(C_COW), .n = 256}, PAGES_SEEN(X_NEW, 256)}},
	{.name = "file_private_read_write", .what = "256 cached file pages read, then copied",
	 .setup = private_setup, .operate = read_write_operate, .total = N_ANY, .major = N_ANY,
	 .rows = {{.what = M(C_COW), .n = 256},
		  {.what = M(C_FILE_READ) | M(C_SHMEM), .n = N_REST}}},
	{.name = "file_shared_write", .what = "256 shared file pages written",
	 .setup = shared_setup, .operate = write_operate, .total = 256, .major = N_ANY,
	 .rows = {{.what = M(C_MKWRITE), .n = 256}}},
	{.name = "file_shared_read_write", .what = "256 shared file pages read, then written",
	 .setup = shared_setup, .operate = read_write_operate, .total = N_ANY, .major = N_ANY,
	 .rows = {{.what = M(C_MKWRITE), .n = 256}, CACHED_READ}},
	{.name = "file_shared_write_cold", .what = "256 shared file pages written, from disk",
	 .setup = shared_cold_setup, .operate = write_operate, .total = 256, .major = 256,
	 .rows = {{.what = M(C_MKWRITE), .n = 256}, PAGES_SEEN(X_NEW, 256)}},
	{.name = "file_shared_rewrite", .what = "256 written pages, cleaned by msync, written",
	 .setup = shared_clean_setup, .operate = write_operate, .total = 256, .major = N_ANY,
	 .rows = {{.what = M(C_MKWRITE), .n = 256}}},
	{.name = "file_shared_hole", .what = "256 pages of a hole written",
	 .setup = hole_setup, .operate = write_operate, .total = 256, .major = N_ANY,
	 .rows = {{.what = M(C_MKWRITE), .n = 256}}},
	/* Its generic page_mkwrite may be absent on a kernel: then file_write. */
	{.name = "file_shared_ramfs", .what = "256 shared ramfs pages written",
	 .setup = ramfs_setup, .operate = write_operate, .finish = ramfs_finish,
	 .total = 256, .major = 0,
	 .rows = {{.what = M(C_MKWRITE) | M(C_FILE_WRITE), .n = 256}}},
	{.name = NULL},
};
