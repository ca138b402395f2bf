/* SPDX-License-Identifier: GPL-2.0 */
/* A process of some 100 VMAs that faults once every 20 us.  Prints its pid,
 * faults until a line comes, prints how many faults that were; each further
 * line "N" gets the CLOCK_MONOTONIC ns of fault N. */
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define FAULTS 200000ul
#define VMAS 90 /* and those every program has */
#define GAP_NS 20000

static uint64_t times[FAULTS];

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ull + (uint64_t)ts.tv_nsec;
}

static unsigned long drip(volatile char *p)
{
	struct pollfd in = { 0, POLLIN, 0 };
	unsigned long n = 0;

	while (n < FAULTS) {
		uint64_t next = now() + GAP_NS;

		times[n] = now();
		p[n++ * 4096] = 1;
		while (now() < next)
			;
		if (n % 64 == 0 && poll(&in, 1, 0) > 0)
			break;
	}
	return n;
}

int main(void)
{
	char *p = mmap(NULL, FAULTS * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	unsigned long n;
	char line[32];

	if (p == MAP_FAILED)
		return 1;
	madvise(p, FAULTS * 4096, MADV_NOHUGEPAGE);
	for (int i = 0; i < VMAS; i++) /* neighbours differ, or they would be one */
		if (mmap(NULL, 8192, i & 1 ? PROT_READ : PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED)
			return 1;
	for (unsigned long i = 0; i < FAULTS; i++)
		times[i] = 1; /* these pages' own faults come before */
	printf("%d\n", getpid());
	fflush(stdout);
	n = drip(p);
	if (!fgets(line, sizeof(line), stdin))
		return 1;
	printf("%lu\n", n);
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		unsigned long i = strtoul(line, NULL, 10);

		printf("%llu\n", i < n ? (unsigned long long)times[i] : 0ull);
		fflush(stdout);
	}
	return 0;
}
