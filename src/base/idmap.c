/* SPDX-License-Identifier: GPL-2.0 */
#include "base/idmap.h"

#include <stdlib.h>

static struct idmap_slot *slot_of(const struct idmap *m, uint64_t key)
{
	uint64_t h = key * 0x9e3779b97f4a7c15ull;
	size_t i = (size_t)(h ^ h >> 32) & (m->size - 1);

	while (m->slots[i].value && m->slots[i].key != key)
		i = (i + 1) & (m->size - 1);
	return &m->slots[i];
}

void *idmap_get(const struct idmap *m, uint64_t key)
{
	return m->size ? slot_of(m, key)->value : NULL;
}

static void grow(struct idmap *m)
{
	struct idmap old = *m;

	m->size = old.size ? old.size * 2 : 64;
	m->slots = calloc(m->size, sizeof(*m->slots));
	if (!m->slots)
		abort(); /* a tracer that forgets would lie */
	for (size_t i = 0; i < old.size; i++)
		if (old.slots[i].value)
			*slot_of(m, old.slots[i].key) = old.slots[i];
	free(old.slots);
}

void idmap_set(struct idmap *m, uint64_t key, void *value)
{
	struct idmap_slot *slot;

	if ((m->used + 1) * 4 > m->size * 3)
		grow(m);
	slot = slot_of(m, key);
	m->used += !slot->value;
	*slot = (struct idmap_slot){ key, value };
}

void idmap_free(struct idmap *m)
{
	free(m->slots);
	*m = (struct idmap){ NULL, 0, 0 };
}
