/* SPDX-License-Identifier: GPL-2.0 */
/* Work to be measured.  Usage: load KIND [THREADS | CMD ARGS]; each line "N" on
 * stdin makes every thread do N units and print "WALL CPU", ns per operation of
 * a thread: elapsed time, and the time that threads (and children) ran. */
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define STORM_BYTES (32ul << 20)
#define THREADS_MAX 64

struct kind {
	const char *name;
	unsigned long ops; /* in a unit */
	void (*unit)(void *own, unsigned long ops);
	unsigned vmas; /* more than a process has by itself */
};

struct worker {
	pthread_t thread;
	void *own;    /* memory to storm */
	uint64_t cpu; /* ns, of the last batch */
};

static const struct kind *kind;
static char **command;
static unsigned long units;
static pthread_barrier_t begin, end;
static struct worker workers[THREADS_MAX];

static uint64_t now(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ull + (uint64_t)ts.tv_nsec;
}

static uint64_t children_cpu(void)
{
	struct rusage r;

	getrusage(RUSAGE_CHILDREN, &r);
	return ((uint64_t)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) * 1000000 +
		(uint64_t)(r.ru_utime.tv_usec + r.ru_stime.tv_usec)) * 1000;
}

static void fail(const char *what)
{
	fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* Each page touched, of 32 MiB or (where instructions are counted, one by one) of 4, then all given back. */
static void unit_fault(void *own, unsigned long ops)
{
	volatile char *p = own;

	for (unsigned long i = 0; i < ops; i++)
		p[i * 4096] = 1;
	madvise(own, STORM_BYTES, MADV_DONTNEED);
}

static void unit_mmap(void *own, unsigned long ops)
{
	(void)own;
	for (unsigned long i = 0; i < ops; i++)
		munmap(mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 65536);
}

static void unit_brk(void *own, unsigned long ops)
{
	char *at = sbrk(0);

	(void)own;
	for (unsigned long i = 0; i < ops; i++) {
		syscall(SYS_brk, at + 65536);
		syscall(SYS_brk, at);
	}
}

static void unit_fork(void *own, unsigned long ops)
{
	(void)own;
	for (unsigned long i = 0; i < ops; i++) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(0);
		if (pid < 0 || waitpid(pid, NULL, 0) != pid)
			fail("fork");
	}
}

static void unit_getpid(void *own, unsigned long ops)
{
	(void)own;
	for (unsigned long i = 0; i < ops; i++)
		syscall(SYS_getpid);
}

/* Four slab allocations in a turn. */
static void unit_eventfd(void *own, unsigned long ops)
{
	(void)own;
	for (unsigned long i = 0; i < ops; i++)
		close(eventfd(0, 0));
}

static void unit_run(void *own, unsigned long ops)
{
	int status;

	(void)own;
	for (unsigned long i = 0; i < ops; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			dup2(2, 1); /* stdout is for figures */
			execvp(command[0], command);
			_exit(127);
		}
		if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
			fail(command[0]);
	}
}

static const struct kind kinds[] = {
	{ "fault", STORM_BYTES / 4096, unit_fault, 0 }, { "fault4m", 1024, unit_fault, 0 },
	{ "fault60k", STORM_BYTES / 4096, unit_fault, 60000 },
	{ "mmap", 1000, unit_mmap, 0 }, { "brk", 1000, unit_brk, 0 }, { "fork", 10, unit_fork, 0 },
	{ "getpid", 10000, unit_getpid, 0 }, { "eventfd", 1000, unit_eventfd, 0 }, { "run", 1, unit_run, 0 },
};

static void *work(void *arg)
{
	struct worker *w = arg;

	for (;;) {
		uint64_t t;

		pthread_barrier_wait(&begin);
		t = now(CLOCK_THREAD_CPUTIME_ID);
		for (unsigned long u = 0; u < units; u++)
			kind->unit(w->own, kind->ops);
		w->cpu = now(CLOCK_THREAD_CPUTIME_ID) - t;
		pthread_barrier_wait(&end);
	}
	return NULL;
}

static void batch(int threads)
{
	uint64_t children = children_cpu(), wall = now(CLOCK_MONOTONIC), cpu = 0;
	double ops = (double)units * (double)kind->ops;

	pthread_barrier_wait(&begin);
	pthread_barrier_wait(&end);
	wall = now(CLOCK_MONOTONIC) - wall;
	for (int i = 0; i < threads; i++)
		cpu += workers[i].cpu;
	cpu += children_cpu() - children;
	printf("%.1f %.1f\n", (double)wall / ops, (double)cpu / ops / threads);
	fflush(stdout);
}

/* Neighbours differ, or they would be one. */
static void add_vmas(unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (mmap(NULL, 4096, i & 1 ? PROT_READ : PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED)
			fail("mmap");
}

int main(int argc, char **argv)
{
	int threads = 1;
	char line[32];

	for (size_t i = 0; argc > 1 && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(argv[1], kinds[i].name))
			kind = &kinds[i];
	if (kind && kind->unit == unit_run)
		command = argv + 2;
	else if (argc > 2)
		threads = atoi(argv[2]);
	if (!kind || threads < 1 || threads > THREADS_MAX || (command && !command[0])) {
		fprintf(stderr, "usage: load fault|fault4m|fault60k|mmap|brk|fork|getpid|eventfd [THREADS] | load run CMD ARGS\n");
		return 2;
	}
	add_vmas(kind->vmas);
	pthread_barrier_init(&begin, NULL, (unsigned)threads + 1);
	pthread_barrier_init(&end, NULL, (unsigned)threads + 1);
	for (int i = 0; i < threads; i++) {
		workers[i].own = mmap(NULL, STORM_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (workers[i].own == MAP_FAILED)
			fail("mmap");
		madvise(workers[i].own, STORM_BYTES, MADV_NOHUGEPAGE);
		if (pthread_create(&workers[i].thread, NULL, work, &workers[i]))
			fail("pthread_create");
	}
	while (fgets(line, sizeof(line), stdin)) {
		units = strtoul(line, NULL, 10);
		batch(threads);
	}
	return 0;
}
