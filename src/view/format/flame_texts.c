/* SPDX-License-Identifier: GPL-2.0 */
#include "view/format/flame_texts.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

struct flame_text { const char *text; uint32_t number; struct flame_text *next_same, *next; };

static uint64_t hash_of(const char *text)
{
	uint64_t hash = 0xcbf29ce484222325ull;

	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 0x100000001b3ull;
	return hash;
}

uint32_t flame_text_number(struct flame_texts *t, const char *text)
{
	uint64_t key;
	struct flame_text *h;

	if (!text || !text[0])
		return 0;
	key = hash_of(text);
	for (h = map_get_number(&t->by_text, key); h; h = h->next_same)
		if (!strcmp(h->text, text))
			return h->number;
	h = xcalloc(1, sizeof(*h));
	*h = (struct flame_text){ text, ++t->count, map_get_number(&t->by_text, key), t->first };
	t->first = h;
	map_set_number(&t->by_text, key, h);
	json_text(&t->list, NULL, text);
	return h->number;
}

void flame_texts_free(struct flame_texts *t)
{
	for (struct flame_text *h = t->first, *next; h; h = next) {
		next = h->next;
		free(h);
	}
	map_free(&t->by_text);
	json_free(&t->list);
}
