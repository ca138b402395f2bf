/* SPDX-License-Identifier: GPL-2.0 */
/* Call stacks of faults.  Programs of their own, which those that see the end of a fault enter by a
 * tail call: nothing of this is loaded where no stacks are asked for. */
#include "lib/emit.bpf.h"
#include "lib/thread.bpf.h"
#include "lib/unwind.bpf.h"

/* Those that were sent. */
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 16384);
	 __type(key, u64); __type(value, u32); } stacks_sent SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 16384);
	 __type(key, struct mmt_stack_key); __type(value, struct mmt_stack_row); } stack_rows SEC(".maps");
/* What has no row there, without its stack: by process, and at last in two rows of process 0 (major or not), which
 * are there from the beginning. */
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 4096);
	 __type(key, struct mmt_stack_key); __type(value, struct mmt_stack_row); } stack_rest SEC(".maps");

#define STACK_BARE __builtin_offsetof(struct mmt_stack, frame)

/* Sends a stack that is new. 0: it was not taken. */
static __always_inline u64 stack_send(struct unwinder *u, u32 mm_id)
{
	u64 id = u->hash, size;
	u32 sent = 1;

	if (bpf_map_lookup_elem(&stacks_sent, &id))
		return id;
	if (bpf_map_update_elem(&stacks_sent, &id, &sent, BPF_NOEXIST) == -E2BIG) {
		count(MMT_LOSS_STACKS_FULL);
		return 0;
	}
	head_fill(&u->rec.head, MMT_KIND_STACK, mm_id, bpf_ktime_get_ns());
	u->rec.id = id;
	size = STACK_BARE + 8 * (u64)u->rec.count;
	if (size > sizeof(u->rec))
		return 0;
	if (bpf_ringbuf_output(&control_ring, &u->rec, size, control_lazy()) == 0)
		return id;
	count(MMT_LOSS_CONTROL_FULL);
	bpf_map_delete_elem(&stacks_sent, &id); /* by the next one of it */
	return id;
}

static __always_inline u64 stack_take(void *ctx, struct task_struct *task, u32 mm_id)
{
	long kernel = 0;
	struct unwinder *u = unwind_slot();
	u64 id;

	if (!u) {
		count(MMT_LOSS_STACK_NONE);
		return 0;
	}
	if (mmt_config.stack_kernel)
		kernel = bpf_get_stack(ctx, u->kernel, sizeof(u->kernel), 0);
	unwind_stack(u, task, mm_id, kernel);
	id = stack_send(u, mm_id);
	u->busy = 0;
	return id;
}

static __always_inline struct mmt_stack_row *stack_rest_row(struct mmt_stack_key *key)
{
	struct mmt_stack_row none = {};
	struct mmt_stack_row *row;

	count(MMT_LOSS_STACK_ROWS_FULL);
	key->stack = 0;
	key->mm_id = 0;
	key->mode = 0;
	row = value_get(&stack_rest, key, &none);
	if (row)
		return row;
	key->tgid = 0;
	key->cls = 0;
	key->flags &= MMT_FAULT_MAJOR;
	return bpf_map_lookup_elem(&stack_rest, key);
}

__noinline __weak int stack_count(const struct mmt_fault *f, u64 stack)
{
	struct mmt_stack_key key = { .stack = stack };
	struct mmt_stack_row none = {};
	struct mmt_stack_row *row;

	if (!f)
		return 0;
	key.tgid = f->head.tgid;
	key.mm_id = f->head.mm_id;
	key.cls = f->cls;
	key.mode = f->mode;
	key.flags = f->flags & MMT_STACK_FLAGS;
	row = value_get(&stack_rows, &key, &none);
	if (!row)
		row = stack_rest_row(&key);
	if (!row)
		return 0;
	__sync_fetch_and_add(&row->count, f->weight);
	__sync_fetch_and_add(&row->ns_sum, (u64)f->ns * f->weight);
	return 0;
}

/* The fault that fault_close() left to be reported. */
static __always_inline int stack_fault(void *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct thread_state *st = thread_find(task);
	struct mmt_fault_stack folded = {};
	struct data_room room;
	u32 weight;

	if (!st || !st->due_weight)
		return 0;
	weight = st->due_weight;
	st->due_weight = 0;
	if (task->mm && !st->borrows)
		folded.stack = stack_take(ctx, task, st->flags & MMT_FAULT_FOREIGN ? 0 : st->mm_id);
	fault_fill(&folded.at.fault, st, st->due_time, st->due_end, st->due_ns, weight);
	stack_count(&folded.at.fault, folded.stack);
	if (mmt_config.code)
		folded.at.ip = user_ip();
	room = data_reserve(sizeof(folded));
	if (!room.rec)
		return aggregate_fault(&folded.at.fault);
	folded.at.fault.head.kind = MMT_KIND_FAULT_STACK;
	*(struct mmt_fault_stack *)room.rec = folded;
	data_submit(room);
	return 0;
}

SEC("?fexit/handle_mm_fault")
int stack_fault__fx(void *ctx)
{
	return stack_fault(ctx);
}

SEC("?perf_event")
int stack_fault__pe(void *ctx)
{
	return stack_fault(ctx);
}
