/* SPDX-License-Identifier: GPL-2.0 */
/* Joins the governor of --max-overhead with what it needs to know: the cost of
 * a fault, measured on ourselves and on our programs, and CPU time. */
#ifndef SOURCE_LIMIT_H
#define SOURCE_LIMIT_H

#include "model/fault/session.h"
#include "probe/probe.h"
#include "source/governor.h"

struct limit {
	struct governor g;
	unsigned ticks;
	int refused;           /* the errno by which the last change of level failed, negative, or 0 */
	int stats;             /* descriptor that keeps the kernel's statistics on, or -1 */
	uint64_t stats_faults, stats_ns; /* when they were turned on */
};

/* Before the hooks are in, and after. */
void limit_before(struct limit *m, double pct);
void limit_attached(struct limit *m);
/* After each interval; true: the level has changed and is in force. */
bool limit_tick(struct limit *m, struct probe *p, const struct session *s, uint64_t faults, uint64_t interval_ns,
		bool whole_machine);
void limit_end(struct limit *m);

#endif
