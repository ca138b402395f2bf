/* Maps, touches and unmaps.
 *
 * usage: map_flood quiet|flood COUNT
 * flood: as fast as it can, each time at another address, so that all are news.
 * quiet: a memfd of its own each time, "quiet-NUMBER", eight pages, and a pause after it.
 * Waits for a line; prints "done MINOR", the faults that this took. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096ul

static void flood(unsigned long i)
{
	char *at = (char *)0x100000000000ul + i % 4000000 * 2 * PAGE;

	at = mmap(at, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	if (at == MAP_FAILED)
		_exit(2);
	*at = 1;
	munmap(at, PAGE);
}

static void quiet(unsigned long i)
{
	struct timespec pause = { 0, 5000000 };
	char name[32], *at;
	int fd;

	snprintf(name, sizeof(name), "quiet-%lu", i);
	fd = memfd_create(name, 0);
	if (fd < 0 || ftruncate(fd, 8 * PAGE))
		_exit(2);
	at = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		_exit(2);
	for (int page = 0; page < 8; page++)
		at[page * PAGE] = 1;
	munmap(at, 8 * PAGE);
	close(fd);
	nanosleep(&pause, NULL);
}

static long faults(void)
{
	struct rusage now;

	getrusage(RUSAGE_SELF, &now);
	return now.ru_minflt;
}

int main(int argc, char **argv)
{
	unsigned long count = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
	long before;

	if (!count)
		return 2;
	puts("ready");
	fflush(stdout);
	if (getchar() == EOF)
		return 2;
	before = faults();
	for (unsigned long i = 0; i < count; i++)
		strcmp(argv[1], "quiet") ? flood(i) : quiet(i);
	printf("done %ld\n", faults() - before);
	return 0;
}
