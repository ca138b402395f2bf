/* One address, two files in turn, while threads fault on it.
 *
 * usage: remap_slots [SECONDS [SLOTS [READERS [MAPPERS]]]]   (default 5 8 2 1)
 *
 * A slot is 16 pages of address space for each reader.  Mappers put file A and file B there in
 * turn (a generation): by mmap with MAP_FIXED, by munmap and mmap, by mremap
 * from elsewhere.  Readers read pages of all slots: who answers "which VMA is
 * at this address" from an earlier generation gives a fault of B to A.
 *
 * Who is right?  Every page of the files holds its letter, A or B.  A reader
 * takes RUSAGE_THREAD before and after each read: if the read made exactly
 * one fault, the letter that it read names the file whose page was mapped by
 * it.  (A fault that meets a remap under way, or a read that a remap served
 * twice, shows as 2 faults and is counted as unclear, as is a fault before a
 * read that ended in a hole.)  That holds because nobody else maps that page:
 * each reader has its own window of fault-around, 16 pages, and reads one page
 * of it.  Else a remap and the fault of another reader could come between a
 * fault and the read, which would then show the wrong letter.
 *
 * Prints "file LETTER INODE", "area START END"; after a line on stdin it runs,
 * then prints "generations N", "A N", "B N", "unclear N", "holes N" (reads that
 * got SIGSEGV), and "minor N" and "major N" by getrusage of the readers. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096ul
#define WINDOW 16ul	/* pages */
#define MAX_SLOTS 256ul
#define MAX_THREADS 16ul
#define SPAN (readers * WINDOW * PAGE)

static char *area, *stage;
static size_t slots = 8, readers = 2, mappers = 1;
static double seconds = 5;
static int files[2];
static atomic_int stop;
static atomic_long touched[2], unclear, holes, minors, majors, generations;
static __thread sigjmp_buf escape;

static int file_make(char letter)
{
	char name[] = "/tmp/mmtrace-slots-XXXXXX", page[PAGE];
	struct stat st;
	int fd = mkstemp(name);

	if (fd < 0 || fstat(fd, &st))
		return -1;
	printf("file %c %ju\n", letter, (uintmax_t)st.st_ino);
	unlink(name);
	memset(page, letter, sizeof(page));
	for (size_t i = 0; i < readers * WINDOW; i++)
		if (write(fd, page, PAGE) != (ssize_t)PAGE)
			return -1;
	return fd;
}

/* `way` chooses how the file gets there. */
static int slot_map(size_t slot, int which, unsigned way)
{
	char *at = area + slot * SPAN, *other = stage + slot * SPAN;

	if (way == 1)
		munmap(at, SPAN);
	if (way != 2)
		return mmap(at, SPAN, PROT_READ, MAP_SHARED | MAP_FIXED, files[which], 0) == at ? 0 : -1;
	if (mmap(other, SPAN, PROT_READ, MAP_SHARED | MAP_FIXED, files[which], 0) != other)
		return -1;
	return mremap(other, SPAN, SPAN, MREMAP_MAYMOVE | MREMAP_FIXED, at) == at ? 0 : -1;
}

static void on_hole(int sig)
{
	(void)sig;
	siglongjmp(escape, 1);
}

/* One read of one page, and what it cost. */
static void slot_read(size_t slot, size_t page)
{
	struct rusage before, after;
	volatile char letter = 0;
	long faults;

	getrusage(RUSAGE_THREAD, &before);
	if (sigsetjmp(escape, 1))
		atomic_fetch_add(&holes, 1);
	else
		letter = *(volatile char *)(area + slot * SPAN + page * PAGE);
	getrusage(RUSAGE_THREAD, &after);
	faults = after.ru_minflt - before.ru_minflt + after.ru_majflt - before.ru_majflt;
	if (faults == 1 && letter)
		atomic_fetch_add(&touched[letter == 'B'], 1);
	else
		atomic_fetch_add(&unclear, faults);
	atomic_fetch_add(&minors, after.ru_minflt - before.ru_minflt);
	atomic_fetch_add(&majors, after.ru_majflt - before.ru_majflt);
}

static void *reader_main(void *argument)
{
	size_t me = (uintptr_t)argument, page = me * WINDOW + me * 5 % WINDOW;
	struct rusage own;

	/* what the reading itself needs: the stack and the thread's own data */
	getrusage(RUSAGE_THREAD, &own);
	sigsetjmp(escape, 1);
	while (!atomic_load(&stop))
		for (size_t slot = 0; slot < slots; slot++)
			slot_read(slot, page);
	return NULL;
}

static void *mapper_main(void *argument)
{
	size_t me = (uintptr_t)argument;
	struct timespec start, t;
	long n = 0;

	clock_gettime(CLOCK_MONOTONIC, &start);
	do {
		/* each its own slots: a hole is filled by who made it */
		for (size_t slot = me; slot < slots; slot += mappers)
			if (slot_map(slot, (int)(((size_t)n + slot) & 1), mappers > 1 ? (unsigned)(n % 3) : 0)) {
				perror("remap_slots: mapping");
				exit(1);
			}
		n++;
		clock_gettime(CLOCK_MONOTONIC, &t);
	} while ((double)(t.tv_sec - start.tv_sec) + (double)(t.tv_nsec - start.tv_nsec) / 1e9 <
		 seconds);
	atomic_fetch_add(&generations, n);
	return NULL;
}

static int prepare(void)
{
	files[0] = file_make('A');
	files[1] = file_make('B');
	/* Aligned like the windows of fault-around, between inaccessible pages. */
	area = mmap(NULL, (slots + 2) * SPAN, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	stage = mmap(NULL, (slots + 1) * SPAN, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (files[0] < 0 || files[1] < 0 || area == MAP_FAILED || stage == MAP_FAILED)
		return -1;
	area = (char *)(((uintptr_t)area + WINDOW * PAGE) & ~(WINDOW * PAGE - 1));
	for (size_t slot = 0; slot < slots; slot++)
		if (slot_map(slot, 0, 0))
			return -1;
	signal(SIGSEGV, on_hole);
	printf("area 0x%jx 0x%jx\n", (uintmax_t)(uintptr_t)area,
	       (uintmax_t)(uintptr_t)(area + slots * SPAN));
	return 0;
}

static int threads_run(void)
{
	pthread_t threads[2 * MAX_THREADS];

	for (uintptr_t i = 0; i < readers; i++)
		if (pthread_create(&threads[i], NULL, reader_main, (void *)i))
			return -1;
	for (uintptr_t i = 0; i < mappers; i++)
		if (pthread_create(&threads[readers + i], NULL, mapper_main, (void *)i))
			return -1;
	for (size_t i = 0; i < mappers; i++)
		pthread_join(threads[readers + i], NULL);
	atomic_store(&stop, 1);
	for (size_t i = 0; i < readers; i++)
		pthread_join(threads[i], NULL);
	return 0;
}

int main(int argc, char **argv)
{
	seconds = argc > 1 ? atof(argv[1]) : seconds;
	slots = argc > 2 ? strtoul(argv[2], NULL, 0) : slots;
	readers = argc > 3 ? strtoul(argv[3], NULL, 0) : readers;
	mappers = argc > 4 ? strtoul(argv[4], NULL, 0) : mappers;
	if (!slots || slots > MAX_SLOTS || !readers || readers > MAX_THREADS || !mappers || mappers > MAX_THREADS) {
		fprintf(stderr, "remap_slots: 1 to %lu slots, 1 to %lu threads\n", MAX_SLOTS, MAX_THREADS);
		return 2;
	}
	setvbuf(stdout, NULL, _IONBF, 0);
	if (prepare()) {
		perror("remap_slots");
		return 1;
	}
	if (getchar() == EOF || threads_run())
		return 1;
	printf("generations %ld\nA %ld\nB %ld\nunclear %ld\nholes %ld\nminor %ld\nmajor %ld\n",
	       atomic_load(&generations), atomic_load(&touched[0]), atomic_load(&touched[1]), atomic_load(&unclear),
	       atomic_load(&holes), atomic_load(&minors), atomic_load(&majors));
	return 0;
}
