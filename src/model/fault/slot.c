/* SPDX-License-Identifier: GPL-2.0 */
/* Which VMA a fault's key (mm, sig, anchor) leads to.  A VMA that moved keeps its
 * former keys, until another comes there. */
#include "model/fault/internal.h"

#include <stdlib.h>

/* The key with ANCHOR_CHAIN leads to the youngest VMA with one mm and sig, and so to all of
 * them (vma.same_sig).  That chain is no map: it is asked which of its VMAs overlap a range,
 * of the youngest only (vma.c). */

static const uint64_t *key_of(uint32_t mm_id, uint32_t sig, uint64_t anchor, uint64_t key[2])
{
	key[0] = (uint64_t)mm_id << 32 | sig;
	key[1] = anchor;
	return key;
}

struct vma *slot_find(const struct session *s, uint32_t mm_id, uint32_t sig, uint64_t anchor)
{
	uint64_t key[2];

	return map_get_words(&s->slots, key_of(mm_id, sig, anchor, key), 2);
}

void slot_set(struct session *s, struct vma *v, uint32_t sig, uint64_t anchor)
{
	uint64_t key[2];

	map_set(&s->slots, key_of(v->mm->id, sig, anchor, key), v);
}

void slot_chain(struct session *s, struct vma *v, uint32_t sig)
{
	v->same_sig = slot_youngest(s, v->mm->id, sig);
	slot_set(s, v, sig, ANCHOR_CHAIN);
}

struct vma *slot_youngest(const struct session *s, uint32_t mm_id, uint32_t sig)
{
	return slot_find(s, mm_id, sig, ANCHOR_CHAIN);
}

static int by_age(const void *a, const void *b)
{
	const struct vma *x = *(struct vma *const *)a, *y = *(struct vma *const *)b;

	return x->id < y->id ? -1 : x->id > y->id;
}

void slots_forget(struct session *s)
{
	struct map old = s->slots;
	struct vma *v, **all;
	const uint64_t *key;
	size_t at = 0, count;

	all = vmas_all(s, &count);
	s->slots = MAP(2);
	while ((v = map_next(&old, &at, &key)))
		if (!v->into && key[1] == v->v.anchor)
			map_set(&s->slots, key, v);
	map_free(&old);
	qsort(all, count, sizeof(*all), by_age);
	for (size_t i = 0; i < count; i++)
		if (!all[i]->into)
			slot_chain(s, all[i], all[i]->v.sig);
	free(all);
}
