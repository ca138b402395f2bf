/* SPDX-License-Identifier: GPL-2.0 */
/* Programs of docs/tour.md: fork, file, huge.  Each prints lines "name value" and "ready", then waits for its stdin. */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE 4096ul
#define PAGES 8ul

static void wait_for_stdin(void)
{
	char byte;

	puts("ready");
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) == 1)
		;
}

static char *map(int flags, int fd)
{
	char *p = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, flags, fd, 0);

	if (p == MAP_FAILED)
		exit(1);
	return p;
}

static void say(const char *p)
{
	printf("block %lx\nrange %lx-%lx\n", (unsigned long)p, (unsigned long)p, (unsigned long)p + PAGES * PAGE);
}

/* Eight pages are written before fork(); then the parent writes three of them again: these are copied. */
static void after_fork(void)
{
	char *p = map(MAP_PRIVATE | MAP_ANONYMOUS, -1);
	int never[2];
	pid_t child;

	madvise(p, PAGES * PAGE, MADV_NOHUGEPAGE);
	memset(p, 1, PAGES * PAGE);
	if (pipe(never) || (child = fork()) < 0)
		exit(1);
	if (!child) {
		close(never[1]);
		_exit(read(never[0], p, 0) + read(never[0], p, 1) < 0);
	}
	for (size_t i = 0; i < 3; i++)
		p[i * PAGE] = 2;
	say(p);
	wait_for_stdin();
}

/* A shared mapping of a file: two pages are read, one is written. */
static void of_a_file(void)
{
	char path[] = "/var/tmp/mmtrace-tour-XXXXXX";
	int fd = mkstemp(path);
	volatile char *p;

	if (fd < 0 || ftruncate(fd, PAGES * PAGE))
		exit(1);
	madvise((void *)(p = map(MAP_SHARED, fd)), PAGES * PAGE, MADV_RANDOM);
	(void)p[0];
	(void)p[PAGE];
	p[4 * PAGE] = 1;
	say((const char *)p);
	unlink(path);
	wait_for_stdin();
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "fork"))
		after_fork();
	else if (argc == 2 && !strcmp(argv[1], "file"))
		of_a_file();
	else
		return 2;
	return 0;
}
