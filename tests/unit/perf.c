/* SPDX-License-Identifier: GPL-2.0 */
/* Faults at which the kernel skipped the program of perf events. */
#include "probe/perf.h"

#include "unit/check.h"

static void runs_that_are_missing_are_misses(void)
{
	struct perf_events e = { .counted = 100 };

	CHECK_EQ(perf_missed(&e, 97), 3);
	CHECK_EQ(perf_missed(&e, 100), 0);
	CHECK_EQ(perf_missed(&e, 101), 0); /* one ran while the events were closed */
	e.sampled = true;                  /* how many should have run is not known */
	CHECK_EQ(perf_missed(&e, 50), 0);
}

int main(void)
{
	RUN("perf", runs_that_are_missing_are_misses);
	return check_bad;
}
