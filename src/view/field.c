/* SPDX-License-Identifier: GPL-2.0 */
#include "view/field.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"

int field_find(const struct row_type *type, const char *key, size_t len)
{
	if (len && *key == '-') {
		key++;
		len--;
	}
	for (int i = 0; i < type->count; i++)
		if (strlen(type->fields[i].key) == len && !memcmp(type->fields[i].key, key, len))
			return i;
	return -1;
}

const struct field *field_shows(const struct row_type *type, const char *sort)
{
	int i = sort ? field_find(type, sort, strlen(sort)) : -1;

	return i >= 0 && type->fields[i].flags & FIELD_SHOWS ? &type->fields[i] : NULL;
}

const char *field_path(const struct field *f)
{
	return f->path ? f->path : f->key;
}

/* --- values --- */

double value_number(const struct value *v)
{
	uint64_t ns;

	switch (v->type) {
	case VALUE_BOOL: return v->b;
	case VALUE_UINT: return (double)v->u;
	case VALUE_INT: return (double)v->i;
	case VALUE_REAL: return v->d;
	case VALUE_QUANTILE: return value_quantile(v, &ns) ? (double)ns : NAN;
	case VALUE_NONE: case VALUE_TEXT: case VALUE_NEST: break;
	}
	return NAN;
}

/* Upper bound of a bucket: see mmt_latency_bucket(). */
static uint64_t spread_upper(int bucket)
{
	int high = bucket / 2;

	if (!high)
		return 2;
	return bucket & 1 ? 2ull << high : 3ull << (high - 1);
}

bool value_quantile(const struct value *v, uint64_t *ns)
{
	const struct spread *s = v->quantile.spread;
	uint64_t seen = 0;

	*ns = s ? s->max : 0;
	if (!s || !s->max)
		return false;
	for (int b = 0; b < SPREAD_BUCKETS && v->quantile.q <= 1; b++) {
		seen += s->bucket[b];
		if (seen && (double)seen >= v->quantile.q * (double)s->total) {
			*ns = spread_upper(b) < s->max ? spread_upper(b) : s->max;
			break;
		}
	}
	return true;
}

/* What is not known is less than anything that is. */
int value_compare(const struct value *a, const struct value *b)
{
	double x, y;

	if (a->type == VALUE_TEXT && b->type == VALUE_TEXT)
		return strcmp(a->text, b->text);
	if (a->type == VALUE_TEXT || b->type == VALUE_TEXT)
		return a->type == VALUE_TEXT ? -1 : 1;
	if (a->type == VALUE_UINT && b->type == VALUE_UINT)
		return a->u < b->u ? -1 : a->u > b->u;
	x = value_number(a);
	y = value_number(b);
	if (isnan(x) || isnan(y))
		return !isnan(x) - !isnan(y);
	return x < y ? -1 : x > y;
}

/* --- scratch memory --- */

struct block { struct block *next; size_t size, used; };
struct scratch { struct block *blocks; };

#define BLOCK_BYTES 16384
#define ALIGNED(n) (((n) + 15) & ~(size_t)15)
#define BLOCK_HEAD ALIGNED(sizeof(struct block))

struct scratch *scratch_new(void)
{
	return xcalloc(1, sizeof(struct scratch));
}

/* Keeps one block, so that a row usually costs no allocation. */
void scratch_reset(struct scratch *s)
{
	while (s->blocks && (s->blocks->next || s->blocks->size > BLOCK_BYTES)) {
		struct block *next = s->blocks->next;

		free(s->blocks);
		s->blocks = next;
	}
	if (s->blocks)
		s->blocks->used = 0;
}

void scratch_free(struct scratch *s)
{
	for (struct block *b = s ? s->blocks : NULL, *next; b; b = next) {
		next = b->next;
		free(b);
	}
	free(s);
}

void *tick_alloc(const struct tick *t, size_t size)
{
	struct scratch *s = t->scratch;
	size_t need = ALIGNED(size ? size : 1);
	void *p;

	if (!s->blocks || s->blocks->size - s->blocks->used < need) {
		size_t room = need > BLOCK_BYTES ? need : BLOCK_BYTES;
		struct block *b = xmalloc(BLOCK_HEAD + room);

		*b = (struct block){ s->blocks, room, 0 };
		s->blocks = b;
	}
	p = (char *)s->blocks + BLOCK_HEAD + s->blocks->used;
	s->blocks->used += need;
	return memset(p, 0, size);
}

char *tick_printf(const struct tick *t, const char *fmt, ...)
{
	va_list ap;
	char *text;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	text = tick_alloc(t, (size_t)(n < 0 ? 0 : n) + 1);
	va_start(ap, fmt);
	vsnprintf(text, (size_t)(n < 0 ? 0 : n) + 1, fmt, ap);
	va_end(ap);
	return text;
}

char *tick_text(const struct tick *t, const char *text, size_t max)
{
	size_t len = strnlen(text, max);
	char *copy = tick_alloc(t, len + 1);

	return memcpy(copy, text, len);
}

char *tick_escaped(const struct tick *t, const char *text)
{
	size_t room = strlen(text) * 4 + 16;

	return (t->ascii ? text_escape_ascii : text_escape)(tick_alloc(t, room), room, text);
}
