/* SPDX-License-Identifier: GPL-2.0 */
/* The stream whose views are kept in tests/golden, and from which the fuzzer
 * starts: a shell that runs a program with hostile names. */
#ifndef GOLDEN_SAMPLE_H
#define GOLDEN_SAMPLE_H

#include "fuzz/replay.h"
#include "model/kind.h"

#define SAMPLE_NAME "/tmp/ev\033[31m\n\xff\xe2\x80\xae\"\\il"
#define SAMPLE_COMM "e\033]0;x\007\n\xff\""

struct sample { struct bytes bytes; __u64 time; };

static inline void sample_record(struct sample *s, void *record, size_t size)
{
	struct mmt_head *h = record;

	h->time = s->time += 1500000;
	replay_add(&s->bytes, REPLAY_RECORD, record, size);
}

#define SAMPLE(s, value) do { __typeof__(value) r_ = (value); sample_record(s, &r_, sizeof(r_)); } while (0)

static inline void sample_faults(struct sample *s, struct mmt_fault f, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		f.addr = f.anchor + 0x1000ull * i;
		f.ns = f.ns ? 500 + 300 * i : 0;
		SAMPLE(s, f);
	}
}

/* One path as long as the kernel lets it be. */
static inline void sample_long_path(char path[4096])
{
	for (int i = 0; i < 4095; i++)
		path[i] = i % 200 ? (char)('a' + i % 26) : '/';
	path[4095] = '\0';
}

static inline void sample_layout(struct sample *s, bool later)
{
	struct bytes b = { NULL, 0 };
	struct mmt_vma stack = make_vma(0x7ffffffc0000, 0x7fffffff0000, 3 | VM_GROWSDOWN, MMT_VMA_ANON, 10);
	char path[4096];

	sample_long_path(path);
	stack.anchor = stack.end;
	layout_begin(&b, 2, later ? 10 : 8);
	layout_add(&b, make_vma(0x400000, 0x402000, 5, MMT_VMA_FILE, 1), SAMPLE_NAME);
	layout_add(&b, make_vma(0x402000, 0x403000, 1, MMT_VMA_FILE, 2), NULL);
	layout_add(&b, make_vma(0x403000, 0x404000, 3, MMT_VMA_FILE, 3), NULL);
	layout_add(&b, make_vma(0x404000, 0x406000, 3, MMT_VMA_ANON, 4), "");
	layout_add(&b, make_vma(0x406000, 0x427000, 3, MMT_VMA_ANON, 5), "");
	if (!later)
		layout_add(&b, make_vma(0x7ffff0000000, 0x7ffff0100000, 3, MMT_VMA_ANON, 6), "");
	layout_add(&b, make_vma(0x7ffff1000000, 0x7ffff1400000, 3 | VM_SHARED, MMT_VMA_FILE, 9), path);
	layout_add(&b, stack, "");
	layout_add(&b, make_vma(0x7fffffffc000, 0x7fffffffe000, 5, MMT_VMA_SPECIAL, 13), "[vdso]");
	layout_close(&b, later ? 10 : 8);
	replay_add(&s->bytes, REPLAY_LAYOUT, b.at, b.size);
	bytes_free(&b);
}

static inline struct mmt_call sample_call(__u32 nr, __s64 ret, __u64 a, __u64 b, __u64 c)
{
	return (struct mmt_call){ .head = make_head(MMT_KIND_CALL, 42, 2), .nr = nr, .ret = ret,
				  .arg = { a, b, c, 0x22, ~0ull, 0 } };
}

static inline void sample_first(struct sample *s)
{
	struct mmt_fault f;

	SAMPLE(s, make_fork(42, 41, 1, 123456789, "sh"));
	sample_faults(s, make_fault(42, 1, 0x10000, 7, MMT_CLASS_COW), 3);
	SAMPLE(s, make_seen(42, 1, make_vma(0x10000, 0x20000, 3, MMT_VMA_ANON, 7), ""));
	SAMPLE(s, ((struct mmt_mm_end){ .head = make_head(MMT_KIND_MM_END, 42, 1), .marks = make_marks() }));
	SAMPLE(s, make_exec(42, 2, SAMPLE_COMM, SAMPLE_NAME));
	SAMPLE(s, make_seen(42, 2, make_vma(0x400000, 0x402000, 5, MMT_VMA_FILE, 1), SAMPLE_NAME));
	sample_layout(s, false);
	sample_faults(s, make_fault(42, 2, 0x400000, 1, MMT_CLASS_FILE_READ), 2);
	sample_faults(s, make_fault(42, 2, 0x406000, 5, MMT_CLASS_ANON_WRITE), 20);
	sample_faults(s, make_fault(42, 2, 0x7ffff0000000, 6, MMT_CLASS_ANON_READ), 5);
	sample_faults(s, make_fault(42, 2, 0x7ffff1000000, 9, MMT_CLASS_MKWRITE), 4);
	f = make_fault(42, 2, 0x7ffff1000000, 9, MMT_CLASS_FILE_READ);
	f.flags |= MMT_FAULT_MAJOR;
	f.mode = MMT_MODE_KERNEL;
	f.ns = 4294967295u;
	SAMPLE(s, f);
}

static inline void sample_second(struct sample *s)
{
	struct mmt_fault f = make_fault(42, 2, 0, 0, MMT_CLASS_ERROR);
	struct replay_fold_row row = { .key = { .tgid = 42, .mm_id = 2, .anchor = 0x406000, .sig = 5,
						.cls = MMT_CLASS_ANON_WRITE, .flags = MMT_FAULT_EXECUTOR },
				       .row = { .count = 7, .timed = 7, .ns_sum = 7000, .ns_max = 1200 } };
	struct replay_fold_process rest = { .row = { .gup_minor = 2, .count[MMT_CLASS_SWAP] = { 0, 3 } } };

	f.flags |= MMT_FAULT_NO_VMA;
	f.ns = 0;
	SAMPLE(s, f);
	SAMPLE(s, ((struct mmt_gup){ .head = make_head(MMT_KIND_GUP, 42, 2), .minor = 12, .major = -1 }));
	SAMPLE(s, sample_call(9, 0x7ffff0000000, 0, 0x100000, 3));
	SAMPLE(s, sample_call(9, -12, 0, ~0ull, 7));
	SAMPLE(s, sample_call(11, 0, 0x7ffff0000000, 0x100000, 0));
	SAMPLE(s, sample_call(28, -22, 0x7ffff0000000, 0x1000, 99));
	SAMPLE(s, sample_call(MMT_CALL_STACK_GROWTH, 0, 0x7ffffffbf000, 0x7ffffffbf000, 0x7fffffff0000));
	SAMPLE(s, sample_call(77, 5, 1, 2, 3));
	sample_layout(s, true);
	row.row.hist[mmt_latency_bucket(1000)] = 7;
	replay_add(&s->bytes, REPLAY_FOLD_ROW, &row, sizeof(row));
	replay_add(&s->bytes, REPLAY_FOLD_PROCESS, &rest, sizeof(rest));
	f = make_fault(43, 3, 0x5000, 99, MMT_CLASS_ANON_HUGE); /* of a process and a VMA nobody told of */
	SAMPLE(s, f);
	replay_add(&s->bytes, REPLAY_RECORD, &f, sizeof(f) - 4); /* damaged */
	SAMPLE(s, make_exit(42));
}

#endif
