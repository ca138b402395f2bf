/* SPDX-License-Identifier: GPL-2.0 */
/* How many pages of which kind an address space has. */
#ifndef MMT_RSS_BPF_H
#define MMT_RSS_BPF_H

#include "percpu.bpf.h"

/* Kinds, the same on all kernels (mm_types_task.h). */
enum { RSS_FILE, RSS_ANON, RSS_SWAP, RSS_SHMEM, RSS_KINDS };

struct rss { s64 pages[RSS_KINDS]; u64 counters[RSS_KINDS]; };

static long rss_add_cpu(u32 cpu, struct rss *r)
{
	u64 offset = percpu_offset(cpu);
	s32 n;

	for (int i = 0; i < RSS_KINDS && offset; i++)
		if (!bpf_probe_read_kernel(&n, sizeof(n), (void *)(r->counters[i] + offset)))
			r->pages[i] += n;
	return 0;
}

/* From 6.2 the parts of all CPUs are summed, exact; before, as /proc/PID/statm has it. */
static __noinline int rss_read(struct mm_struct *mm, struct rss *r, u32 cpus)
{
	struct mm_struct___v61 *old = (void *)mm;

	if (!bpf_core_field_exists(mm->rss_stat[0].counters)) {
		r->pages[0] = BPF_CORE_READ(old, rss_stat.count[0].counter);
		r->pages[1] = BPF_CORE_READ(old, rss_stat.count[1].counter);
		r->pages[2] = BPF_CORE_READ(old, rss_stat.count[2].counter);
		r->pages[3] = BPF_CORE_READ(old, rss_stat.count[3].counter);
	} else {
		r->pages[0] = BPF_CORE_READ(mm, rss_stat[0].count);
		r->pages[1] = BPF_CORE_READ(mm, rss_stat[1].count);
		r->pages[2] = BPF_CORE_READ(mm, rss_stat[2].count);
		r->pages[3] = BPF_CORE_READ(mm, rss_stat[3].count);
		r->counters[0] = (u64)BPF_CORE_READ(mm, rss_stat[0].counters);
		r->counters[1] = (u64)BPF_CORE_READ(mm, rss_stat[1].counters);
		r->counters[2] = (u64)BPF_CORE_READ(mm, rss_stat[2].counters);
		r->counters[3] = (u64)BPF_CORE_READ(mm, rss_stat[3].counters);
		bpf_loop(cpus, rss_add_cpu, r, 0);
	}
	for (int i = 0; i < RSS_KINDS; i++)
		if (r->pages[i] < 0)
			r->pages[i] = 0;
	return 0;
}
#endif
