/* SPDX-License-Identifier: GPL-2.0 */
/* The one place where data records leave: into the ring, or, where that has no
 * room, into rows that are only added to, so that counts stay exact. */
#ifndef MMT_EMIT_BPF_H
#define MMT_EMIT_BPF_H

#include "count.bpf.h"
#include "maps.bpf.h"

struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 16384);
	 __type(key, struct mmt_aggregate_key); __type(value, struct mmt_aggregate_row); } aggregate_rows SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 4096);
	__type(key, struct mmt_aggregate_process_key);
	__type(value, struct mmt_aggregate_process);
} aggregate_processes SEC(".maps");

/* Beyond those, without the VMA: what a process's latencies are made of. */
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 1024);
	 __type(key, struct mmt_aggregate_key); __type(value, struct mmt_aggregate_row); } aggregate_coarse SEC(".maps");

static const struct mmt_aggregate_row aggregate_row_empty;
static const struct mmt_aggregate_process aggregate_process_empty;

/* The row of a process, or the one of tgid 0 that user space has put in. */
static __always_inline struct mmt_aggregate_process *aggregate_process_get(u32 tgid, struct task_struct *task)
{
	struct mmt_aggregate_process_key key = { .tgid = tgid };
	struct mmt_aggregate_process *row;

	key.start_boottime = BPF_CORE_READ(task, group_leader, start_boottime);
	row = value_get(&aggregate_processes, &key, &aggregate_process_empty);
	if (row)
		return row;
	count(MMT_LOSS_PROCESSES_FULL);
	key.tgid = 0;
	key.start_boottime = 0;
	return bpf_map_lookup_elem(&aggregate_processes, &key);
}

static __always_inline void aggregate_max(u64 *max, u64 ns)
{
	for (int i = 0; i < 4; i++) {
		u64 was = *max;

		if (ns <= was || __sync_val_compare_and_swap(max, was, ns) == was)
			return;
	}
}

static __always_inline void aggregate_row_add(struct mmt_aggregate_row *row, const struct mmt_fault *f)
{
	__sync_fetch_and_add(&row->count, f->weight);
	if (!f->ns)
		return;
	__sync_fetch_and_add(&row->timed, f->weight);
	__sync_fetch_and_add(&row->ns_sum, (u64)f->ns * f->weight);
	__sync_fetch_and_add(&row->hist[mmt_latency_bucket(f->ns) & (MMT_LATENCY_BUCKETS - 1)], f->weight);
	aggregate_max(&row->ns_max, f->ns);
}

static __always_inline int aggregate_fault(const struct mmt_fault *f)
{
	struct mmt_aggregate_key key = { .tgid = f->head.tgid, .mm_id = f->head.mm_id, .anchor = f->anchor, .sig = f->sig,
				    .cls = f->cls, .mode = f->mode, .flags = f->flags & MMT_AGGREGATE_FLAGS };
	struct mmt_aggregate_row *row = value_get(&aggregate_rows, &key, &aggregate_row_empty);
	struct mmt_aggregate_process *p;

	if (!row) {
		count(MMT_LOSS_ROWS_FULL);
		if (!(f->flags & MMT_FAULT_EXECUTOR))
			return 0; /* no target's own: there is no ledger left for it */
		key.anchor = 0;
		key.sig = 0;
		key.flags |= MMT_FAULT_NO_VMA;
		row = value_get(&aggregate_coarse, &key, &aggregate_row_empty);
	}
	if (row) {
		aggregate_row_add(row, f);
		goto counted;
	}
	p = aggregate_process_get(f->head.tgid, bpf_get_current_task_btf());
	if (!p || f->cls >= MMT_CLASS_COUNT)
		return 0;
	__sync_fetch_and_add(&p->count[f->cls][f->flags & MMT_FAULT_MAJOR], f->weight);
counted: /* last: who sees it counted finds it in a row */
	count(MMT_LOSS_FOLDED);
	return 0;
}

static __noinline int aggregate_call(const struct mmt_call *c)
{
	struct mmt_aggregate_key key = {
		.tgid = c->head.tgid, .mm_id = c->head.mm_id, .sig = c->nr, .cls = MMT_AGGREGATE_CALL
	};
	struct mmt_aggregate_row *row = value_get(&aggregate_rows, &key, &aggregate_row_empty);
	struct mmt_aggregate_process *p = 0;

	if (row) {
		__sync_fetch_and_add(&row->count, 1);
	} else {
		count(MMT_LOSS_ROWS_FULL);
		p = aggregate_process_get(c->head.tgid, bpf_get_current_task_btf());
	}
	if (p)
		__sync_fetch_and_add(&p->calls, 1);
	if (row || p)
		count(MMT_LOSS_FOLDED);
	return 0;
}

/* The ring of this CPU, and room in it; 0: there is none, the event must be aggregated. */
struct data_room { void *ring, *rec; };

static __always_inline struct data_room data_reserve(u64 size)
{
	u32 number = bpf_get_smp_processor_id() & (MMT_RINGS - 1);
	struct data_room room = {};

	count(MMT_LOSS_SEEN);
	if (mmt_tuning.aggregate)
		return room;
	room.ring = bpf_map_lookup_elem(&data_rings, &number);
	if (!room.ring)
		return room; /* not there yet */
	room.rec = bpf_ringbuf_reserve(room.ring, size, 0);
	if (!room.rec)
		count(MMT_LOSS_RING_FULL);
	return room;
}

static __always_inline void data_submit(struct data_room room)
{
	u64 ready = bpf_ringbuf_query(room.ring, BPF_RB_AVAIL_DATA);

	bpf_ringbuf_submit(room.rec, wake_at(ready, mmt_config.wake_bytes, 1024));
}

/* How a fault ended; the rest is in its thread's state. */
#define FAULT_END(cls, flags) ((u32)(cls) | (u32)(flags) << 16)

static __always_inline void fault_fill(struct mmt_fault *f, const struct thread_state *st, u64 now, u32 end, u32 ns,
				       u32 weight)
{
	head_fill(&f->head, MMT_KIND_FAULT, st->mm_id, now);
	f->addr = st->addr;
	f->anchor = st->anchor;
	f->sig = st->sig;
	f->ns = ns;
	f->flags = end >> 16;
	f->pad = 0;
	f->cls = (u8)end;
	f->mode = st->mode;
	f->weight = weight;
}

#define PF_KTHREAD 0x200000

/* Where the user's part of the current thread is; 0: it has none. */
static __always_inline u64 user_ip(void)
{
	struct task_struct *task = bpf_get_current_task_btf();

	if (task->flags & PF_KTHREAD)
		return 0;
	return BPF_CORE_READ((struct pt_regs *)bpf_task_pt_regs(task), ip);
}

/* Global: verified once, not for each class and mode. */
__noinline __weak int emit_fault(const struct thread_state *st, u64 now, u32 end, u32 ns, u32 weight)
{
	struct mmt_fault folded = {};
	struct data_room room;

	if (!st)
		return 0;
	room = data_reserve(mmt_config.code ? sizeof(struct mmt_fault_at) : sizeof(folded));
	if (room.rec) {
		fault_fill(room.rec, st, now, end, ns, weight);
		if (mmt_config.code)
			((struct mmt_fault_at *)room.rec)->ip = user_ip();
		data_submit(room);
		return 0;
	}
	fault_fill(&folded, st, now, end, ns, weight);
	return aggregate_fault(&folded);
}

static __always_inline void emit_call(const struct mmt_call *c)
{
	struct data_room room = data_reserve(sizeof(struct mmt_call_at));

	if (!room.rec) {
		aggregate_call(c);
		return;
	}
	*(struct mmt_call *)room.rec = *c;
	((struct mmt_call_at *)room.rec)->ip = user_ip();
	data_submit(room);
}
#endif
