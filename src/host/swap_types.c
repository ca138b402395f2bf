/* SPDX-License-Identifier: GPL-2.0 */
#include "host/swap_types.h"

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#define PAGE 4096ul
#define ENTRY_SWAPPED (1ull << 62) /* Documentation/admin-guide/mm/pagemap.rst */
#define ENTRY_TYPE 31u
#define MARKER 31
#define MARKER_BEFORE_6_3 30 /* 31 was SWP_SWAPIN_ERROR */
/* Below the marker: 4 of devices, 3 of migration, 1 of poisoned memory, at most. */
#define SPECIAL_BELOW 8

static uint64_t pagemap_entry(const void *page)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	uint64_t entry = 0;

	if (fd < 0)
		return 0;
	if (pread(fd, &entry, sizeof(entry), (off_t)((uintptr_t)page / PAGE * sizeof(entry))) != sizeof(entry))
		entry = 0;
	close(fd);
	return entry;
}

/* Write protection of a page of shared memory that is not there leaves a marker. */
static uint64_t marked_entry(int fd, void *page)
{
	struct uffdio_api api = { .api = UFFD_API,
				  .features = UFFD_FEATURE_PAGEFAULT_FLAG_WP | UFFD_FEATURE_WP_HUGETLBFS_SHMEM };
	struct uffdio_register reg = { .range = { (uintptr_t)page, PAGE }, .mode = UFFDIO_REGISTER_MODE_WP };
	struct uffdio_writeprotect wp = { .range = { (uintptr_t)page, PAGE }, .mode = UFFDIO_WRITEPROTECT_MODE_WP };

	if (ioctl(fd, UFFDIO_API, &api) || ioctl(fd, UFFDIO_REGISTER, &reg) || ioctl(fd, UFFDIO_WRITEPROTECT, &wp))
		return 0;
	return pagemap_entry(page);
}

static uint32_t marker_made(void)
{
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	void *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uint64_t entry = fd >= 0 && page != MAP_FAILED ? marked_entry(fd, page) : 0;

	if (page != MAP_FAILED)
		munmap(page, PAGE);
	if (fd >= 0)
		close(fd);
	return entry & ENTRY_SWAPPED ? (uint32_t)(entry & ENTRY_TYPE) : 0;
}

static uint32_t marker_by_version(void)
{
	unsigned major, minor;
	struct utsname uts;

	if (uname(&uts) || sscanf(uts.release, "%u.%u", &major, &minor) != 2)
		return MARKER;
	return major < 6 || (major == 6 && minor < 3) ? MARKER_BEFORE_6_3 : MARKER;
}

/* Areas in use have the lowest numbers. */
uint32_t swap_areas(void)
{
	FILE *f = fopen("/proc/swaps", "re");
	uint32_t lines = 0;
	int c;

	while (f && (c = getc(f)) != EOF)
		lines += c == '\n';
	if (f)
		fclose(f);
	return lines ? lines - 1 : 0; /* a line of titles */
}

void swap_types_find(struct swap_types *out)
{
	uint32_t areas = swap_areas();

	out->marker = marker_made();
	if (!out->marker)
		out->marker = marker_by_version();
	out->special = out->marker - SPECIAL_BELOW;
	if (areas > out->special && areas < out->marker)
		out->special = areas;
}
