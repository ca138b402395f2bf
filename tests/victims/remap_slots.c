/* One address, two files in turn, two threads that fault on it.
 *
 * usage: remap_slots [SECONDS [SLOTS]]      (default 5 and 8)
 *
 * A slot is 16 pages of address space.  The main thread maps file A and file B
 * over each slot in turn with MAP_FIXED (a generation), while two threads read
 * pages of all slots: a cache that answers "which VMA is at this address" from
 * an earlier generation would give a fault of B to A.
 *
 * Who is right?  Every page of the files holds its letter, A or B.  A thread
 * takes RUSAGE_THREAD before and after each read: if the read made exactly
 * one fault, the letter that it read names the file whose page was mapped by
 * it.  (A fault that meets a remap under way, or a read that a remap served
 * twice, shows as 2 faults and is counted as unclear.)  MADV_RANDOM and 1-page
 * strides do not stop fault-around, so only one page of each 16-page window is
 * read: a slot is one window.
 *
 * Prints "generations N", "A N", "B N", "unclear N", where A and B are
 * first-touch faults per file, and "minor N" and "major N" by getrusage of
 * the two threads. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096ul
#define WINDOW 16ul	/* pages */
#define MAX_SLOTS 256ul

static char *area;
static size_t slots = 8;
static int files[2];
static atomic_int stop;
static atomic_long touched[2], unclear, minors, majors;

static int file_make(char letter)
{
	char name[] = "/tmp/mmtrace-slots-XXXXXX", page[PAGE];
	int fd = mkstemp(name);

	if (fd < 0)
		return -1;
	printf("file %c %s\n", letter, name);
	unlink(name);
	memset(page, letter, sizeof(page));
	for (size_t i = 0; i < WINDOW; i++)
		if (write(fd, page, PAGE) != (ssize_t)PAGE)
			return -1;
	return fd;
}

static int slot_map(size_t slot, int which)
{
	char *at = area + slot * WINDOW * PAGE;

	return mmap(at, WINDOW * PAGE, PROT_READ, MAP_SHARED | MAP_FIXED, files[which], 0) == at
		       ? 0 : -1;
}

/* One read of one page, and what it cost. */
static void slot_read(size_t slot, unsigned page)
{
	struct rusage before, after;
	char letter;
	long faults;

	getrusage(RUSAGE_THREAD, &before);
	letter = *(volatile char *)(area + (slot * WINDOW + page) * PAGE);
	getrusage(RUSAGE_THREAD, &after);
	faults = after.ru_minflt - before.ru_minflt + after.ru_majflt - before.ru_majflt;
	if (faults == 1)
		atomic_fetch_add(&touched[letter == 'B'], 1);
	else if (faults > 1)
		atomic_fetch_add(&unclear, faults);
	atomic_fetch_add(&minors, after.ru_minflt - before.ru_minflt);
	atomic_fetch_add(&majors, after.ru_majflt - before.ru_majflt);
}

static void *reader_main(void *argument)
{
	unsigned page = (unsigned)(uintptr_t)argument * (unsigned)WINDOW / 2;

	while (!atomic_load(&stop))
		for (size_t slot = 0; slot < slots; slot++)
			slot_read(slot, page);
	return NULL;
}

static long remap_for(double seconds)
{
	struct timespec start, t;
	long generations = 0;

	clock_gettime(CLOCK_MONOTONIC, &start);
	do {
		for (size_t slot = 0; slot < slots; slot++)
			if (slot_map(slot, (int)((generations + (long)slot) & 1)))
				return -1;
		generations++;
		clock_gettime(CLOCK_MONOTONIC, &t);
	} while ((double)(t.tv_sec - start.tv_sec) + (double)(t.tv_nsec - start.tv_nsec) / 1e9 <
		 seconds);
	return generations;
}

int main(int argc, char **argv)
{
	double seconds = argc > 1 ? atof(argv[1]) : 5;
	pthread_t threads[2];
	long generations;

	if (argc > 2)
		slots = strtoul(argv[2], NULL, 0);
	if (!slots || slots > MAX_SLOTS) {
		fprintf(stderr, "remap_slots: 1 to %lu slots\n", MAX_SLOTS);
		return 2;
	}
	setvbuf(stdout, NULL, _IONBF, 0);
	files[0] = file_make('A');
	files[1] = file_make('B');
	/* Aligned like the windows of fault-around, between inaccessible pages. */
	area = mmap(NULL, (slots + 2) * WINDOW * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
		    -1, 0);
	if (files[0] < 0 || files[1] < 0 || area == MAP_FAILED) {
		perror("remap_slots");
		return 1;
	}
	area = (char *)(((uintptr_t)area + WINDOW * PAGE) & ~(WINDOW * PAGE - 1));
	for (size_t slot = 0; slot < slots; slot++)
		if (slot_map(slot, 0))
			return 1;
	printf("area 0x%jx 0x%jx\n", (uintmax_t)(uintptr_t)area,
	       (uintmax_t)(uintptr_t)(area + slots * WINDOW * PAGE));
	for (uintptr_t i = 0; i < 2; i++)
		if (pthread_create(&threads[i], NULL, reader_main, (void *)i))
			return 1;
	generations = remap_for(seconds);
	atomic_store(&stop, 1);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	printf("generations %ld\nA %ld\nB %ld\nunclear %ld\nminor %ld\nmajor %ld\n", generations,
	       atomic_load(&touched[0]), atomic_load(&touched[1]), atomic_load(&unclear),
	       atomic_load(&minors), atomic_load(&majors));
	return generations < 0;
}
