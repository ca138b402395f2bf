/* SPDX-License-Identifier: GPL-2.0 */
/* A known number of calls on mappings, and pages that are copied.  usage: mapping_calls FILE
 * On a line on stdin: maps the 64 pages of FILE private and shared, reads all, writes the first 10; on 8 MiB of
 * anonymous memory 7 times MADV_DONTNEED, 3 times MADV_HUGEPAGE and 4 times mprotect; maps 4 MiB and unmaps
 * it 50 times, 5 times without success.  Prints "done PRIVATE SHARED AREA" and ends at the end of stdin. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE 4096ul
#define AREA (8ul << 20)
#define CHUNK (4ul << 20)

static void check(int ok, const char *what)
{
	if (!ok) {
		perror(what);
		exit(1);
	}
}

static char *map(size_t size, int flags, int fd)
{
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, fd, 0);

	check(p != MAP_FAILED, "mmap");
	return p;
}

static char *copy(int flags, int fd)
{
	volatile char *p = map(64 * PAGE, flags, fd);

	for (size_t i = 0; i < 64; i++)
		(void)p[i * PAGE];
	for (size_t i = 0; i < 10; i++)
		p[i * PAGE] = 1;
	return (char *)p;
}

int main(int argc, char **argv)
{
	int fd = argc == 2 ? open(argv[1], O_RDWR) : -1;
	char *own, *shared, *area, *chunk;

	check(fd >= 0, "usage: mapping_calls FILE");
	check(getchar() == '\n', "stdin");
	own = copy(MAP_PRIVATE, fd);
	shared = copy(MAP_SHARED, fd);
	area = map(AREA, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	for (int i = 0; i < 7; i++) {
		*(volatile char *)area = 1;
		check(!madvise(area, AREA, MADV_DONTNEED), "madvise");
	}
	for (int i = 0; i < 3; i++)
		check(!madvise(area, AREA, MADV_HUGEPAGE), "madvise");
	for (int i = 0; i < 4; i++)
		check(!mprotect(area, AREA, i % 2 ? PROT_READ | PROT_WRITE : PROT_READ), "mprotect");
	for (int i = 0; i < 50; i++) {
		chunk = map(CHUNK, MAP_SHARED | MAP_ANONYMOUS, -1);
		*(volatile char *)chunk = 1;
		check(i % 10 || munmap(chunk + 1, CHUNK), "munmap of what does not begin on a page");
		check(!munmap(chunk, CHUNK), "munmap");
	}
	printf("done %p %p %p\n", (void *)own, (void *)shared, (void *)area);
	fflush(stdout);
	while (getchar() != EOF)
		;
	return 0;
}
