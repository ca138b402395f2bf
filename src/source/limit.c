/* SPDX-License-Identifier: GPL-2.0 */
#include "source/limit.h"

#include <unistd.h>

#include "base/clock.h"
#include "host/procfs.h"

#define STATS_EVERY 8 /* intervals: the kernel's statistics cost time themselves */

void limit_before(struct limit *m, double pct)
{
	m->stats = -1;
	m->g.limit_pct = pct;
	if (pct > 0)
		m->g.untraced_ns = governor_fault_ns();
}

void limit_attached(struct limit *m)
{
	double ns = m->g.limit_pct > 0 ? governor_fault_ns() - m->g.untraced_ns : 0;

	m->g.floor_ns = ns > 0 ? ns : 0;
}

void limit_end(struct limit *m)
{
	if (m->stats >= 0)
		close(m->stats);
	m->stats = -1;
}

/* Turns statistics on for one interval in STATS_EVERY, and reads them. */
static void measure_programs(struct limit *m, struct probe *p, uint64_t faults)
{
	struct probe_cost cost;

	probe_cost(p, &cost);
	if (m->stats >= 0) {
		if (faults > m->stats_faults)
			m->g.program_ns = (double)(cost.ns - m->stats_ns) / (double)(faults - m->stats_faults);
		limit_end(m);
	} else if (m->ticks % STATS_EVERY == 0) {
		m->stats = probe_stats_on();
		m->stats_ns = cost.ns;
		m->stats_faults = faults;
	}
	m->ticks++;
}

static uint64_t target_cpu_ns(const struct session *s)
{
	uint64_t ticks = 0;

	for (const struct process *p = s->processes; p; p = p->next) {
		struct procfs_stat st;

		if (!p->dead && procfs_stat_read(p->pid, &st) == 0)
			ticks += st.cpu_ticks;
	}
	return ticks * procfs_tick_ns();
}

bool limit_tick(struct limit *m, struct probe *p, const struct session *s, uint64_t faults, uint64_t interval_ns,
		bool whole_machine)
{
	uint64_t target = whole_machine ? m->g.target_cpu_ns + interval_ns * (uint64_t)sysconf(_SC_NPROCESSORS_ONLN)
					: target_cpu_ns(s);
	const struct governor_level *level;
	unsigned before = m->g.level;

	if (target < m->g.target_cpu_ns) /* somebody has died */
		m->g.target_cpu_ns = target;
	measure_programs(m, p, faults);
	if (!governor_step(&m->g, faults, clock_own_cpu_ns(), target))
		return false;
	level = governor_level(&m->g);
	m->refused = probe_tune(p, level->aggregate, level->sample);
	if (m->refused) {
		governor_refused(&m->g, before);
		return false;
	}
	limit_attached(m);
	return true;
}
