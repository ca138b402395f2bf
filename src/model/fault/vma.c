/* SPDX-License-Identifier: GPL-2.0 */
/* Rows of VMAs: which one a key or a VMA of the kernel leads to, and its name. */
#include <stdlib.h>
#include <string.h>

#include "model/fault/internal.h"
#include "model/fault/vm.h"

void vma_free(struct vma *v)
{
	mapping_forget(v);
	stat_free(&v->faults);
	slices_free(v);
	free(v->calls);
	free(v->name);
	free(v);
}

static int vma_order(const void *a, const void *b)
{
	const struct vma *x = *(struct vma *const *)a, *y = *(struct vma *const *)b;

	if (x->mm != y->mm)
		return x->mm->proc->id != y->mm->proc->id ? (x->mm->proc->id < y->mm->proc->id ? -1 : 1)
							  : (x->mm->id < y->mm->id ? -1 : 1);
	return x->v.start < y->v.start ? -1 : x->v.start > y->v.start ? 1 : x->id < y->id ? -1 : x->id > y->id;
}

struct vma **vmas_all(const struct session *s, size_t *count)
{
	size_t n = 0, i = 0;
	struct vma **all;

	for (const struct mm *mm = s->mms; mm; mm = mm->next)
		n += mm->vma_count;
	all = xmalloc((n + 1) * sizeof(*all));
	for (const struct mm *mm = s->mms; mm; mm = mm->next)
		for (struct vma *v = mm->vmas; v; v = v->next)
			all[i++] = v;
	*count = n;
	return all;
}

struct vma **session_vmas(const struct session *s, size_t *count)
{
	struct vma **all = vmas_all(s, count);

	qsort(all, *count, sizeof(*all), vma_order);
	return all;
}

const struct vma *session_vma_by_key(const struct session *s, uint32_t mm_id, uint32_t sig, uint64_t anchor)
{
	return slot_find(s, mm_id, sig, anchor);
}

const struct vma *session_vma_of(const struct session *s, const struct mmt_fault *f)
{
	const struct vma *v = f->flags & MMT_FAULT_NO_VMA ? NULL : session_vma_by_key(s, f->head.mm_id, f->sig, f->anchor);

	return v ? vma_holder(v, f->addr) : NULL;
}

void vma_name(struct vma *v, const char *name, size_t len)
{
	if (v->name && strlen(v->name) == len && !memcmp(v->name, name, len))
		return;
	free(v->name);
	v->name = xstrndup(name, len);
	v->named++;
	if (v->v.vm_flags & VM_EXEC)
		v->mm->code_changes++;
}

/* The kernel's own rules, vma_is_initial_heap() and vma_is_initial_stack(), in
 * the order of show_map_vma(). Before 6.7 what touches the heap was [heap]. */
const char *vma_initial_name(const struct session *s, const struct mm *mm, const struct mmt_vma *v)
{
	const struct mmt_mm_bounds *m = &mm->bounds;
	uint64_t slack = s->heap_touching;

	if (v->kind & (MMT_VMA_FILE | MMT_VMA_SPECIAL))
		return NULL;
	if (v->start < m->brk + slack && v->end + slack > m->start_brk)
		return "[heap]";
	return v->start <= m->start_stack && v->end >= m->start_stack ? "[stack]" : NULL;
}

/* For a VMA that no layout has shown: the break may have moved since the bounds. */
void vma_name_by_bounds(const struct session *s, struct vma *v)
{
	const char *name = vma_initial_name(s, v->mm, &v->v);

	if (!v->known || v->name[0])
		return;
	if (!name && mm_heap_begins(v->mm, &v->v))
		name = "[heap]";
	if (!name)
		return;
	vma_name(v, name, strlen(name));
	vma_changed(s, v);
}

#define CHAIN_LOOK 32

struct vma *vma_without_key(struct session *s, struct mm *mm, uint32_t sig)
{
	struct vma *v = xcalloc(1, sizeof(*v));

	v->id = ++s->next_vma;
	v->mm = mm;
	mm->changed = s->base.version;
	v->live = !mm->ended; /* late faults of one that ended: a row to merge, as the others */
	for (int i = 0; i < MEMORY_AMOUNTS; i++)
		v->memory[i] = MEMORY_UNKNOWN;
	v->elf_read = ELF_READ;
	v->v.sig = sig;
	vma_name(v, mm->child ? "[exec]" : "", mm->child ? 6 : 0);
	v->next = mm->vmas;
	mm->vmas = v;
	mm->vma_count++;
	slot_chain(s, v, sig);
	return v;
}

struct vma *vma_new(struct session *s, struct mm *mm, uint32_t sig, uint64_t anchor)
{
	struct vma *v = vma_without_key(s, mm, sig);

	v->v.anchor = anchor;
	slot_set(s, v, sig, anchor);
	return v;
}

struct vma *vma_get(struct session *s, struct mm *mm, uint32_t sig, uint64_t anchor)
{
	struct vma *v = slot_find(s, mm->id, sig, anchor);

	if (!v && mm->child && mm->vmas) {
		v = mm->vmas;
		slot_set(s, v, sig, anchor);
	}
	return v ? v : vma_new(s, mm, sig, anchor);
}

/* A VMA that a merge or a growth moved: same identity, overlapping range. Looks
 * at the youngest only, since a program may map and unmap alike without end. */
static struct vma *vma_moved_start(struct session *s, struct mm *mm, const struct mmt_vma *now)
{
	struct vma *v = slot_youngest(s, mm->id, now->sig);

	for (int i = 0; v && i < CHAIN_LOOK; i++, v = v->same_sig)
		if (v->live && v->known && v->v.start < now->end && now->start < v->v.end)
			return v;
	return NULL;
}

static bool vma_is(const struct vma *v, const struct mmt_vma *now)
{
	return !v->known || !v->live || v->v.anchor == now->anchor ||
	       (v->v.start < now->end && now->start < v->v.end);
}

/* A slot may lead to a row that has moved on since: then another VMA has come to its
 * former place.  A row serves one VMA of a layout (generation `placed`). */
struct vma *vma_former(struct session *s, struct mm *mm, const struct mmt_vma *now, uint32_t placed)
{
	struct vma *v = slot_find(s, mm->id, now->sig, now->anchor);

	if (v && vma_is(v, now) && v->generation != placed)
		return v;
	v = mm->generation ? vma_moved_start(s, mm, now) : NULL;
	return v && v->generation != placed ? v : NULL;
}

struct vma *vma_row(struct session *s, struct mm *mm, const struct mmt_vma *now, uint32_t placed)
{
	struct vma *v = vma_former(s, mm, now, placed), *before = slot_find(s, mm->id, now->sig, now->anchor);

	if (!v) {
		v = vma_new(s, mm, now->sig, now->anchor);
		if (before)
			vma_takes_key(s, v, before);
		return v;
	}
	v = vma_after_cut(s, v, now);
	slot_set(s, v, now->sig, now->anchor);
	return v;
}
