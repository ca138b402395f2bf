/* SPDX-License-Identifier: GPL-2.0 */
/* A map from keys of one size, some words of 64 bits, to pointers that are not owned.
 * Open addressing: the words and the pointer stand side by side, at most three of four
 * slots are used.  A removed key leaves nothing behind: those behind it move up.  So the
 * table grows with what it holds at once, never with what came and went: it has at most
 * 8/3 as many slots as the most keys there ever were, 64 at least.  map_filter() and
 * map_free() give memory back.  How many keys may come is for the owner to bound. */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct map {
	uint64_t *slots; /* each: words of the key, then the value; value 0: free */
	size_t size, used;
	unsigned words;
};

#define MAP(key_words) ((struct map){ .words = (key_words) }) /* an empty one */

/* Puts or replaces; value is not NULL. Aborts when out of memory. */
void map_set(struct map *m, const uint64_t *key, void *value);
/* Returns what was there, or NULL. */
void *map_remove(struct map *m, const uint64_t *key);
/* Drops the keys of which keep() says no, and the room that they had. keep() may free the value then. */
void map_filter(struct map *m, bool (*keep)(void *ctx, void *value), void *ctx);
/* Each value once, in no order: *at is 0 at first. NULL: no more. *key: its words, or NULL. */
void *map_next(const struct map *m, size_t *at, const uint64_t **key);
/* Empty again. */
void map_free(struct map *m);

/* Inline, for look-ups that each event makes: with constant `words` the loops vanish. */
static inline size_t map_hash(const uint64_t *key, unsigned words)
{
	uint64_t hash = 0;

	for (unsigned w = 0; w < words; w++)
		hash = (hash ^ key[w]) * 0x9e3779b97f4a7c15ull;
	return (size_t)(hash ^ hash >> 32);
}

static inline uint64_t *map_slot(const struct map *m, const uint64_t *key, unsigned words)
{
	for (size_t i = map_hash(key, words);; i++) {
		uint64_t *slot = m->slots + (i & (m->size - 1)) * (words + 1), differs = 0;

		for (unsigned w = 0; w < words; w++)
			differs |= slot[w] ^ key[w];
		if (!differs || !slot[words])
			return slot;
	}
}

static inline void *map_get_words(const struct map *m, const uint64_t *key, unsigned words)
{
	uint64_t *slot = m->size ? map_slot(m, key, words) : NULL;

	return slot ? (void *)(uintptr_t)slot[words] : NULL;
}

/* NULL: not there. */
static inline void *map_get(const struct map *m, const uint64_t *key)
{
	return map_get_words(m, key, m->words);
}

/* Of a map whose keys are single numbers. */
static inline void *map_get_number(const struct map *m, uint64_t key)
{
	return map_get_words(m, &key, 1);
}

static inline void map_set_number(struct map *m, uint64_t key, void *value)
{
	map_set(m, &key, value);
}

#endif
