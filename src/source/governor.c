/* SPDX-License-Identifier: GPL-2.0 */
#include "source/governor.h"

#include <stddef.h>
#include <sys/mman.h>

#include "base/clock.h"

#define CALM_INTERVALS 5
#define CALM_SHARE 0.25 /* a level below costs at most some four times as much */
#define ROUNDS 16
#define PAGES 256

static const struct governor_level levels[] = {
#define LEVEL(name, aggregate, sample) { name, aggregate, sample },
#include "input/levels.def"
#undef LEVEL
};
#define LEVELS (sizeof(levels) / sizeof(levels[0]))

const struct governor_level *governor_level(const struct governor *g)
{
	return &levels[g->level];
}

static double round_ns(volatile char *area)
{
	uint64_t begin = clock_monotonic_ns();

	for (unsigned i = 0; i < PAGES; i++)
		area[i * 4096] = 1;
	return (double)(clock_monotonic_ns() - begin) / PAGES;
}

double governor_fault_ns(void)
{
	char *area = mmap(NULL, PAGES * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	double best = 0;

	if (area == MAP_FAILED)
		return 0;
	madvise(area, PAGES * 4096, MADV_NOHUGEPAGE);
	for (int r = 0; r < ROUNDS; r++) {
		double ns = round_ns(area);

		if (!r || ns < best)
			best = ns;
		madvise(area, PAGES * 4096, MADV_DONTNEED);
	}
	munmap(area, PAGES * 4096);
	return best;
}

bool governor_step(struct governor *g, uint64_t faults, uint64_t own_cpu_ns, uint64_t target_cpu_ns)
{
	double spent = (double)(faults - g->faults) * (g->floor_ns + g->program_ns) + (double)(own_cpu_ns - g->own_cpu_ns);
	double target = (double)(target_cpu_ns - g->target_cpu_ns);
	unsigned before = g->level;

	g->faults = faults;
	g->own_cpu_ns = own_cpu_ns;
	g->target_cpu_ns = target_cpu_ns;
	/* /proc counts CPU time in steps of 10 ms: less says nothing */
	g->loss_pct = target >= 2e7 ? spent * 100 / target : 0;
	g->calm = g->loss_pct < g->limit_pct * CALM_SHARE ? g->calm + 1 : 0;
	if (g->loss_pct > g->limit_pct && g->level + 1 < LEVELS) {
		g->level++;
		g->calm = 0;
	} else if (g->calm >= CALM_INTERVALS && g->level > 0) {
		g->level--;
		g->calm = 0;
	}
	return g->level != before;
}

void governor_refused(struct governor *g, unsigned before)
{
	g->level = before;
	g->calm = 0;
}
