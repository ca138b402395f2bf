/* SPDX-License-Identifier: GPL-2.0 */
/* Holds kernel objects as lines on stdin ask for, each answered by one line:
 *   eventfd N | bigpipe N  open so many more and keep them
 *   churn N                open and close an eventfd so many times
 *   touch N                map and touch so many small pages
 *   leak N                 keep one more eventfd each N ms until the next line
 *   close                  give everything back */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#define FDS 100000

static int fds[FDS], fd_count;
static char *pages;
static size_t page_bytes;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void keep(int fd)
{
	if (fd < 0 || fd_count == FDS)
		die("open");
	fds[fd_count++] = fd;
}

/* 256 slots of 40 bytes: a large kmalloc (fs/pipe.c, pipe_resize_ring). */
static void keep_bigpipe(void)
{
	int two[2];

	if (pipe(two) || fcntl(two[0], F_SETPIPE_SZ, 1 << 20) < 0)
		die("big pipe");
	keep(two[0]);
	keep(two[1]);
}

static void churn(long n)
{
	while (n--) {
		int fd = eventfd(0, 0);

		if (fd < 0 || close(fd))
			die("eventfd");
	}
}

static void touch(long n)
{
	page_bytes = (size_t)n * 4096;
	pages = mmap(NULL, page_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (pages == MAP_FAILED || madvise(pages, page_bytes, MADV_NOHUGEPAGE))
		die("mmap");
	for (size_t at = 0; at < page_bytes; at += 4096)
		((volatile char *)pages)[at] = 1;
}

static void leak(int ms)
{
	struct pollfd in = { 0, POLLIN, 0 };

	while (poll(&in, 1, ms) == 0)
		keep(eventfd(0, 0));
}

static void give_back(void)
{
	while (fd_count)
		close(fds[--fd_count]);
	if (page_bytes)
		munmap(pages, page_bytes);
	page_bytes = 0;
}

int main(void)
{
	struct rlimit limit;
	char word[32];
	long n;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		die("getrlimit");
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit))
		die("setrlimit");
	setvbuf(stdin, NULL, _IONBF, 0); /* poll must see what was not read */
	setvbuf(stdout, NULL, _IOLBF, 0);
	while (scanf("%31s %ld", word, &n) == 2) {
		if (!strcmp(word, "eventfd"))
			for (long i = 0; i < n; i++)
				keep(eventfd(0, 0));
		else if (!strcmp(word, "bigpipe"))
			for (long i = 0; i < n; i++)
				keep_bigpipe();
		else if (!strcmp(word, "churn"))
			churn(n);
		else if (!strcmp(word, "touch"))
			touch(n);
		else if (!strcmp(word, "leak"))
			puts("leaking"), leak((int)n);
		else
			give_back();
		printf("%d\n", fd_count);
	}
	return 0;
}
