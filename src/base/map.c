/* SPDX-License-Identifier: GPL-2.0 */
#include "base/map.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

#define SIZE_MIN 64

static size_t stride(const struct map *m)
{
	return m->words + 1;
}

static uint64_t *slot_at(const struct map *m, size_t i)
{
	return m->slots + i * stride(m);
}

static void resize(struct map *m, size_t size)
{
	struct map old = *m;

	m->size = size;
	m->slots = xcalloc(size, stride(m) * sizeof(*m->slots));
	for (size_t i = 0; i < old.size; i++) {
		const uint64_t *from = slot_at(&old, i);

		if (from[m->words])
			memcpy(map_slot(m, from, m->words), from, stride(m) * sizeof(*from));
	}
	free(old.slots);
}

void map_set(struct map *m, const uint64_t *key, void *value)
{
	uint64_t *slot;

	assert(m->words && value);
	if (!m->size)
		resize(m, SIZE_MIN);
	slot = map_slot(m, key, m->words);
	if (!slot[m->words] && (m->used + 1) * 4 > m->size * 3) {
		resize(m, m->size * 2);
		slot = map_slot(m, key, m->words);
	}
	m->used += !slot[m->words];
	memcpy(slot, key, m->words * sizeof(*key));
	slot[m->words] = (uintptr_t)value;
}

/* A look-up ends at a free slot.  So whatever a look-up reaches across the hole moves into it,
 * and leaves a hole in turn. */
static void hole_close(struct map *m, size_t hole)
{
	size_t mask = m->size - 1;

	for (size_t i = (hole + 1) & mask; slot_at(m, i)[m->words]; i = (i + 1) & mask) {
		if (((i - map_hash(slot_at(m, i), m->words)) & mask) < ((i - hole) & mask))
			continue; /* its look-up begins behind the hole */
		memcpy(slot_at(m, hole), slot_at(m, i), stride(m) * sizeof(*m->slots));
		hole = i;
	}
	slot_at(m, hole)[m->words] = 0;
	m->used--;
}

void *map_remove(struct map *m, const uint64_t *key)
{
	uint64_t *slot = m->size ? map_slot(m, key, m->words) : NULL;
	void *value = slot ? (void *)(uintptr_t)slot[m->words] : NULL;

	if (value)
		hole_close(m, (size_t)(slot - m->slots) / stride(m));
	return value;
}

void map_filter(struct map *m, bool (*keep)(void *ctx, void *value), void *ctx)
{
	size_t size = SIZE_MIN;

	for (size_t i = 0; i < m->size; i++) {
		uint64_t *slot = slot_at(m, i);

		if (slot[m->words] && !keep(ctx, (void *)(uintptr_t)slot[m->words])) {
			slot[m->words] = 0;
			m->used--;
		}
	}
	while (m->used * 4 > size * 3)
		size *= 2;
	if (m->size)
		resize(m, size); /* in any case: the holes are not closed */
}

void *map_next(const struct map *m, size_t *at, const uint64_t **key)
{
	while (*at < m->size) {
		const uint64_t *slot = slot_at(m, (*at)++);

		if (!slot[m->words])
			continue;
		if (key)
			*key = slot;
		return (void *)(uintptr_t)slot[m->words];
	}
	return NULL;
}

void map_free(struct map *m)
{
	free(m->slots);
	*m = MAP(m->words);
}
