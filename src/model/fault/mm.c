/* SPDX-License-Identifier: GPL-2.0 */
#include <stdlib.h>
#include <string.h>

#include "model/fault/internal.h"
#include "model/fault/kind.h"

struct mm *mm_get(struct session *s, uint32_t id, pid_t pid, bool own)
{
	struct mm *mm = s->last_mm && s->last_mm->id == id ? s->last_mm : map_get_number(&s->by_mm, id);

	if (!mm) {
		mm = xcalloc(1, sizeof(*mm));
		mm->id = id;
		/* until its own process is heard of */
		mm->proc = own || !s->processes ? process_get(s, pid) : s->processes;
		mm->owned = own;
		mm->child = own && s->child && pid == s->child && (!s->child_mm || id < s->child_mm);
		s->child = mm->child ? 0 : s->child;
		mm->next = s->mms;
		s->mms = mm;
		map_set_number(&s->by_mm, id, mm);
	} else if (own && !mm->owned) {
		mm->proc = process_get(s, pid);
		mm->owned = true;
	}
	return s->last_mm = mm;
}

struct mm *process_mm(const struct session *s, const struct process *p)
{
	return map_get_number(&s->by_mm, p->mm_id);
}

bool session_layout_current(const struct session *s, pid_t pid, const struct mmt_watch *now)
{
	const struct process *p = map_get_number(&s->by_pid, (uint64_t)pid);
	const struct mm *mm = p && !p->dead && p->mm_id == now->mm_id ? process_mm(s, p) : NULL;

	return mm && mm->have_mm_bounds && !mm->racing && now->lock_seq != ~0ull && mm->lock_seq == now->lock_seq;
}

void mm_set_bounds(struct mm *mm, const struct mmt_mm_bounds *bounds)
{
	mm->bounds = *bounds;
	mm->have_mm_bounds = true;
	mm->brk_top = bounds->brk > mm->brk_top ? bounds->brk : mm->brk_top;
}

bool mm_heap_begins(const struct mm *mm, const struct mmt_vma *v)
{
	return mm->have_mm_bounds && !(v->kind & (MMT_VMA_FILE | MMT_VMA_SPECIAL)) && v->start >= mm->bounds.start_brk &&
	       v->start <= PAGE_UP(mm->brk_top);
}

void mm_born(struct session *s, struct mm *mm, const struct mmt_mm_bounds *bounds)
{
	/* a parent that spawns by vfork() sends its own bounds each time: its VMAs are judged already */
	if (mm->have_mm_bounds && !memcmp(&mm->bounds, bounds, sizeof(*bounds)))
		return;
	mm_set_bounds(mm, bounds);
	for (struct vma *v = mm->vmas; v; v = v->next) {
		vma_name_by_bounds(s, v);
		if (v->known && !v->judged)
			kind_judge(s, v, NULL);
	}
}

void mm_ended(struct session *s, struct mm *mm, const struct mmt_mm_bounds *bounds)
{
	if (bounds)
		mm_set_bounds(mm, bounds);
	mm->ended = true;
	kind_judge_living(s, mm);
	for (struct vma *v = mm->vmas; v; v = v->next) {
		if (v->live)
			vma_changed(s, v);
		v->to_the_end = v->live;
		v->live = false;
	}
	mm->live_count = 0;
}

bool session_layout_raced(const struct session *s, pid_t pid)
{
	const struct process *p = session_find(s, pid);
	const struct mm *mm = p ? process_mm(s, p) : NULL;

	return !mm || mm->racing; /* no mm: what was read was damaged */
}

static void mm_free(struct mm *mm)
{
	for (struct vma *v = mm->vmas, *next; v; v = next) {
		next = v->next;
		vma_free(v);
	}
	free(mm);
}

void mms_free(struct session *s)
{
	for (struct mm *m = s->mms, *next; m; m = next) {
		next = m->next;
		mm_free(m);
	}
}
