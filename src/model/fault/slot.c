/* SPDX-License-Identifier: GPL-2.0 */
/* Which VMA a fault's key (mm, sig, anchor) leads to.  A VMA that moved keeps its
 * former keys, until another comes there. */
#include "model/fault/internal.h"

#include <stdlib.h>

/* Anchor of the slot that heads the chain of VMAs with one mm and sig: no VMA
 * starts there. */
#define CHAIN_ANCHOR 1

static size_t slot_hash(uint32_t mm_id, uint32_t sig, uint64_t anchor)
{
	uint64_t h = (anchor >> 12) * 0x9e3779b97f4a7c15ull ^ ((uint64_t)mm_id << 32 | sig) * 0xc2b2ae3d27d4eb4full;

	return (size_t)(h ^ h >> 29);
}

struct vma_slot *slot_find(const struct session *s, uint32_t mm_id, uint32_t sig, uint64_t anchor)
{
	size_t i = slot_hash(mm_id, sig, anchor) & (s->slot_count - 1);

	while (s->slots[i].vma && (s->slots[i].mm_id != mm_id || s->slots[i].sig != sig ||
				   s->slots[i].anchor != anchor))
		i = (i + 1) & (s->slot_count - 1);
	return &s->slots[i];
}

static void slots_grow(struct session *s)
{
	struct vma_slot *old = s->slots;
	size_t n = s->slot_count;

	s->slot_count *= 2;
	s->slots = xcalloc(s->slot_count, sizeof(*s->slots));
	for (size_t i = 0; i < n; i++)
		if (old[i].vma)
			*slot_find(s, old[i].mm_id, old[i].sig, old[i].anchor) = old[i];
	free(old);
}

void slot_set(struct session *s, struct vma *v, uint32_t sig, uint64_t anchor)
{
	struct vma_slot *slot = slot_find(s, v->mm->id, sig, anchor);

	if (!slot->vma && ++s->slot_used * 4 > s->slot_count * 3) {
		slots_grow(s);
		slot = slot_find(s, v->mm->id, sig, anchor);
	}
	*slot = (struct vma_slot){ v, anchor, v->mm->id, sig };
}

void slot_chain(struct session *s, struct vma *v, uint32_t sig)
{
	v->same_sig = slot_youngest(s, v->mm->id, sig);
	slot_set(s, v, sig, CHAIN_ANCHOR);
}

struct vma *slot_youngest(const struct session *s, uint32_t mm_id, uint32_t sig)
{
	return slot_find(s, mm_id, sig, CHAIN_ANCHOR)->vma;
}

static int by_age(const void *a, const void *b)
{
	const struct vma *x = *(struct vma *const *)a, *y = *(struct vma *const *)b;

	return x->id < y->id ? -1 : x->id > y->id;
}

void slots_forget(struct session *s)
{
	struct vma_slot *old = s->slots;
	size_t n = s->slot_count, count;
	struct vma **all = vmas_all(s, &count);

	s->slots = xcalloc(s->slot_count, sizeof(*s->slots));
	s->slot_used = 0;
	for (size_t i = 0; i < n; i++)
		if (old[i].vma && !old[i].vma->into && old[i].anchor == old[i].vma->v.anchor)
			slot_set(s, old[i].vma, old[i].sig, old[i].anchor);
	free(old);
	qsort(all, count, sizeof(*all), by_age);
	for (size_t i = 0; i < count; i++)
		if (!all[i]->into)
			slot_chain(s, all[i], all[i]->v.sig);
	free(all);
}
