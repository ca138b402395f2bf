/* SPDX-License-Identifier: GPL-2.0 */
#include "input/input.h"

#include <string.h>

typedef struct { } none; /* GNU C: its size is 0 */

struct shape { bool known; uint32_t head, element; };

static const struct shape shapes[] = {
#define INPUT(NAME, n, head, element, help) [n] = { true, sizeof(head), sizeof(element) },
#include "input/input.def"
#undef INPUT
};

static const struct shape *shape_of(uint32_t kind)
{
	return kind < sizeof(shapes) / sizeof(shapes[0]) && shapes[kind].known ? &shapes[kind] : NULL;
}

bool input_valid(const struct input *in)
{
	const struct shape *s = shape_of(in->kind);

	if (!s || in->head_size != s->head || (s->head && !in->head))
		return false;
	if (!in->size)
		return true;
	return in->body && s->element && in->size % s->element == 0;
}

const void *input_head(const struct input *in)
{
	if (!input_valid(in))
		return NULL;
	return in->head ? in->head : (const void *)in;
}

size_t input_count(const struct input *in)
{
	const struct shape *s = shape_of(in->kind);

	return s && s->element ? in->size / s->element : 0;
}

const char *input_text(const struct input *in, size_t *at)
{
	size_t left = *at < in->size ? in->size - *at : 0, len;
	const char *text;

	if (!left)
		return NULL;
	text = (const char *)in->body + *at;
	len = strnlen(text, left);
	if (len == left)
		return NULL;
	*at += len + 1;
	return text;
}
