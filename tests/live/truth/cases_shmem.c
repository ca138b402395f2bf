/* Shared memory: memfd, MAP_SHARED | MAP_ANONYMOUS, /dev/zero shared, SysV. */
#include "truth.h"

#include <fcntl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <unistd.h>

static int fd;

static void map_fd(int prot, int flags)
{
	area = map_pages(PAGES);
	CHECK(mmap(area, PAGES * PAGE, prot, flags | MAP_FIXED, fd, 0) == area);
	region_add(area, PAGES * PAGE);
}

static void memfd_make(void)
{
	fd = memfd_create("truth", MFD_CLOEXEC);
	CHECK(fd >= 0);
	CHECK(!ftruncate(fd, PAGES * PAGE));
}

static void memfd_setup(void)
{
	memfd_make();
	map_fd(PROT_READ | PROT_WRITE, MAP_SHARED);
}

/* The pages exist, only this mapping has none of them. */
static void memfd_full_setup(void)
{
	memfd_make();
	char *all = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	CHECK(all != MAP_FAILED);
	touch_write(all, PAGES);
	CHECK(!munmap(all, PAGES * PAGE));
	map_fd(PROT_READ | PROT_WRITE, MAP_SHARED);
}

static void memfd_private_setup(void)
{
	memfd_full_setup();
	CHECK(mmap(area, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, fd, 0) ==
		area);
}

static void anon_setup(void)
{
	fd = -1;
	map_fd(PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS);
}

static void zero_setup(void)
{
	fd = open("/dev/zero", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		victim_skip("no /dev/zero");
	map_fd(PROT_READ | PROT_WRITE, MAP_SHARED);
}

static void sysv_setup(void)
{
	int id = shmget(IPC_PRIVATE, PAGES * PAGE, IPC_CREAT | 0600);

	if (id < 0)
		victim_skip("no System V shared memory");
	area = shmat(id, NULL, 0);
	shmctl(id, IPC_RMID, NULL);
	CHECK(area != (void *)-1);
	region_add(area, PAGES * PAGE);
}

#define SHMEM_256(new, there) .total = 256, .major = 0, \
	.rows = {{.what = M(C_SHMEM), .n = 256}, PAGES_SEEN(X_NEW, new), PAGES_SEEN(X_THERE, there)}

const struct truth_case cases_shmem[] = {
	{.name = "memfd_write", .what = "256 fresh memfd pages written",
	 .setup = memfd_setup, .operate = write_operate, SHMEM_256(256, 0)},
	{.name = "memfd_read", .what = "256 fresh memfd pages read",
	 .setup = memfd_setup, .operate = read_operate, SHMEM_256(256, 0)},
	/* Mapped writable by the read already: the write does not fault. */
	{.name = "memfd_read_write", .what = "256 fresh memfd pages read, then written",
	 .setup = memfd_setup, .operate = read_write_operate, SHMEM_256(256, 0)},
	{.name = "memfd_read_full", .what = "256 existing memfd pages read, with fault-around",
	 .setup = memfd_full_setup, .operate = read_operate, .total = N_ANY, .major = 0,
	 .rows = {{.what = M(C_SHMEM), .n = N_REST}, PAGES_SEEN(X_NEW, 0)}},
	{.name = "memfd_write_full", .what = "256 existing memfd pages written",
	 .setup = memfd_full_setup, .operate = write_operate, SHMEM_256(0, 256)},
	{.name = "memfd_private_write", .what = "256 memfd pages copied by a private write",
	 .setup = memfd_private_setup, .operate = write_operate, .total = 256, .major = 0,
	 .rows = {{.what = M(C_COW), .n = 256}, PAGES_SEEN(X_NEW, 0), PAGES_SEEN(X_THERE, 256)}},
	{.name = "shared_anon_write", .what = "256 pages of MAP_SHARED|MAP_ANONYMOUS written",
	 .setup = anon_setup, .operate = write_operate, SHMEM_256(256, 0)},
	{.name = "shared_anon_read", .what = "256 pages of MAP_SHARED|MAP_ANONYMOUS read",
	 .setup = anon_setup, .operate = read_operate, SHMEM_256(256, 0)},
	{.name = "dev_zero_shared", .what = "256 pages of /dev/zero mapped shared, written",
	 .setup = zero_setup, .operate = write_operate, SHMEM_256(256, 0)},
	{.name = "sysv_write", .what = "256 pages of a System V segment written",
	 .setup = sysv_setup, .operate = write_operate, SHMEM_256(256, 0)},
	{.name = NULL},
};
