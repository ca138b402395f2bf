/* SPDX-License-Identifier: GPL-2.0 */
#include "cmd/cost.h"

#include <sys/resource.h>

#include "probe/procfs.h"

void cost_read(struct overhead *o, const struct probe_cost *bpf)
{
	struct rusage ru;

	o->bpf_timed = bpf->timed;
	o->bpf_runs = bpf->runs;
	o->bpf_ns = bpf->ns;
	o->map_bytes = bpf->map_bytes;
	if (getrusage(RUSAGE_SELF, &ru) == 0)
		o->cpu_ns = (uint64_t)(ru.ru_utime.tv_sec + ru.ru_stime.tv_sec) * 1000000000ull +
			    (uint64_t)(ru.ru_utime.tv_usec + ru.ru_stime.tv_usec) * 1000;
	o->rss = procfs_own_rss();
}
