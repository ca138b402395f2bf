/* SPDX-License-Identifier: GPL-2.0 */
/* live and trace: a shell that runs a program with hostile names. */
#include <string.h>

#include "golden/samples.h"
#include "model/fault/vm.h"
#include "unit/make.h"

static struct record_writer *out;
static uint64_t now;

static void record(void *bytes, size_t size)
{
	struct mmt_head *h = bytes;

	h->time = now += 1500000;
	put(out, INPUT_RECORD, NULL, 0, bytes, size);
}

#define RECORD(value) do { __typeof__(value) r_ = (value); record(&r_, sizeof(r_)); } while (0)

static void faults(struct mmt_fault f, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		f.addr = f.anchor + 0x1000ull * i;
		f.ns = f.ns ? 500 + 300 * i : 0;
		RECORD(f);
	}
}

/* One path as long as the kernel lets it be. */
static void long_path(char path[4096])
{
	for (int i = 0; i < 4095; i++)
		path[i] = i % 200 ? (char)('a' + i % 26) : '/';
	path[4095] = '\0';
}

static void layout(bool later)
{
	struct input_process head = { .pid = 42 };
	struct bytes b = { NULL, 0 };
	struct mmt_vma stack = make_vma(0x7ffffffc0000, 0x7fffffff0000, 3 | VM_GROWSDOWN, MMT_VMA_ANON, 10);
	char path[4096];

	long_path(path);
	stack.anchor = stack.end;
	layout_begin(&b, 2, later ? 10 : 8);
	layout_add(&b, make_vma(0x400000, 0x402000, 5, MMT_VMA_FILE, 1), HOSTILE_PATH);
	layout_add(&b, make_vma(0x402000, 0x403000, 1, MMT_VMA_FILE, 2), NULL);
	layout_add(&b, make_vma(0x403000, 0x404000, 3, MMT_VMA_FILE, 3), NULL);
	layout_add(&b, make_vma(0x404000, 0x406000, 3, MMT_VMA_ANON, 4), "");
	layout_add(&b, make_vma(0x406000, 0x427000, 3, MMT_VMA_ANON, 5), "");
	if (!later)
		layout_add(&b, make_vma(0x7ffff0000000, 0x7ffff0100000, 3, MMT_VMA_ANON, 6), "");
	layout_add(&b, make_vma(0x7ffff1000000, 0x7ffff1400000, 3 | VM_SHARED | VM_MAYSHARE, MMT_VMA_FILE, 9), path);
	layout_add(&b, stack, "");
	layout_add(&b, make_vma(0x7fffffffc000, 0x7fffffffe000, 5, MMT_VMA_SPECIAL, 13), "[vdso]");
	layout_close(&b, later ? 10 : 8);
	put(out, INPUT_LAYOUT, &head, sizeof(head), b.at, b.size);
	bytes_free(&b);
}

static void call(__u32 nr, __s64 ret, __u64 a, __u64 b, __u64 c)
{
	RECORD(((struct mmt_call){ .head = make_head(MMT_KIND_CALL, 42, 2), .nr = nr, .ret = ret,
				   .arg = { a, b, c, 0x22, ~0ull, 0 } }));
}

static void resident(void)
{
	const struct input_resident r = { 0x406000, 20 << 12 };
	const struct input_rss head = { .now = now, .pid = 42 };

	put(out, INPUT_RSS, &head, sizeof(head), &r, sizeof(r));
}

static void memory(void)
{
	const struct input_memory all[] = {
		{ .start = 0x400000, .amount = { 2 << 12, 0, 0, MEMORY_UNKNOWN, MEMORY_UNKNOWN } },
		{ .start = 0x406000, .amount = { 25 << 12, 0, 0, 3 << 12, 24 << 12 } },
		{ .start = 0x7ffff1000000, .amount = { 2 << 20, 2 << 20, 0, 0, MEMORY_UNKNOWN }, .uncertain = 1 },
	};
	const struct input_resident own[] = { { 0x400000, 1 << 12 }, { 0x406000, 20 << 12 } }; /* the second is no file */
	const struct input_rss head = { .now = now, .pid = 42 };

	put(out, INPUT_COPIED, &head, sizeof(head), own, sizeof(own));
	put(out, INPUT_MEMORY, &head, sizeof(head), all, sizeof(all));
}

static void first(void)
{
	const struct input_process group = { .pid = 42 };
	struct mmt_fault f;

	RECORD(make_fork(42, 41, 1, 123456789, "sh"));
	faults(make_fault(42, 1, 0x10000, 7, MMT_CLASS_COW), 3);
	RECORD(make_seen(42, 1, make_vma(0x10000, 0x20000, 3, MMT_VMA_ANON, 7), ""));
	RECORD(((struct mmt_mm_end){ .head = make_head(MMT_KIND_MM_END, 42, 1), .bounds = make_mm_bounds() }));
	RECORD(make_exec(42, 2, HOSTILE_COMM, HOSTILE_PATH));
	RECORD(make_seen(42, 2, make_vma(0x400000, 0x402000, 5, MMT_VMA_FILE, 1), HOSTILE_PATH));
	layout(false);
	faults(make_fault(42, 2, 0x400000, 1, MMT_CLASS_FILE_READ), 2);
	faults(make_fault(42, 2, 0x406000, 5, MMT_CLASS_ANON_WRITE), 20);
	faults(make_fault(42, 2, 0x7ffff0000000, 6, MMT_CLASS_ANON_READ), 5);
	faults(make_fault(42, 2, 0x7ffff1000000, 9, MMT_CLASS_MKWRITE), 4);
	f = make_fault(42, 2, 0x7ffff1000000, 9, MMT_CLASS_FILE_READ);
	f.flags |= MMT_FAULT_MAJOR | MMT_FAULT_FRESH;
	f.mode = MMT_MODE_KERNEL;
	f.ns = 4294967295u;
	RECORD(f);
	resident();
	put(out, INPUT_CGROUP, &group, sizeof(group), HOSTILE_PATH, sizeof(HOSTILE_PATH));
}

static void rows(void)
{
	const struct mmt_aggregate_key key = { .tgid = 42,
					       .mm_id = 2,
					       .anchor = 0x406000,
					       .sig = 5,
					       .cls = MMT_CLASS_ANON_WRITE,
					       .flags = MMT_FAULT_EXECUTOR };
	struct mmt_aggregate_row row = { .count = 7, .timed = 7, .ns_sum = 7000, .ns_max = 1200 };
	const struct mmt_aggregate_process_key process = { .tgid = 42 };
	const struct mmt_aggregate_process rest = { .gup_minor = 2, .count[MMT_CLASS_SWAP] = { 0, 3 } };

	row.hist[mmt_latency_bucket(1000)] = 7;
	put(out, INPUT_ROW, &key, sizeof(key), &row, sizeof(row));
	put(out, INPUT_ROW_PROCESS, &process, sizeof(process), &rest, sizeof(rest));
}

static void second(void)
{
	struct mmt_fault f = make_fault(42, 2, 0, 0, MMT_CLASS_ERROR);

	f.flags |= MMT_FAULT_NO_VMA;
	f.ns = 0;
	RECORD(f);
	RECORD(((struct mmt_gup){ .head = make_head(MMT_KIND_GUP, 42, 2), .minor = 12, .major = -1 }));
	call(9, 0x7ffff0000000, 0, 0x100000, 3);
	call(9, -12, 0, ~0ull, 7);
	call(11, 0, 0x7ffff0000000, 0x100000, 0);
	call(28, -22, 0x7ffff0000000, 0x1000, 99);
	call(MMT_CALL_STACK_GROWTH, 0, 0x7ffffffbf000, 0x7ffffffbf000, 0x7fffffff0000);
	call(77, 5, 1, 2, 3);
	layout(true);
	rows();
	memory();
	f = make_fault(43, 3, 0x5000, 99, MMT_CLASS_ANON_HUGE); /* of a process and a VMA that nothing announced */
	RECORD(f);
	put(out, INPUT_RECORD, NULL, 0, &f, sizeof(f) - 4); /* damaged */
	RECORD(make_exit(42));
}

/* A hostile name of a cgroup, and a limit that was hit. */
static void limits(struct record_writer *w)
{
	static const char group[] = "/batch" HOSTILE_COMM;
	struct input_limit limit = { .bytes = 16 << 20, .hits = 3, .pid = 42 };

	put(w, INPUT_LIMIT, &limit, sizeof(limit), group, sizeof(group));
	limit.hits = 340;
	put(w, INPUT_LIMIT, &limit, sizeof(limit), group, sizeof(group));
}

static void sample(struct record_writer *w, const char *command)
{
	const struct input_rusage ru = { 55, 3 };
	const uint64_t losses[MMT_LOSS_COUNT] = { [MMT_LOSS_SEEN] = 46, [MMT_LOSS_DELIVERED] = 39, [MMT_LOSS_FOLDED] = 7,
						  [MMT_LOSS_RING_FULL] = 7 };

	out = w;
	now = 1000000000;
	put_fact(w, "backend", "fault", "tracepoint" HOSTILE_COMM);
	put_fact(w, "run", "latency_span", "exception..accounting");
	put_fact(w, "unknown", "gup", "GUP \"faults\"");
	put_start(w, command);
	first();
	limits(w);
	put_tick(w, 1, false);
	second();
	put_tick(w, 2, false);
	put_losses(w, losses, MMT_LOSS_COUNT);
	put(w, INPUT_RUSAGE, &ru, sizeof(ru), NULL, 0);
	put_tick(w, 2, true);
}

void sample_live(struct record_writer *w)
{
	sample(w, "live");
}

void sample_trace(struct record_writer *w)
{
	sample(w, "trace");
}
