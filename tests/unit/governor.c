/* SPDX-License-Identifier: GPL-2.0 */
/* src/source/governor.c: when --max-overhead makes tracing cheaper, and when not. */
#include "source/governor.h"

#include "unit/check.h"

#define MS 1000000ull

/* One interval: so much of a second of the targets' CPU time was spent by tracing. */
static bool interval(struct governor *g, double pct)
{
	return governor_step(g, g->faults, g->own_cpu_ns + (uint64_t)(pct * 10 * MS), g->target_cpu_ns + 1000 * MS);
}

static void costs_above_the_limit_raise_the_level(void)
{
	struct governor g = { .limit_pct = 5 };

	CHECK(!interval(&g, 4.9));
	CHECK_EQ(g.level, 0);
	CHECK(interval(&g, 5.1));
	CHECK_EQ(g.level, 1);
	CHECK(governor_level(&g)->aggregate);
	for (int i = 0; i < 100; i++)
		interval(&g, 50);
	CHECK(g.level > 1 && governor_level(&g)->sample > 1); /* the last one, and no further */
	CHECK(!interval(&g, 50));
}

/* The cost of a fault: what the hooks cost beside our programs, and these. */
static void faults_cost_what_was_measured(void)
{
	struct governor g = { .limit_pct = 5, .floor_ns = 300, .program_ns = 200 };

	governor_step(&g, 100000, 0, 1000 * MS); /* 50 ms of a second */
	CHECK(g.loss_pct > 4.99 && g.loss_pct < 5.01);
	governor_step(&g, 100000, 0, 2000 * MS);
	CHECK(g.loss_pct == 0);
	CHECK_EQ(g.level, 0);
}

static void calm_lowers_the_level_again(void)
{
	struct governor g = { .limit_pct = 8, .level = 2 };
	int i;

	for (i = 0; i < 4; i++)
		CHECK(!interval(&g, 1));
	CHECK(interval(&g, 1));
	CHECK_EQ(g.level, 1);
	/* from anew for the next one */
	for (i = 0; i < 4; i++)
		CHECK(!interval(&g, 1));
	CHECK_EQ(g.level, 1);
	/* and none of it in a row with what is not calm: the level below costs more */
	CHECK(!interval(&g, 3));
	for (i = 0; i < 4; i++)
		CHECK(!interval(&g, 1));
	CHECK(interval(&g, 1));
	CHECK_EQ(g.level, 0);
	for (i = 0; i < 20; i++)
		CHECK(!interval(&g, 0));
	CHECK_EQ(g.level, 0);
}

/* What is below what /proc counts says nothing. */
static void little_cpu_time_is_no_measure(void)
{
	struct governor g = { .limit_pct = 5 };

	CHECK(!governor_step(&g, 0, 100 * MS, 19 * MS));
	CHECK_EQ(g.level, 0);
	CHECK(governor_step(&g, 0, 200 * MS, 39 * MS));
	CHECK_EQ(g.level, 1);
}

int main(void)
{
	RUN("governor", costs_above_the_limit_raise_the_level);
	RUN("governor", faults_cost_what_was_measured);
	RUN("governor", calm_lowers_the_level_again);
	RUN("governor", little_cpu_time_is_no_measure);
	return check_bad;
}
