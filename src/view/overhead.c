/* SPDX-License-Identifier: GPL-2.0 */
#include "view/overhead.h"

#include <inttypes.h>

#include "base/text.h"

void overhead_text(FILE *f, const struct overhead *o)
{
	char rss[16] = "-", maps[16], ns[16];

	if (o->rss)
		text_bytes(rss, sizeof(rss), o->rss);
	fprintf(f, "mmtrace itself: cpu %.2fs, rss %s, BPF maps %s, ", (double)o->cpu_ns / 1e9, rss,
		text_bytes(maps, sizeof(maps), o->map_bytes));
	if (o->bpf_timed)
		fprintf(f, "BPF programs ran %" PRIu64 " times, %s each\n", o->bpf_runs,
			text_ns(ns, sizeof(ns), o->bpf_runs ? o->bpf_ns / o->bpf_runs : 0));
	else
		fputs("BPF time - (kernel.bpf_stats_enabled is 0)\n", f);
}

void overhead_json(FILE *f, const struct overhead *o, const char *more)
{
	if (o->bpf_timed)
		fprintf(f, "\"overhead\":{\"bpf_runs\":%" PRIu64 ",\"bpf_ns\":%" PRIu64, o->bpf_runs, o->bpf_ns);
	else
		fputs("\"overhead\":{\"bpf_runs\":null,\"bpf_ns\":null,\"unknown\":{\"bpf_ns\":\"kernel.bpf_stats_enabled is 0\"}", f);
	fprintf(f, "%s,\"cpu_ns\":%" PRIu64 ",\"rss\":", more, o->cpu_ns);
	if (o->rss)
		fprintf(f, "%" PRIu64, o->rss);
	else
		fputs("null", f);
	fprintf(f, ",\"map_bytes\":%" PRIu64 "}", o->map_bytes);
}
