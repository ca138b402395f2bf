/* SPDX-License-Identifier: GPL-2.0 */
/* Ways to hand a page fault to user space, without all else: which is the
 * cheapest. One program of these is attached at a time. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define BATCH 16

struct small { u64 time, addr; };
struct record { u64 word[7]; };	/* 56 bytes, as mmtrace's own */
struct large { u64 word[15]; };
struct batch { u32 count, pad; struct record records[BATCH]; };
struct ring { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 4 << 20); };

struct ring shared SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS); __uint(max_entries, 64); __type(key, u32);
	 __array(values, struct ring); } rings SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY); __uint(max_entries, 1); __type(key, u32);
	 __type(value, struct batch); } batches SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, u64);
	__type(value, u64);
} rows SEC(".maps");

const volatile u32 target;
u64 sink, lost;

static __always_inline bool is_target(void)
{
	return bpf_get_current_pid_tgid() >> 32 == target;
}

static __always_inline void fill(u64 *word, int words, u64 time, u64 addr)
{
	word[0] = time;
	for (int i = 1; i < words; i++)
		word[i] = addr;
}

/* As the ring fills to a quarter, and by each record beyond that. */
static __always_inline u64 mark(void *ring)
{
	return bpf_ringbuf_query(ring, BPF_RB_AVAIL_DATA) - (1 << 20) < 1 << 17 ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP;
}

static __always_inline u64 beyond(void *ring)
{
	return bpf_ringbuf_query(ring, BPF_RB_AVAIL_DATA) >= 1 << 20 ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP;
}

#define RING(name, type, time, ring, flags)						\
SEC("?tp_btf/page_fault_user") int BPF_PROG(name, unsigned long addr)			\
{											\
	type *rec;									\
											\
	if (!is_target())								\
		return 0;								\
	rec = bpf_ringbuf_reserve(ring, sizeof(*rec), 0);				\
	if (!rec) {									\
		__sync_fetch_and_add(&lost, 1);						\
		return 0;								\
	}										\
	fill((u64 *)rec, sizeof(*rec) / 8, time, addr);					\
	bpf_ringbuf_submit(rec, flags);							\
	return 0;									\
}

RING(ring_56, struct record, bpf_ktime_get_ns(), &shared, mark(&shared))
RING(ring_16, struct small, bpf_ktime_get_ns(), &shared, mark(&shared))
RING(ring_120, struct large, bpf_ktime_get_ns(), &shared, mark(&shared))
RING(no_clock, struct record, 0, &shared, mark(&shared))
RING(each_beyond, struct record, bpf_ktime_get_ns(), &shared, beyond(&shared))
RING(timer_only, struct record, bpf_ktime_get_ns(), &shared, BPF_RB_NO_WAKEUP)
RING(adaptive, struct record, bpf_ktime_get_ns(), &shared, 0)
RING(each, struct record, bpf_ktime_get_ns(), &shared, BPF_RB_FORCE_WAKEUP)

SEC("?tp_btf/page_fault_user") int BPF_PROG(filter, unsigned long addr)
{
	if (is_target())
		sink = addr;
	return 0;
}

SEC("?tp_btf/page_fault_user") int BPF_PROG(clock, unsigned long addr)
{
	if (is_target())
		sink = bpf_ktime_get_ns();
	return 0;
}

SEC("?tp_btf/page_fault_user") int BPF_PROG(per_cpu, unsigned long addr)
{
	u32 cpu = bpf_get_smp_processor_id();
	struct record *rec;
	void *ring;

	if (!is_target())
		return 0;
	ring = bpf_map_lookup_elem(&rings, &cpu);
	if (!ring)
		return 0;
	rec = bpf_ringbuf_reserve(ring, sizeof(*rec), 0);
	if (!rec) {
		__sync_fetch_and_add(&lost, 1);
		return 0;
	}
	fill(rec->word, sizeof(*rec) / 8, bpf_ktime_get_ns(), addr);
	bpf_ringbuf_submit(rec, mark(ring));
	return 0;
}

SEC("?tp_btf/page_fault_user") int BPF_PROG(batched, unsigned long addr)
{
	struct batch *b;
	u32 zero = 0, at;

	if (!is_target())
		return 0;
	b = bpf_map_lookup_elem(&batches, &zero);
	if (!b)
		return 0;
	at = b->count & (BATCH - 1);
	fill(b->records[at].word, sizeof(struct record) / 8, bpf_ktime_get_ns(), addr);
	b->count = at + 1;
	if (at == BATCH - 1 && bpf_ringbuf_output(&shared, b->records, sizeof(b->records), mark(&shared)))
		__sync_fetch_and_add(&lost, BATCH);
	return 0;
}

SEC("?tp_btf/page_fault_user") int BPF_PROG(row, unsigned long addr)
{
	u64 key = addr >> 25, *count;

	if (!is_target())
		return 0;
	count = bpf_map_lookup_elem(&rows, &key);
	if (count) {
		__sync_fetch_and_add(count, 1);
	} else {
		u64 one = 1;

		bpf_map_update_elem(&rows, &key, &one, BPF_NOEXIST);
	}
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
