/* SPDX-License-Identifier: GPL-2.0 */
/* hist, leak, top and doctor. */
#include <string.h>

#include "golden/samples.h"

/* --- hist --- */

static void cell(struct record_writer *w, uint8_t domain, uint8_t op, uint64_t key, uint8_t bucket, uint64_t count)
{
	uint64_t size = bucket ? 3ull << bucket >> 2 : 0; /* in the middle of the bucket */
	const struct input_cell c = {
		.key = { .k = { key }, .domain = domain, .op = op, .bucket = bucket },
		.row = { count, count * size, op == MMT_OP_LATENCY || op == MMT_OP_FAILED ? 0 : count << bucket },
		.unkeyed = key == 0,
	};

	put(w, INPUT_HIST_CELLS, NULL, 0, &c, sizeof(c));
}

static void histograms(struct record_writer *w, uint64_t times)
{
	const uint64_t stalls[MMT_DOMAIN_COUNT] = { [MMT_DOMAIN_DIRECT] = 1 };

	put(w, INPUT_HIST_BEGIN, NULL, 0, NULL, 0);
	cell(w, MMT_DOMAIN_KMALLOC, MMT_OP_ALLOC, 1, 7, 1000 * times);
	cell(w, MMT_DOMAIN_KMALLOC, MMT_OP_ALLOC, 1, 9, 250 * times);
	cell(w, MMT_DOMAIN_KMALLOC, MMT_OP_ALLOC, 2, 20, 3);
	cell(w, MMT_DOMAIN_KMALLOC, MMT_OP_ALLOC, 0, 7, 5);
	cell(w, MMT_DOMAIN_KMALLOC, MMT_OP_FREE, 1, 0, 900 * times);
	cell(w, MMT_DOMAIN_KMALLOC, MMT_OP_FAILED, 2, 63, 1);
	cell(w, MMT_DOMAIN_PAGE, MMT_OP_ALLOC, 3, 13, 40 * times);
	cell(w, MMT_DOMAIN_PAGE, MMT_OP_FALLBACK, MMT_FALLBACK(1, 2), 13, 2);
	cell(w, MMT_DOMAIN_DIRECT, MMT_OP_LATENCY, 3, 20, 7 * times);
	put(w, INPUT_HIST_STALLS, NULL, 0, stalls, sizeof(stalls));
}

static void kill(struct record_writer *w)
{
	struct mmt_oom o = { .time = 3500000000ull, .start_boottime = 5, .pid = 100, .uid = 1000, .by_pid = 101,
			     .oom_score_adj = -17, .anon = 20 << 20, .file = 4096, .swap = 3 << 20, .vsize = 1ull << 40,
			     .pgtables = 8192, .free = 1 << 30, .cgroup_usage = 24 << 20, .cgroup_max = 24 << 20 };

	for (size_t i = 0; i < sizeof(o.cgroup); i++) /* full to the last byte, in the middle of a character */
		o.cgroup[i] = HOSTILE_COMM[i % (sizeof(HOSTILE_COMM) - 1)];
	memcpy(o.comm, HOSTILE_COMM, sizeof(HOSTILE_COMM) - 1);
	memcpy(o.by_comm, "asker", 5);
	put(w, INPUT_OOM, &o, sizeof(o), NULL, 0);
	memset(o.cgroup, 0, sizeof(o.cgroup));
	o.time++;
	o.free = o.cgroup_usage = o.cgroup_max = MMT_OOM_UNKNOWN;
	put(w, INPUT_OOM, &o, sizeof(o), NULL, 0);
}

void sample_hist(struct record_writer *w)
{
	static const char function[] = "evil\033[2J\n\"fn\0mod,ule";
	const uint64_t losses[MMT_HIST_LOSS_COUNT] = { [MMT_HIST_LOSS_UNPAIRED] = 2 };
	char by[8];

	snprintf(by, sizeof(by), "%d", MMT_KEY_SITE);
	put_fact(w, "option", "by_0", by);
	put_fact(w, "backend", "kmalloc", "tracepoint");
	put_fact(w, "backend", "page", "tracepoint");
	put_fact(w, "unknown", "page", "no \"bulk\"");
	put_start(w, "hist");
	put_name(w, INPUT_NAME_SYMBOL, 1, 16, function, sizeof(function));
	put_name(w, INPUT_NAME_OOM, 3500000000ull, 0, "c\033[2J", 6);
	histograms(w, 1);
	put_tick(w, 1, false);
	kill(w);
	histograms(w, 2);
	put_tick(w, 2, false);
	put_losses(w, losses, MMT_HIST_LOSS_COUNT);
	put_tick(w, 3, true);
}

/* --- leak --- */

static void site(struct record_writer *w, uint32_t number, enum mmt_leak_domain domain, const char *cache,
		 uint32_t frames)
{
	struct input_site s = { .site = { .key = { .site = 0x1000ull * number, .what = 128, .domain = domain, .stack = -1 },
					  .bytes = 128, .ready = 1 },
				.caller = 0x1000ull * number, .number = number, .frame_count = frames, .frames = { 0x1000, 0x2000 } };

	memcpy(s.site.cache, cache, strnlen(cache, sizeof(s.site.cache)));
	put(w, INPUT_LEAK_SITE, &s, sizeof(s), NULL, 0);
}

static void table(struct record_writer *w, uint64_t seconds)
{
	const struct input_moment moment = { 1000000000ull * (1 + seconds) };
	const struct input_site_count counts[] = {
		{ { 100 * seconds, 40 * seconds, 1 }, 1, 0 }, { { 3, 1, 0 }, 2, 0 }, { { 1, 0, 0 }, 77, 0 },
	};
	struct input_object objects[300];

	put(w, INPUT_LEAK_COUNTS, &moment, sizeof(moment), counts, sizeof(counts));
	for (uint32_t i = 0; i < 300; i++)
		objects[i] = (struct input_object){ .age_ns = 7000000ull * i * seconds, .number = i % 50 ? 1 : 2 };
	put(w, INPUT_LEAK_WALK, NULL, 0, NULL, 0);
	put(w, INPUT_LEAK_OBJECTS, NULL, 0, objects, sizeof(objects));
	put(w, INPUT_LEAK_WALKED, NULL, 0, NULL, 0);
}

void sample_leak(struct record_writer *w)
{
	static const char one[] = "leaky\0", two[] = "evil\033[2J\n\"fn\0mod,ule";
	const uint64_t losses[MMT_LEAK_LOSSES] = { 3 };

	put_fact(w, "option", "entries", "1000");
	put_start(w, "leak");
	put_name(w, INPUT_NAME_SYMBOL, 0x1000, 16, one, sizeof(one));
	put_name(w, INPUT_NAME_SYMBOL, 0x2000, 32, two, sizeof(two));
	site(w, 1, MMT_LEAK_KMALLOC, "", 2);
	site(w, 2, MMT_LEAK_SLAB, HOSTILE_COMM "0123456789012345678901234567890123456789", 0);
	for (uint64_t s = 1; s < 6; s++) {
		table(w, s);
		put_tick(w, s, false);
	}
	put_losses(w, losses, MMT_LEAK_LOSSES);
	table(w, 7);
	put_tick(w, 7, true);
}

/* --- top --- */

static void task(struct record_writer *w, uint32_t pid, const char *comm, uint64_t minor, uint64_t rss)
{
	struct mmt_top_task t = { .key = { .tgid = pid, .start_boottime = pid * 1000ull }, .tid = pid,
				  .flags = MMT_TOP_LEADER | (rss ? MMT_TOP_MM : 0), .min_flt = minor, .maj_flt = minor / 10,
				  .rss = rss, .vsize = 2 * rss, .brk = rss / 4 };

	memcpy(t.comm, comm, strnlen(comm, sizeof(t.comm)));
	put(w, INPUT_TOP_TASKS, NULL, 0, &t, sizeof(t));
}

static void row(struct record_writer *w, uint32_t pid, const char *comm, uint64_t n, bool dead)
{
	struct input_top_row r = {
		.key = { .tgid = pid, .start_boottime = pid ? pid * 1000ull : MMT_TOP_IRQ },
		.row = { .dead = dead, .exit_min = dead ? n : 0, .alloc_count = { n, 2 * n, 3 * n },
			 .alloc_bytes = { 64 * n, 192 * n, 4096 * n }, .stall_count = { n, 1, 2 },
			 .stall_ns = { 1000000 * n, 2000000, 3000 }, .swap_ins = n / 2 },
	};

	memcpy(r.row.comm, comm, strnlen(comm, sizeof(r.row.comm)));
	put(w, INPUT_TOP_ROWS, NULL, 0, &r, sizeof(r));
}

static void look(struct record_writer *w, uint64_t n)
{
	const struct input_process group = { .start_boottime = 100000, .pid = 100 };

	put(w, INPUT_TOP_BEGIN, NULL, 0, NULL, 0);
	task(w, 7, "kworker/0:1", 0, 0);
	task(w, 100, HOSTILE_COMM "x", 1000 + 250 * n, (8ull << 20) + (n << 16));
	task(w, 101, "a name of 16 by.", 40, (1ull << 30) >> n);
	if (n == 0)
		task(w, 102, "unheard", 5, 1 << 20);
	if (n)
		row(w, 100, "", 10 * n, false);
	for (uint32_t pid = 200; n && pid < 203; pid++)
		row(w, pid, HOSTILE_COMM, 4, true);
	row(w, 0, "", 3 * n, false);
	put(w, INPUT_TOP_END, NULL, 0, NULL, 0);
	put(w, INPUT_CGROUP, &group, sizeof(group), HOSTILE_PATH, sizeof(HOSTILE_PATH));
}

void sample_top(struct record_writer *w)
{
	const uint64_t losses[MMT_TOP_LOSSES] = { 3, 2 };

	put_fact(w, "backend", "top_alloc", "tracepoint");
	put_fact(w, "unknown", "swap_ins", "needs \"fentry\"" HOSTILE_COMM);
	put_fact(w, "unknown", HOSTILE_COMM, "refused: no plain key");
	put_start(w, "top");
	for (uint64_t n = 0; n < 3; n++) {
		look(w, n);
		if (n == 2)
			put_losses(w, losses, MMT_TOP_LOSSES);
		put_tick(w, 2 * n, n == 2);
	}
}

/* --- doctor --- */

void sample_doctor(struct record_writer *w)
{
	static const char works[] = "fault\0page faults\0fentry\0classes\0\0handle_mm_fault\0\0";
	static const char fails[] = "fault\0page faults\0kprobe\0classes\0evil\033[2J\n\"\0handle_mm_fault\0lockdown\0reboot";
	const struct input_candidate yes = { .works = 1, .chosen = 1 }, no = { .hopeless = 1 };

	put_fact(w, "machine", "kernel", "6.1.0-" HOSTILE_COMM);
	put_fact(w, "remedy", "kernel", HOSTILE_COMM);
	put_start(w, "doctor");
	put(w, INPUT_CANDIDATE, &yes, sizeof(yes), works, sizeof(works));
	put(w, INPUT_CANDIDATE, &no, sizeof(no), fails, sizeof(fails));
	put_tick(w, 0, true);
}
