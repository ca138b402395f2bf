/* SPDX-License-Identifier: GPL-2.0 */
/* Memory of each sort that a page can be, in places that it prints: "NAME ADDRESS PAGES".  Then it waits. */
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096ul
#define HUGE_PAGE (2ul << 20)
#define PAGES 8ul

static void say(const char *name, const void *at, unsigned long pages)
{
	printf("%s %lx %lu\n", name, (unsigned long)at, pages);
}

static char *map(size_t size, int prot, int flags, int fd)
{
	char *p = mmap(NULL, size, prot, flags, fd, 0);

	if (p == MAP_FAILED)
		exit(1);
	return p;
}

static char *anonymous(size_t size)
{
	char *p = map(size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	madvise(p, size, MADV_NOHUGEPAGE);
	return p;
}

static char *aligned(void)
{
	char *p = map(2 * HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	p += -(uintptr_t)p & (HUGE_PAGE - 1);
	madvise(p, HUGE_PAGE, MADV_HUGEPAGE);
	return p;
}

static void read_all(const volatile char *p, size_t size)
{
	for (size_t i = 0; i < size; i += PAGE)
		(void)p[i];
}

/* Of the program itself: that file is there. */
static void files(const char *self)
{
	int fd = open(self, O_RDONLY), shared = memfd_create("pages", 0);
	char *p;

	if (fd < 0 || shared < 0 || ftruncate(shared, PAGES * PAGE))
		exit(1);
	p = map(PAGES * PAGE, PROT_READ, MAP_PRIVATE, fd);
	read_all(p, PAGES * PAGE);
	say("file", p, PAGES);
	p = map(PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd);
	for (size_t i = 0; i < PAGES; i++)
		p[i * PAGE] = 1;
	say("copied", p, PAGES);
	p = map(PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, shared);
	memset(p, 1, PAGES * PAGE);
	say("shmem", p, PAGES);
}

static void swapped(void)
{
	char *p = anonymous(PAGES * PAGE);

	memset(p, 7, PAGES * PAGE);
	madvise(p, PAGES * PAGE, MADV_PAGEOUT);
	say("swapped", p, PAGES);
}

int main(int argc, char **argv)
{
	char *p = anonymous(PAGES * PAGE), *forked;
	int ready[2];
	char byte;
	pid_t child;

	(void)argc;
	memset(p, 1, PAGES * PAGE);
	say("anon", p, PAGES);
	p = anonymous(PAGES * PAGE);
	read_all(p, PAGES * PAGE);
	say("zero", p, PAGES);
	say("absent", anonymous(PAGES * PAGE), PAGES);
	p = anonymous(PAGES * PAGE);
	memset(p, 1, PAGES * PAGE);
	mprotect(p, PAGES * PAGE, PROT_NONE);
	say("none", p, PAGES);
	p = aligned();
	memset(p, 1, HUGE_PAGE);
	say("huge", p, HUGE_PAGE / PAGE);
	p = aligned();
	read_all(p, HUGE_PAGE);
	say("hugezero", p, HUGE_PAGE / PAGE);
	files(argv[0]);
	swapped();
	forked = anonymous(PAGES * PAGE);
	memset(forked, 1, PAGES * PAGE);
	say("forked", forked, PAGES);
	fflush(stdout);
	if (pipe(ready) || (child = fork()) < 0)
		return 1;
	if (!child) { /* shares all of it until its parent ends */
		close(ready[1]);
		(void)!read(ready[0], &byte, 1);
		_exit(0);
	}
	puts("ready");
	fflush(stdout);
	(void)!read(STDIN_FILENO, &byte, 1);
	kill(child, SIGKILL);
	return waitpid(child, NULL, 0) != child;
}
