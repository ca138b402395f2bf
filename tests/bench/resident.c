/* SPDX-License-Identifier: GPL-2.0 */
/* What one reading of a process's RSS by VMA costs: page tables against smaps, in turn, on
 * the same memory; and how long an mmap+munmap of another thread of it took at worst meanwhile.
 * usage: resident [MIB [ROUNDS]]   (as root) */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "probe/probe.h"

static volatile struct { uint64_t worst; int go; } *shared;

static uint64_t clock_ns(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (uint64_t)t.tv_sec * 1000000000ull + (uint64_t)t.tv_nsec;
}

static void child(size_t bytes)
{
	char *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	madvise(p, bytes, MADV_NOHUGEPAGE);
	memset(p, 1, bytes);
	shared->go = 1;
	for (;;) {
		uint64_t wall = clock_ns(CLOCK_MONOTONIC);

		munmap(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 4096);
		wall = clock_ns(CLOCK_MONOTONIC) - wall;
		if (wall > shared->worst)
			shared->worst = wall;
		usleep(200);
	}
}

static uint64_t by_smaps(pid_t pid)
{
	uint64_t from = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	static char buffer[1 << 16];
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/smaps", pid);
	fd = open(path, O_RDONLY);
	while (read(fd, buffer, sizeof(buffer)) > 0) {}
	close(fd);
	return clock_ns(CLOCK_THREAD_CPUTIME_ID) - from;
}

static uint64_t by_tables(struct probe *p, pid_t pid, uint64_t *rss)
{
	uint64_t from = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	struct resident_vma v = { .start = 4096, .end = 1ull << 47 };

	if (probe_resident(p, pid, 0, &v, 1)) {
		fputs("page tables cannot be read\n", stderr);
		exit(1);
	}
	*rss = v.rss;
	return clock_ns(CLOCK_THREAD_CPUTIME_ID) - from;
}

static int compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

int main(int argc, char **argv)
{
	size_t mib = argc > 1 ? strtoul(argv[1], NULL, 10) : 1024;
	int rounds = argc > 2 ? atoi(argv[2]) : 15;
	uint64_t ns[2][rounds], worst[2] = { 0, 0 }, rss = 0;
	struct probe_options o = { 0 };
	struct error e = { 0 };
	struct probe *p = probe_open(&o, &e);
	pid_t pid;

	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (!p) {
		fprintf(stderr, "%s: %s\n", e.what, e.cause);
		return 1;
	}
	pid = fork();
	if (!pid)
		child(mib << 20);
	while (!shared->go)
		usleep(1000);
	by_tables(p, pid, &rss); /* loads the program */
	for (int i = 0; i < 2 * rounds; i++) {
		int which = i & 1;

		shared->worst = 0;
		ns[which][i / 2] = which ? by_smaps(pid) : by_tables(p, pid, &rss);
		usleep(1000);
		worst[which] = shared->worst > worst[which] ? shared->worst : worst[which];
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	for (int i = 0; i < 2; i++)
		qsort(ns[i], (size_t)rounds, sizeof(ns[i][0]), compare);
	printf("rss %lu MiB; ms on CPU, median: page tables %.2f, smaps %.2f, ratio %.1f; least: %.2f, %.2f, ratio %.1f; "
	       "worst mmap+munmap: %.1f ms, %.1f ms\n",
	       rss >> 20, (double)ns[0][rounds / 2] / 1e6, (double)ns[1][rounds / 2] / 1e6,
	       (double)ns[1][rounds / 2] / (double)ns[0][rounds / 2], (double)ns[0][0] / 1e6, (double)ns[1][0] / 1e6,
	       (double)ns[1][0] / (double)ns[0][0], (double)worst[0] / 1e6, (double)worst[1] / 1e6);
	probe_free(p);
	return 0;
}
