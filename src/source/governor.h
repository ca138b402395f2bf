/* SPDX-License-Identifier: GPL-2.0 */
/* --max-overhead: keeps what tracing costs the traced programs below a share of
 * their CPU time, by counting in the kernel and then by sampling. */
#ifndef SOURCE_GOVERNOR_H
#define SOURCE_GOVERNOR_H

#include <stdbool.h>
#include <stdint.h>

struct governor {
	double limit_pct;      /* 0: no limit */
	double loss_pct;       /* of the last interval */
	unsigned level, calm;  /* level in use; intervals well below the limit */
	double untraced_ns;    /* a fault of ours before the hooks were in */
	double floor_ns;       /* what a fault costs more since, beside our programs */
	double program_ns;     /* our programs' time per fault, when it was measured last */
	uint64_t faults, own_cpu_ns, target_cpu_ns; /* totals at the last step */
};

struct governor_level { const char *name; bool aggregate; uint32_t sample; };
const struct governor_level *governor_level(const struct governor *g);

/* ns per page fault of this process, the least of some rounds. */
double governor_fault_ns(void);
/* Totals so far; true: the level has changed. */
bool governor_step(struct governor *g, uint64_t faults, uint64_t own_cpu_ns, uint64_t target_cpu_ns);
/* The level could not be put into force: it is what it was. */
void governor_refused(struct governor *g, unsigned before);

#endif
