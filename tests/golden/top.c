/* SPDX-License-Identifier: GPL-2.0 */
/* Two looks of top, and two OOM kills, with names of people who mean no good. */
#include "golden/top.h"

#include <string.h>

#include "view/oom.h"
#include "view/top.h"

#define HOSTILE "\x1b[2J\xe2\x80\xae\"\xff\xc3" /* 10 bytes: a control, a direction, no UTF-8 */

static void on_ended(void *ctx, const struct mmt_top_key *key)
{
	(void)ctx;
	(void)key;
}

static void meet(struct top *t, uint32_t pid, const char *comm, uint64_t minor, uint64_t rss)
{
	struct mmt_top_task task = { .key = { .tgid = pid, .start_boottime = pid * 1000ull }, .tid = pid,
				     .flags = MMT_TOP_LEADER | (rss ? MMT_TOP_MM : 0), .min_flt = minor, .maj_flt = minor / 10,
				     .rss = rss, .vsize = 2 * rss, .brk = rss / 4 };

	strncpy(task.comm, comm, sizeof(task.comm));
	top_look_task(t, &task);
}

static void row(struct top *t, uint32_t pid, const char *comm, uint64_t n, bool dead)
{
	struct mmt_top_key key = { .tgid = pid, .start_boottime = pid ? pid * 1000ull : MMT_TOP_IRQ };
	struct mmt_top_row r = { .dead = dead, .exit_min = dead ? n : 0, .alloc_count = { n, 2 * n, 3 * n },
				 .alloc_bytes = { 64 * n, 192 * n, 4096 * n }, .stall_count = { n, 1, 2 },
				 .stall_ns = { 1000000 * n, 2000000, 3000 }, .swap_ins = n / 2 };

	strncpy(r.comm, comm, sizeof(r.comm));
	top_look_row(t, &key, &r);
}

static void look(struct top *t, int n)
{
	top_look_begin(t);
	meet(t, 7, "kworker/0:1", 0, 0);
	meet(t, 100, HOSTILE "x", 1000u + 250 * (unsigned)n, (8ull << 20) + ((uint64_t)n << 16));
	meet(t, 101, "a name of 16 by.", 40, (1ull << 30) >> n);
	if (n == 0)
		meet(t, 102, "unheard", 5, 1 << 20);
	if (n)
		row(t, 100, "", 10 * (unsigned)n, false);
	for (uint32_t pid = 200; n && pid < 203; pid++)
		row(t, pid, HOSTILE, 4, true);
	row(t, 0, "", 3 * (unsigned)n, false);
	top_look_end(t, on_ended, NULL);
}

static void show_top(bool json)
{
	struct top_report r = { .out = stdout, .top = top_new(), .target = "cgroup /" HOSTILE, .kernel = "6.1.0-golden",
				.sort = TOP_MINOR, .t0_unix_ns = 1700000000000000000ull, .losses = { 3, 2 }, .bpf_misses = 1,
				.overhead = { .cpu_ns = 20000000, .map_bytes = 1 << 20 } };

	r.backends[0].hook = "top_alloc";
	r.backends[0].name = "tracepoint";
	r.unknown[TOP_SWAP_INS] = "needs \"fentry\"";
	if (json)
		top_json_start(&r);
	for (int n = 0; n < 3; n++) {
		look((struct top *)r.top, n);
		r.now_ns = (uint64_t)n * 2000000000ull;
		r.interval_ns = n < 2 ? 2000000000ull : 0;
		if (n == 1)
			(json ? top_json_tick : top_table_tick)(&r);
		top_look_shown((struct top *)r.top, n == 2);
	}
	(json ? top_json_end : top_table_end)(&r);
	top_free((struct top *)r.top);
}

static void show_ooms(bool json)
{
	struct mmt_oom o = { .time = 3500000000ull, .start_boottime = 5, .pid = 100, .uid = 1000, .by_pid = 101,
			     .oom_score_adj = -17, .anon = 20 << 20, .file = 4096, .swap = 3 << 20, .vsize = 1ull << 40,
			     .pgtables = 8192, .free = 1 << 30, .cgroup_usage = 24 << 20, .cgroup_max = 24 << 20 };

	for (size_t i = 0; i < sizeof(o.cgroup); i++) /* full to the last byte, in the middle of a character */
		o.cgroup[i] = HOSTILE[i % (sizeof(HOSTILE) - 1)];
	memcpy(o.comm, HOSTILE HOSTILE, sizeof(o.comm));
	strncpy(o.by_comm, "asker", sizeof(o.by_comm));
	(json ? oom_json : oom_text)(stdout, &o, "cgroup", 1000000000ull);
	memset(o.cgroup, 0, sizeof(o.cgroup));
	o.free = o.cgroup_usage = o.cgroup_max = MMT_OOM_UNKNOWN;
	(json ? oom_json : oom_text)(stdout, &o, NULL, 1000000000ull);
}

bool golden_top(const char *view)
{
	bool top = !strncmp(view, "top", 3), json = strstr(view, "-json");

	if (!top && strncmp(view, "oom", 3))
		return false;
	(top ? show_top : show_ooms)(json);
	return true;
}
