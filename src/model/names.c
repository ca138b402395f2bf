/* SPDX-License-Identifier: GPL-2.0 */
#include "model/names.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

#define KINDS (INPUT_NAME_CODE + 1)
/* At one address each process has its own. */
#define OF_PROCESS(pid) ((uint64_t)INPUT_NAME_CODE | (uint64_t)(uint32_t)(pid) << 32)

static struct name *find(const struct names *n, uint64_t kind, uint64_t key)
{
	return map_get(&n->by_key, (uint64_t[]){ kind, key });
}

const struct name *name_find(const struct names *n, enum input_name_kind kind, uint64_t key)
{
	return find(n, kind, key);
}

const struct name *name_find_code(const struct names *n, int32_t pid, uint64_t key)
{
	return find(n, OF_PROCESS(pid), key);
}

void names_init(struct names *n)
{
	n->by_key = MAP(2);
}

void names_clean(struct names *n)
{
	struct name *one;
	size_t at = 0;

	while ((one = map_next(&n->by_key, &at, NULL)))
		free(one);
	map_free(&n->by_key);
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
	uint64_t kind = head->kind == INPUT_NAME_CODE ? OF_PROCESS(head->flags) : head->kind;
	struct name *one, *old;

	if (!text || !head->kind || head->kind >= KINDS) {
		m->decode_errors++;
		return;
	}
	old = find(n, kind, head->key);
	one = name_new(head, text, more ? more : "");
	one->reading = n->readings + 1;
	map_set(&n->by_key, (uint64_t[]){ kind, head->key }, one);
	n->fresh += !old;
	free(old);
}

void names_use(struct names *n, uint32_t kind, uint64_t key)
{
	struct name *one = find(n, kind, key);

	if (one)
		one->reading = n->readings + 1;
}

static bool is_recent(void *ctx, void *value)
{
	const struct names *n = ctx;
	struct name *one = value;
	bool recent = one->reading + 1 >= n->readings;

	if (!recent)
		free(one);
	return recent;
}

void names_retain(struct names *n)
{
	n->readings++;
	n->fresh = 0;
	if (names_many(n))
		map_filter(&n->by_key, is_recent, n);
}

bool names_many(const struct names *n)
{
	return n->by_key.used > NAMES_KEPT;
}

bool names_full(const struct names *n)
{
	return n->fresh >= NAMES_MAX;
}
