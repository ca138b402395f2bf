/* SPDX-License-Identifier: GPL-2.0 */
/* Memory of each kind, of known amounts.  Writes `NAME ADDRESS BYTES RSS` for each
 * region (RSS in pages; -1: whatever the kernel chose), then "ready"; a line on
 * stdin makes it touch more of the first one, and "ready" again.
 * usage: resident DIRECTORY [churn]
 * churn: a thread maps, touches and unmaps memory all the while, so that page tables
 * come and go. */
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE 4096ul
#define HUGE (2ul << 20)
#define TIB (1ul << 40)

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static char *map(size_t bytes, int prot, int flags, int fd)
{
	char *p = mmap(NULL, bytes, prot, flags, fd, 0);

	if (p == MAP_FAILED)
		die("mmap");
	return p;
}

/* A VMA of its own: between two of other permissions. */
static char *anon(size_t pages)
{
	char *p = map((pages + 2) * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1) + PAGE;

	if (mprotect(p, pages * PAGE, PROT_READ | PROT_WRITE))
		die("mprotect");
	madvise(p, pages * PAGE, MADV_NOHUGEPAGE); /* fails where there are none */
	return p;
}

static void touch(char *p, size_t from, size_t pages)
{
	for (size_t i = from; i < from + pages; i++)
		p[i * PAGE] = 1;
}

static void look(const volatile char *p, size_t from, size_t pages)
{
	for (size_t i = from; i < from + pages; i++)
		(void)p[i * PAGE];
}

static void say(const char *name, const char *p, size_t bytes, long rss)
{
	printf("%s %lx %lu %ld\n", name, (unsigned long)p, bytes, rss);
}

static int file(const char *directory, size_t pages)
{
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "%s/resident-XXXXXX", directory);
	fd = mkstemp(path);
	if (fd < 0 || ftruncate(fd, (off_t)(pages * PAGE)))
		die(path);
	unlink(path);
	return fd;
}

static void make_anon(void)
{
	char *p = anon(128);

	touch(p, 0, 128);
	madvise(p + 16 * PAGE, 64 * PAGE, MADV_DONTNEED);
	say("dontneed", p, 128 * PAGE, 64);
	p = anon(64);
	look(p, 0, 64);
	touch(p, 10, 3);
	say("zero", p, 64 * PAGE, 3);
	p = anon(32);
	if (mlock(p, 32 * PAGE))
		say("mlock", p, 32 * PAGE, -1);
	else
		say("mlock", p, 32 * PAGE, 32);
	p = anon(60);
	touch(p, 5, 50);
	mprotect(p, 60 * PAGE, PROT_NONE);
	say("protected", p, 60 * PAGE, 50);
	p = anon(700); /* of several tables, from the middle of one */
	touch(p, 0, 700);
	say("tables", p, 700 * PAGE, 700);
}

static void make_reserved(void)
{
	char *p = map(TIB, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);

	say("reserved", p, TIB, -1); /* it may be merged with what else no one may access */
	p = anon(TIB / PAGE);
	for (size_t i = 0; i < 16; i++)
		p[i * (TIB / 16) + 5 * PAGE] = 1;
	say("sparse", p, TIB, 16);
}

static void make_huge(void)
{
	char *p = map(6 * HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	char *first = p + (-(uintptr_t)p & (HUGE - 1));

	madvise(p, 6 * HUGE, MADV_HUGEPAGE);
	for (int i = 0; i < 3; i++)
		first[(size_t)i * HUGE] = 1;
	look(first + 3 * HUGE, 0, 1); /* the huge zero page */
	first[4 * HUGE] = 1;
	madvise(first + 4 * HUGE, 16 * PAGE, MADV_DONTNEED); /* splits it */
	say("thp", p, 6 * HUGE, -1);
	p = mmap(NULL, 2 * HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
	if (p == MAP_FAILED)
		return;
	p[HUGE] = 1;
	say("hugetlb", p, 2 * HUGE, 512);
}

static void make_files(const char *directory)
{
	char *p = map(64 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, file(directory, 64));

	touch(p, 0, 10);
	look(p, 0, 40);
	say("private", p, 64 * PAGE, -1);
	p = map(64 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file(directory, 64));
	touch(p, 0, 7);
	look(p, 0, 20);
	say("shared", p, 64 * PAGE, -1);
	p = map(256 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1);
	touch(p, 0, 100);
	say("shmem", p, 256 * PAGE, -1);
}

/* Whether there is swap: then most of it is out. */
static void make_swapped(void)
{
	char *p = anon(256);

	touch(p, 0, 256);
	madvise(p, 256 * PAGE, MADV_PAGEOUT);
	touch(p, 0, 16);
	say("pageout", p, 256 * PAGE, -1);
}

static void *churn(void *unused)
{
	(void)unused;
	for (;;) {
		char *p = anon(16 * HUGE / PAGE);

		for (size_t i = 0; i < 16 * HUGE; i += HUGE / 2)
			p[i] = 1;
		munmap(p - PAGE, 16 * HUGE + 2 * PAGE);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread;
	char *first = anon(512), line[64];

	setvbuf(stdout, NULL, _IOLBF, 0);
	touch(first, 3, 300);
	make_anon();
	make_reserved();
	make_huge();
	make_files(argv[1]);
	make_swapped();
	if (argc > 2 && pthread_create(&thread, NULL, churn, NULL))
		die("pthread_create");
	say("first", first, 512 * PAGE, 300);
	puts("ready");
	while (fgets(line, sizeof(line), stdin)) {
		touch(first, 303, 100);
		puts("ready");
	}
	return 0;
}
