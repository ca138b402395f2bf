/* SPDX-License-Identifier: GPL-2.0 */
#include "model/names.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

#define KINDS (INPUT_NAME_OOM + 1)

const struct name *name_find(const struct names *n, enum input_name_kind kind, uint64_t key)
{
	return idmap_get(&n->by_key[kind], key);
}

void names_clean(struct names *n)
{
	for (int kind = 0; kind < KINDS; kind++) {
		for (size_t i = 0; i < n->by_key[kind].size; i++)
			free(n->by_key[kind].slots[i].value);
		idmap_free(&n->by_key[kind]);
	}
	n->count = 0;
}

static struct name *name_new(const struct input_name *head, const char *text, const char *more)
{
	size_t text_size = strlen(text) + 1, more_size = strlen(more) + 1;
	struct name *one = xcalloc(1, sizeof(*one) + text_size + more_size);
	char *bytes = (char *)(one + 1);

	memcpy(bytes, text, text_size);
	memcpy(bytes + text_size, more, more_size);
	*one = (struct name){ .key = head->key, .extra = head->extra, .flags = head->flags, .text = bytes,
			      .more = bytes + text_size };
	return one;
}

/* A later name of the same number replaces the former: a process may run another program. */
void names_input(struct names *n, struct model *m, const struct input *in)
{
	const struct input_name *head = in->head;
	size_t at = 0;
	const char *text = input_text(in, &at), *more = text ? input_text(in, &at) : NULL;
	struct name *one, *old;

	if (!text || !head->kind || head->kind >= KINDS) {
		m->decode_errors++;
		return;
	}
	if (!n->retained && n->count >= NAMES_MAX)
		names_clean(n);
	old = idmap_get(&n->by_key[head->kind], head->key);
	one = name_new(head, text, more ? more : "");
	one->reading = n->readings + 1;
	idmap_set(&n->by_key[head->kind], head->key, one);
	n->count += !old;
	free(old);
}

void names_use(struct names *n, uint32_t kind, uint64_t key)
{
	struct name *one = kind && kind < KINDS ? idmap_get(&n->by_key[kind], key) : NULL;

	if (one)
		one->reading = n->readings + 1;
}

/* A map never shrinks: it is made anew of what is kept. */
static void map_retain(struct names *n, struct idmap *map)
{
	struct idmap kept = { 0 };

	for (size_t i = 0; i < map->size; i++) {
		struct name *one = map->slots[i].value;

		if (one && one->reading + 1 < n->readings) {
			free(one);
			n->count--;
		} else if (one) {
			idmap_set(&kept, one->key, one);
		}
	}
	idmap_free(map);
	*map = kept;
}

void names_retain(struct names *n)
{
	n->readings++;
	n->retained = true;
	for (int kind = 0; kind < KINDS && n->count > NAMES_KEPT; kind++)
		map_retain(n, &n->by_key[kind]);
}
