/* Memory helpers that the cases share.  None of them allocates or prints. */
#include "truth.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/vfs.h>
#include <unistd.h>

/* Names the memory whose VMA lines are checked. */
void region_add(const void *start, size_t len)
{
	CHECK(report->region_count < MAX_REGIONS);
	report->region[report->region_count].start = (uintptr_t)start;
	report->region[report->region_count].len = len;
	report->region_count++;
}

/* Fresh private memory between two inaccessible pages, so that its VMA is its own. */
char *map_pages(size_t pages)
{
	char *p = mmap(NULL, (pages + 2) * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	CHECK(!mprotect(p + PAGE, pages * PAGE, PROT_READ | PROT_WRITE));
	madvise(p + PAGE, pages * PAGE, MADV_NOHUGEPAGE);
	return p + PAGE;
}

char *map_region(size_t pages)
{
	char *p = map_pages(pages);

	region_add(p, pages * PAGE);
	return p;
}

void touch_read(const void *start, size_t pages)
{
	const volatile char *p = start;

	for (size_t i = 0; i < pages; i++)
		(void)p[i * PAGE];
}

void touch_write(void *start, size_t pages)
{
	volatile char *p = start;

	for (size_t i = 0; i < pages; i++)
		p[i * PAGE] = (char)(i + 1);
}

char *area;

void read_operate(void)
{
	touch_read(area, PAGES);
}

void write_operate(void)
{
	touch_write(area, PAGES);
}

void read_write_operate(void)
{
	touch_read(area, PAGES);
	touch_write(area, PAGES);
}

/* Stack pages for signal frames and calls that the operation makes. */
__attribute__((noinline)) void stack_warm(void)
{
	volatile char room[24 * PAGE];

	for (size_t i = 0; i < sizeof(room); i += PAGE / 2)
		room[i] = 1;
	(void)room[0];
}

void write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, text, strlen(text)) < 0)
		errno = 0; /* the caller looks at the effect */
	close(fd);
}

bool read_text(const char *path, char *buffer, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t used = 0;
	ssize_t n;

	if (fd < 0)
		return false;
	while (used + 1 < size && (n = read(fd, buffer + used, size - 1 - used)) > 0)
		used += (size_t)n;
	buffer[used] = 0;
	close(fd);
	return true;
}

/* A file in the scratch directory, written, clean and in the page cache. */
int file_create(size_t pages)
{
	static char block[PAGE];
	int fd = open(report->file, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0)
		victim_skip("cannot create %s: %s", report->file, strerror(errno));
	memset(block, 'x', sizeof(block));
	for (size_t i = 0; i < pages; i++)
		if (write(fd, block, PAGE) != (ssize_t)PAGE)
			victim_skip("cannot fill %s: %s", report->file, strerror(errno));
	CHECK(!fsync(fd));
	return fd;
}

bool dir_is_memory(const char *dir)
{
	struct statfs fs;

	if (statfs(dir, &fs))
		return true;
	return fs.f_type == TMPFS_MAGIC || fs.f_type == RAMFS_MAGIC;
}

static size_t file_resident(int fd, size_t pages)
{
	static unsigned char vec[4096];
	size_t count = 0;
	char *p = mmap(NULL, pages * PAGE, PROT_READ, MAP_SHARED, fd, 0);

	CHECK(p != MAP_FAILED && pages <= sizeof(vec));
	CHECK(!mincore(p, pages * PAGE, vec));
	for (size_t i = 0; i < pages; i++)
		count += vec[i] & 1;
	munmap(p, pages * PAGE);
	return count;
}

/* Drops the file from the page cache, or skips the case. */
void file_evict(int fd, size_t pages)
{
	size_t left = pages;

	if (dir_is_memory(report->dir))
		victim_skip("%s is in memory: no disk to read from (use --dir)", report->dir);
	for (int i = 0; i < 20 && left; i++) {
		fsync(fd);
		posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
		left = file_resident(fd, pages);
		if (left)
			usleep(20000);
	}
	if (left)
		victim_skip("the page cache keeps %zu of %zu pages", left, pages);
}

bool pagemap_read(const void *start, size_t pages, uint64_t *entries)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	size_t size = pages * sizeof(*entries);

	if (fd < 0)
		return false;
	ssize_t n = pread(fd, entries, size, (off_t)((uintptr_t)start / PAGE * 8));
	close(fd);
	return n == (ssize_t)size;
}
