/* SPDX-License-Identifier: GPL-2.0 */
/* Threads that fault until asked to end.  usage: threads N
 * Prints `tid ...` of each, then answers `counts` with `counts MINOR...` of each
 * thread (its own getrusage), and ends at the end of input by exit_group while all
 * of them fault. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#define PAGES 64
#define THREADS_MAX 256

static volatile long counts[THREADS_MAX];
static volatile int tids[THREADS_MAX];

static void *work(void *arg)
{
	size_t me = (size_t)arg;
	char *p = mmap(NULL, PAGES * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct rusage ru;

	if (p == MAP_FAILED)
		exit(1);
	tids[me] = gettid();
	for (;;) {
		for (int i = 0; i < PAGES; i++)
			((volatile char *)p)[i * 4096] = 1;
		madvise(p, PAGES * 4096, MADV_DONTNEED);
		getrusage(RUSAGE_THREAD, &ru);
		counts[me] = ru.ru_minflt;
		if (me % 2)
			usleep(1000);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	int n = argc > 1 ? atoi(argv[1]) : 4;
	char line[64];
	pthread_t t;

	n = n < THREADS_MAX ? n : THREADS_MAX;
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (int i = 0; i < n; i++)
		if (pthread_create(&t, NULL, work, (void *)(size_t)i))
			return 1;
	for (int i = 0; i < n; i++)
		while (!counts[i])
			usleep(1000);
	printf("tid");
	for (int i = 0; i < n; i++)
		printf(" %d", tids[i]);
	putchar('\n');
	while (fgets(line, sizeof(line), stdin)) {
		printf("counts");
		for (int i = 0; i < n; i++)
			printf(" %ld", counts[i]);
		putchar('\n');
	}
	exit(0);
}
