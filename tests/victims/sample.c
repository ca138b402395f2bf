/* The demonstration program: every kind of memory at work, over and over.
 *
 * usage: sample [SECONDS]      (default 10)
 *
 * Each round, about 10 times a second, it
 *   - maps anonymous memory, reads half of it, writes all of it, unmaps it;
 *   - grows its heap by malloc (small blocks, so by brk);
 *   - forks a child that writes pages shared with the parent: copies on write;
 *   - maps a file, reads it, writes some of it privately and some of it shared. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096
#define ANON_PAGES 512
#define FILE_PAGES 256
#define COW_PAGES 128

static char initialised[16 * PAGE] = "data";
static char zeroed[16 * PAGE];
static volatile long sink;

static void read_pages(const char *p, size_t pages)
{
	for (size_t i = 0; i < pages; i++)
		sink += ((const volatile char *)p)[i * PAGE];
}

static void write_pages(char *p, size_t pages)
{
	for (size_t i = 0; i < pages; i++)
		((volatile char *)p)[i * PAGE] = (char)i;
}

static void anonymous_round(void)
{
	char *p = mmap(NULL, ANON_PAGES * PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return;
	read_pages(p, ANON_PAGES / 2);	/* the zero page */
	write_pages(p, ANON_PAGES);	/* copies of it, then fresh pages */
	munmap(p, ANON_PAGES * PAGE);
}

/* 64 blocks of 4 KiB, kept: below malloc's mmap threshold, so the heap grows. */
static void heap_round(void)
{
	static void *blocks[64];
	static int round;

	for (int i = 0; i < 64; i++) {
		if (round % 8 == 0)
			free(blocks[i]);	/* sometimes the old ones go */
		blocks[i] = malloc(PAGE);
		if (blocks[i])
			memset(blocks[i], round, PAGE);
	}
	round++;
}

static void fork_round(char *shared_since_fork)
{
	pid_t pid;

	write_pages(shared_since_fork, COW_PAGES);
	pid = fork();
	if (!pid) {
		write_pages(shared_since_fork, COW_PAGES);
		write_pages(initialised, 16);
		_exit(0);
	}
	if (pid > 0)
		waitpid(pid, NULL, 0);
}

static void file_round(int fd)
{
	char *mine, *ours;

	mine = mmap(NULL, FILE_PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	ours = mmap(NULL, FILE_PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (mine != MAP_FAILED && ours != MAP_FAILED) {
		read_pages(mine, FILE_PAGES);
		write_pages(mine, FILE_PAGES / 4);
		write_pages(ours, FILE_PAGES / 4);
	}
	if (mine != MAP_FAILED)
		munmap(mine, FILE_PAGES * PAGE);
	if (ours != MAP_FAILED)
		munmap(ours, FILE_PAGES * PAGE);
}

int main(int argc, char **argv)
{
	double seconds = argc > 1 ? atof(argv[1]) : 10;
	char name[] = "/tmp/mmtrace-sample-XXXXXX";
	int fd = mkstemp(name);
	char *cow = mmap(NULL, COW_PAGES * PAGE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct timespec start, t;
	long rounds = 0;

	if (fd < 0 || cow == MAP_FAILED || ftruncate(fd, FILE_PAGES * PAGE)) {
		perror("sample");
		return 1;
	}
	unlink(name);
	write_pages(zeroed, 16);
	clock_gettime(CLOCK_MONOTONIC, &start);
	do {
		anonymous_round();
		heap_round();
		fork_round(cow);
		file_round(fd);
		rounds++;
		nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
		clock_gettime(CLOCK_MONOTONIC, &t);
	} while ((double)(t.tv_sec - start.tv_sec) + (double)(t.tv_nsec - start.tv_nsec) / 1e9 <
		 seconds);
	printf("%ld rounds\n", rounds);
	return 0;
}
