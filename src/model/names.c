/* SPDX-License-Identifier: GPL-2.0 */
#include "model/names.h"

#include <stdlib.h>

#include "base/alloc.h"

#define NAMES_MAX 65536

const struct name *name_find(const struct names *n, enum input_name_kind kind, uint64_t key)
{
	return idmap_get(&n->by_key[kind], key);
}

void names_clean(struct names *n)
{
	for (struct name *one = n->list, *next; one; one = next) {
		next = one->next;
		free(one->text);
		free(one->more);
		free(one);
	}
	n->list = NULL;
	n->count = 0;
	for (size_t i = 0; i < sizeof(n->by_key) / sizeof(n->by_key[0]); i++)
		idmap_free(&n->by_key[i]);
}

/* A later name of the same number replaces the former. */
void names_input(struct names *n, struct model *m, const struct input *in)
{
	const struct input_name *head = in->head;
	size_t at = 0;
	const char *text = input_text(in, &at), *more = text ? input_text(in, &at) : NULL;
	struct name *one;

	if (!text || !head->kind || head->kind > INPUT_NAME_OOM) {
		m->decode_errors++;
		return;
	}
	if (n->count >= NAMES_MAX)
		names_clean(n);
	one = xcalloc(1, sizeof(*one));
	*one = (struct name){ head->key, head->extra, head->flags, xstrdup(text), xstrdup(more ? more : ""), n->list };
	n->list = one;
	n->count++;
	idmap_set(&n->by_key[head->kind], head->key, one);
}
