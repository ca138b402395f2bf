/* SPDX-License-Identifier: GPL-2.0 */
/* Between the files of the fault model: what may write it. */
#ifndef MODEL_FAULT_INTERNAL_H
#define MODEL_FAULT_INTERNAL_H

#include "base/alloc.h"
#include "model/fault/session.h"

struct kind_walk;

/* Ids from here on are of mms that the model made up (struct process.past); BPF counts
 * from 1 and never comes so far, so an input with one is damaged. */
#define MM_PAST_IDS 0x80000000u

/* Anchors of keys that the model uses for itself (slot.c, retention.c): real ones are multiples
 * of a page, so an input with one of these is damaged. */
enum { ANCHOR_CHAIN = 1, ANCHOR_GONE = 2 };

static inline bool anchor_is_own(uint64_t anchor)
{
	return anchor == ANCHOR_CHAIN || anchor == ANCHOR_GONE;
}

static inline void process_changed(const struct session *s, struct process *p)
{
	p->version = s->base.version;
}

static inline void vma_changed(const struct session *s, struct vma *v)
{
	v->version = v->mm->changed = s->base.version;
}

/* --- process.c --- */
/* The living process with that pid, made at first sight. */
struct process *process_new(void); /* in no list */
struct process *process_living(struct session *s, pid_t pid);
/* The newest process with that pid, living or dead; made at first sight. */
struct process *process_get(struct session *s, pid_t pid);
/* The one that started then; it may have ended already. */
struct process *process_started(struct session *s, pid_t pid, uint64_t start);
/* It has ended; its statistics stay. */
void process_exited(struct session *s, struct process *p);
void process_name(struct session *s, struct process *p, const char *name, size_t max);
/* path NULL or empty: not known. */
void process_cgroup(struct session *s, struct process *p, const char *path);
void process_free(struct process *p);
void processes_listed(struct session *s, const struct mmt_watch *watch, size_t n);
void process_limited(struct session *s, const struct input *in);
void processes_free(struct session *s);

/* --- mm.c --- */
/* own: pid is one of those who use it, no other that looked into it. */
struct mm *mm_get(struct session *s, uint32_t id, pid_t pid, bool own);
void mm_set_bounds(struct mm *mm, const struct mmt_mm_bounds *bounds);
/* An anonymous VMA that begins in the heap, or where it ended: the break was at its end. */
bool mm_heap_begins(const struct mm *mm, const struct mmt_vma *v);
/* Its bounds are known: names and kinds of its VMAs are judged. */
void mm_born(struct session *s, struct mm *mm, const struct mmt_mm_bounds *bounds);
/* bounds: those it had then; NULL: not heard of */
void mm_ended(struct session *s, struct mm *mm, const struct mmt_mm_bounds *bounds);
void mms_free(struct session *s);

/* --- vma.c --- */
/* All VMAs in no order. */
struct vma **vmas_all(const struct session *s, size_t *count);
/* The row that a fault's key leads to; made at first sight. */
struct vma *vma_get(struct session *s, struct mm *mm, uint32_t sig, uint64_t anchor);
/* The row of a VMA that the kernel shows; placed: the generation that may not have it yet. */
struct vma *vma_row(struct session *s, struct mm *mm, const struct mmt_vma *now, uint32_t placed);
/* A row to which no key leads; one to which this key leads. */
struct vma *vma_without_key(struct session *s, struct mm *mm, uint32_t sig);
struct vma *vma_new(struct session *s, struct mm *mm, uint32_t sig, uint64_t anchor);
/* The row that a VMA was in, by place and identity, or NULL. */
struct vma *vma_former(struct session *s, struct mm *mm, const struct mmt_vma *now, uint32_t placed);
void vma_name(struct vma *v, const char *name, size_t len);
/* "[heap]", "[stack]" by the bounds of its mm, or NULL. */
const char *vma_initial_name(const struct session *s, const struct mm *mm, const struct mmt_vma *v);
void vma_name_by_bounds(const struct session *s, struct vma *v);
void vma_free(struct vma *v);

/* --- bounds.c --- */
/* v has these bounds from now on. */
void vma_set_bounds(const struct session *s, struct vma *v, const struct mmt_vma *now);
/* The row for a VMA that v leads to and that is now so: v, unless faults of it were elsewhere.
 * Then those stay in a row that is gone. */
struct vma *vma_after_cut(struct session *s, struct vma *v, const struct mmt_vma *now);
/* Adds a fault, or what an aggregated row grew, to the row of its address. */
void vma_add_fault(struct session *s, struct mm *mm, const struct mmt_fault *f);
void vma_add_row(struct session *s, struct mm *mm, const struct mmt_aggregate_key *key,
		 const struct mmt_aggregate_row *grown);
/* A key led to `before` until now: what was aggregated under it may still come. */
void vma_takes_key(const struct session *s, struct vma *v, const struct vma *before);
/* What v lost is of the same file, if of any: it takes the whole name. */
void vma_name_part(const struct session *s, const struct vma *v);
/* Bounds that v had before the layout which showed it. */
void vma_had(struct session *s, struct vma *v, const struct mmt_vma *then);
void vma_move_faults(struct session *s, struct vma *to, struct vma *from);
/* Where v keeps what was at addr: v, its gone part, or NULL. */
const struct vma *vma_holder(const struct vma *v, uint64_t addr);

/* --- layout.c, record.c, aggregate.c, elf.c, retention.c --- */
void layout_apply(struct session *s, pid_t pid, const void *bytes, size_t size);
void layout_resident(struct session *s, const struct input_rss *head, const struct input_resident *list, size_t n);
void layout_memory(struct session *s, const struct input_rss *head, const struct input_memory *list, size_t n);
void layout_copied(struct session *s, const struct input_rss *head, const struct input_resident *list, size_t n);
void layout_stack_pointer(struct session *s, const struct input_stack *in);
void record_apply(struct session *s, const void *bytes, size_t size);
void aggregate_row(struct session *s, const struct mmt_aggregate_key *key, const struct mmt_aggregate_row *row);
void aggregate_gone(struct session *s, const struct mmt_aggregate_key *key, const struct mmt_aggregate_row *row);
void aggregate_process(struct session *s, const struct mmt_aggregate_process_key *key,
		       const struct mmt_aggregate_process *process);
void aggregate_free(struct session *s);
extern const struct retention_limits retention_limits; /* those of a real run */
void retention_apply(struct session *s, const struct input_retain *r);
bool retention_over_limit(const struct session *s, uint64_t now);

void merged_note(struct session *s, enum merged_what what, uint32_t id, uint32_t into);

/* --- mappings.c --- */
/* Gives each VMA its mapping and makes their sums; at each tick, after the VMAs' own. */
void mappings_tick(struct session *s);
struct mapping *mapping_of_gone(struct session *s, struct mm *mm, struct vma *v);
void mappings_merged(struct session *s);
/* v's counts are about to go into another row. */
void mapping_merge(struct vma *v, struct vma *into);
/* v's faults are about to go elsewhere. */
void mapping_forget(const struct vma *v);
void mappings_free(struct session *s);

/* --- read_order.c --- */
void reads_add(struct vma *v, uint64_t page, uint64_t flags);
/* Major faults beyond the pages of v's file: they were read in, lost and read in again. */
uint64_t reads_again(const struct vma *v);
void reads_merge(struct vma *to, const struct vma *from);
void reads_sum(struct mapping_reads *to, const struct vma *v);

/* --- thread.c --- */
void thread_name(struct session *s, const struct input_thread *in, const char *name, size_t size);
void thread_began(struct session *s, const struct mmt_fork *f);
void threads_free(struct session *s);

/* --- failures.c --- */
void failure_note(struct session *s, const struct mmt_fault *f);
void failures_tick(struct session *s);
void failures_free(struct session *s);

/* --- slices.c --- */
void slice_fault(struct session *s, struct vma *v, const struct mmt_fault *f);
void slice_row(struct session *s, struct vma *v, const struct mmt_aggregate_key *key,
	       const struct mmt_aggregate_row *grown);
void slices_move(struct session *s, struct vma *to, struct vma *from);
void slices_tick(struct session *s);
void slices_free(struct vma *v);

/* --- slot.c --- */
/* The VMA that the key leads to, or NULL. */
struct vma *slot_find(const struct session *s, uint32_t mm_id, uint32_t sig, uint64_t anchor);
void slot_set(struct session *s, struct vma *v, uint32_t sig, uint64_t anchor);
/* Makes v the youngest of its mm and sig; the youngest, or NULL. */
void slot_chain(struct session *s, struct vma *v, uint32_t sig);
struct vma *slot_youngest(const struct session *s, uint32_t mm_id, uint32_t sig);
/* Keeps the keys of today only, and none of VMAs that are merged into another. */
void slots_forget(struct session *s);

/* --- stacks.c --- */
void stacks_init(struct session *s);
void stack_apply(struct session *s, const struct mmt_stack *r, size_t size);
void object_apply(struct session *s, const struct mmt_object *r);
void stacks_rows(struct session *s, const struct input_stack_row *list, size_t n);
/* A VMA of a file is known, or has got another name. */
void stacks_mapped(struct session *s, const struct vma *v);
void stacks_tick(struct session *s);
void stacks_free(struct session *s);

/* --- which events trace shows (filter.c) --- */

void filter_take_options(struct session *s);
void filter_count(struct session *s, const struct mmt_head *h);

/* --- calls.c --- */
void calls_note(struct session *s, const struct mmt_call *c);
/* from may be NULL. */
void calls_add(struct call_counts **to, const struct call_counts *from);

/* --- code.c --- */
/* Of a fault or a call: where the user's code was. */
void code_note(struct session *s, const struct mmt_head *h, size_t size);
void code_free(struct session *s);

#endif
