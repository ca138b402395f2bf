/* Reads pages of an area whose protection changes in ranges all the time: its VMAs are
 * split and merged without end, and each read of an inaccessible page is a SIGSEGV.
 *
 * usage: splits READS THREADS
 * THREADS 1: the reader itself changes the protection; 2: another thread does.
 * Prints "area START END", waits for a line, and at the end prints "page NUMBER SIGNALS"
 * for each page that had any, and "signals SUM". */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#define PAGE 4096ul
#define PAGES 223ul

static char *area;
static unsigned long signals[PAGES], sum;
static sigjmp_buf after;
static atomic_bool done;
static volatile unsigned long at; /* of the reads; no jump takes it back */

static void on_segv(int number, siginfo_t *info, void *context)
{
	uintptr_t page = ((uintptr_t)info->si_addr - (uintptr_t)area) / PAGE;

	(void)number, (void)context;
	if (page >= PAGES)
		_Exit(1);
	signals[page]++;
	siglongjmp(after, 1);
}

static uint64_t next(uint64_t *state)
{
	*state = *state * 6364136223846793005ull + 1442695040888963407ull;
	return *state >> 33;
}

static void protect(uint64_t *state)
{
	unsigned long from = next(state) % PAGES, n = 1 + next(state) % (PAGES - from);

	if (mprotect(area + from * PAGE, n * PAGE, next(state) & 1 ? PROT_NONE : PROT_READ | PROT_WRITE))
		_Exit(2);
}

static void *protector(void *unused)
{
	uint64_t state = 7;

	while (!done)
		protect(&state);
	return unused;
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_sigaction = on_segv, .sa_flags = SA_SIGINFO };
	unsigned long reads = argc > 2 ? strtoul(argv[1], NULL, 10) : 0;
	bool alone = argc > 2 && argv[2][0] == '1';
	static uint64_t state = 1;
	pthread_t other;

	area = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (!reads || area == MAP_FAILED || sigaction(SIGSEGV, &action, NULL))
		return 2;
	printf("area %lx %lx\n", (unsigned long)area, (unsigned long)area + PAGES * PAGE);
	fflush(stdout);
	if (getchar() == EOF || (!alone && pthread_create(&other, NULL, protector, NULL)))
		return 2;
	for (at = 0; at < reads; at++) {
		if (alone && at % 3 == 0)
			protect(&state);
		if (!sigsetjmp(after, 1))
			(void)*(volatile char *)(area + next(&state) % PAGES * PAGE);
	}
	done = true;
	if (!alone)
		pthread_join(other, NULL);
	for (unsigned long i = 0; i < PAGES; i++) {
		sum += signals[i];
		if (signals[i])
			printf("page %lu %lu\n", i, signals[i]);
	}
	printf("signals %lu\n", sum);
	return 0;
}
