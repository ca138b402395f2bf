/* SPDX-License-Identifier: GPL-2.0 */
/* The layout of an address space, as the kernel showed it. */
#include <stdlib.h>
#include <string.h>

#include "model/fault/internal.h"
#include "model/fault/kind.h"

/* What the records of a layout so far say of the next one. */
struct layout_state {
	struct kind_walk walk;
	char path[NAME_ROOM];
	size_t len;
	bool cut;
};

static void layout_vma(struct session *s, struct mm *mm, const struct layout_record *r, struct layout_state *state)
{
	const struct mmt_vma *now = &r->vma->vma;
	struct vma *v = vma_row(s, mm, now, mm->generation);
	const char *initial = vma_initial_name(s, mm, now), *path = initial ? initial : state->path;
	size_t len = initial ? strlen(initial) : state->len;
	bool cut = !initial && state->cut;

	if (!v->known || v->v.end != now->end || v->v.start != now->start || v->v.vm_flags != now->vm_flags || !v->live ||
	    v->name_cut != cut)
		vma_changed(s, v);
	vma_set_bounds(s, v, now);
	v->thread_stack &= v->live;
	v->known = v->live = true;
	v->generation = mm->generation;
	v->name_cut = cut;
	if (strlen(v->name) != len || memcmp(v->name, path, len)) {
		vma_name(v, path, len);
		vma_changed(s, v);
	}
	vma_name_part(s, v);
	stacks_mapped(s, v);
	kind_judge(s, v, &state->walk);
	mm->live_count++;
}

/* No mm holds the kernel's [vsyscall] page, yet every process sees it. */
static void layout_vsyscall(struct session *s, struct mm *mm)
{
	struct mmt_layout_vma gate = { .vma = { .start = s->vsyscall.start, .end = s->vsyscall.end,
						.vm_flags = s->vsyscall.vm_flags, .anchor = s->vsyscall.start,
						.kind = MMT_VMA_SPECIAL } };
	struct layout_record r = { .type = MMT_LAYOUT_VMA, .vma = &gate };
	struct layout_state state = { .path = "[vsyscall]", .len = 10 };

	if (s->vsyscall.end && !mm->child)
		layout_vma(s, mm, &r, &state);
}

static void layout_finish(struct session *s, struct mm *mm)
{
	for (struct vma *v = mm->vmas; v; v = v->next) {
		if (v->generation != mm->generation) {
			if (v->live)
				vma_changed(s, v);
			v->live = false;
			if (v->known && !v->judged) /* gone before the bounds were known */
				kind_judge(s, v, NULL);
		}
	}
}

/* The pid is in use again, and what its former process did is not applied yet: that
 * one ends by its records or, where they were lost, by the caller's look at /proc. */
static bool is_successor(const struct session *s, pid_t pid, uint64_t start)
{
	const struct process *p = map_get_number(&s->by_pid, (uint64_t)pid);

	return p && !p->dead && p->start_time && start && p->start_time != start;
}

void layout_apply(struct session *s, pid_t pid, const void *bytes, size_t size)
{
	struct layout_cursor c = { .bytes = bytes, .size = size };
	struct process *p = NULL;
	struct layout_record r;
	struct mm *mm = NULL;
	struct layout_state state = { .len = 0 };
	bool ended = false;

	while (decode_layout(&c, &r)) {
		if (r.type == MMT_LAYOUT_MM && r.mm->mm_id < MM_PAST_IDS) {
			if (is_successor(s, pid, r.mm->start_boottime))
				return; /* nothing is wrong with it: it comes too early */
			p = process_started(s, pid, r.mm->start_boottime);
			mm = mm_get(s, r.mm->mm_id, pid, true);
			mm_set_bounds(mm, &r.mm->bounds);
			mm->lock_seq = r.mm->lock_seq;
			mm->layout_time = r.mm->time;
			mm->generation++;
			mm->live_count = 0;
			p->mm_id = mm->id;
		} else if (mm && r.type == MMT_LAYOUT_END) {
			ended = r.end->lock_seq == mm->lock_seq;
		} else if (mm && r.type == MMT_LAYOUT_VMA && anchor_is_own(r.vma->vma.anchor)) {
			s->base.decode_errors++;
		} else if (mm && !mm->child && r.type == MMT_LAYOUT_VMA) {
			if (r.vma->name_flags & MMT_NAME_NEW) {
				state.len = decode_name(r.vma->name_flags, r.vma->vma.ino, r.path, r.vma->path_len, state.path);
				state.cut = r.vma->name_flags & (MMT_NAME_CUT | MMT_NAME_UNKNOWN);
			}
			layout_vma(s, mm, &r, &state);
		}
	}
	if (c.at != c.size)
		s->base.decode_errors++;
	if (!mm)
		return;
	layout_vsyscall(s, mm);
	layout_finish(s, mm);
	mm->racing = !ended;
}

/* A stack may be used again, by another thread. */
static void stack_owner(const struct session *s, struct vma *v, pid_t tid)
{
	if (!v->thread_stack || !tid || v->thread == tid)
		return;
	v->thread = tid;
	vma_changed(s, v);
}

void layout_stack_pointer(struct session *s, const struct input_stack *in)
{
	const struct process *p = session_find(s, in->pid);
	const struct mm *mm = p ? process_mm(s, p) : NULL;

	for (struct vma *v = mm ? mm->vmas : NULL; v; v = v->next)
		if (v->live && v->known && v->v.start <= in->sp && in->sp < v->v.end) {
			kind_stack_pointer(s, v);
			stack_owner(s, v, in->tid);
		}
}

/* --- resident memory --- */

static int by_start(const void *a, const void *b)
{
	const struct vma *x = *(struct vma *const *)a, *y = *(struct vma *const *)b;

	return x->v.start < y->v.start ? -1 : x->v.start > y->v.start;
}

static void memory_set(const struct session *s, struct vma *v, const struct input_memory *read, uint64_t now)
{
	bool changed = false;

	for (int i = 0; i < MEMORY_READINGS; i++) {
		if (read->amount[i] == MEMORY_UNKNOWN)
			continue;
		changed |= v->memory[i] != read->amount[i];
		v->memory[i] = read->amount[i];
	}
	if (read->amount[MEMORY_RSS] != MEMORY_UNKNOWN) {
		changed |= v->rss_uncertain != read->uncertain;
		v->rss_uncertain = read->uncertain;
		v->rss_time = now;
	}
	if (changed)
		vma_changed(s, v);
}

/* A sum of which a part is not known is not known, but for swap: what is swapped out of shared memory is
 * the file's, and in no process's VmSwap either.  What was not read stays. */
static void process_memory(struct session *s, struct process *p, const struct input_memory *list, size_t n)
{
	for (int i = 0; i < MEMORY_READINGS; i++) {
		uint64_t sum = 0;
		size_t known = 0;

		for (size_t k = 0; k < n; k++)
			if (list[k].amount[i] != MEMORY_UNKNOWN) {
				sum += list[k].amount[i];
				known++;
			}
		sum = known == n || i == MEMORY_SWAP ? sum : MEMORY_UNKNOWN;
		if (known && p->memory[i] != sum) {
			p->memory[i] = sum;
			process_changed(s, p);
		}
	}
}

/* As older versions recorded it. */
void layout_resident(struct session *s, const struct input_rss *head, const struct input_resident *list, size_t n)
{
	struct input_memory *all = xcalloc(n + 1, sizeof(*all));

	for (size_t i = 0; i < n; i++) {
		all[i].start = list[i].start;
		for (int a = 0; a < MEMORY_READINGS; a++)
			all[i].amount[a] = a == MEMORY_RSS ? list[i].bytes : MEMORY_UNKNOWN;
	}
	layout_memory(s, head, all, n);
	free(all);
}

/* Those that live, ascending; the caller's. */
static struct vma **living_vmas(const struct mm *mm, size_t *count)
{
	struct vma **living = xcalloc(mm->vma_count + 1, sizeof(*living));

	*count = 0;
	for (struct vma *v = mm->vmas; v; v = v->next)
		if (v->live && v->known)
			living[(*count)++] = v;
	if (*count)
		qsort(living, *count, sizeof(*living), by_start);
	return living;
}

/* Both lists ascend. A VMA that came or went since the layout has no partner. */
void layout_memory(struct session *s, const struct input_rss *head, const struct input_memory *list, size_t n)
{
	struct process *p = session_find(s, head->pid);
	struct mm *mm = p ? process_mm(s, p) : NULL;
	struct vma **living;
	size_t count, at = 0;

	if (!mm)
		return;
	mm->looked = true;
	living = living_vmas(mm, &count);
	process_memory(s, p, list, n);
	for (size_t i = 0; i < n; i++) {
		mm->memory_read |= list[i].amount[MEMORY_RSS] != MEMORY_UNKNOWN;
		while (at < count && living[at]->v.start < list[i].start)
			at++;
		if (at == count || living[at]->v.start != list[i].start)
			continue;
		memory_set(s, living[at], &list[i], head->now);
	}
	free(living);
}

/* Of shared mappings there is nothing to copy, and anonymous memory is nobody else's from the start. */
void layout_copied(struct session *s, const struct input_rss *head, const struct input_resident *list, size_t n)
{
	struct process *p = session_find(s, head->pid);
	struct mm *mm = p ? process_mm(s, p) : NULL;
	size_t count, at = 0;
	struct vma **living;
	uint64_t sum = 0;

	if (!mm)
		return;
	living = living_vmas(mm, &count);
	for (size_t i = 0; i < n; i++) {
		struct vma *v;

		while (at < count && living[at]->v.start < list[i].start)
			at++;
		v = at < count && living[at]->v.start == list[i].start ? living[at] : NULL;
		if (!v || !(v->v.kind & MMT_VMA_FILE) || v->v.vm_flags & VM_MAYSHARE)
			continue;
		sum += list[i].bytes;
		if (v->memory[MEMORY_COPIED] == list[i].bytes)
			continue;
		v->memory[MEMORY_COPIED] = list[i].bytes;
		vma_changed(s, v);
	}
	free(living);
	if (p->memory[MEMORY_COPIED] != sum)
		process_changed(s, p);
	p->memory[MEMORY_COPIED] = sum;
}
