/* SPDX-License-Identifier: GPL-2.0 */
#include "view/tree.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

struct tree {
	char *key; /* NULL in an array */
	bool leaf, array;
	enum unit unit;
	struct value value; /* of a leaf; its text is owned */
	struct tree *child, **end, *next;
};

/* Takes a nested value; place: where the next one goes, by order in an array. */
struct adder { struct nest_out out; struct tree *at[16]; size_t index[16]; int depth, skipped; };

struct tree *tree_new(bool array)
{
	struct tree *t = xcalloc(1, sizeof(*t));

	t->array = array;
	t->end = &t->child;
	return t;
}

void tree_free(struct tree *t)
{
	for (struct tree *next; t; t = next) {
		next = t->next;
		tree_free(t->child);
		if (t->leaf && t->value.type == VALUE_TEXT)
			free((char *)t->value.text);
		free(t->key);
		free(t);
	}
}

static struct tree *place(struct adder *a, const char *key, bool array)
{
	struct tree *parent = a->at[a->depth], *t = parent->child;
	size_t index = a->index[a->depth]++;

	for (; t; t = t->next)
		if (key ? t->key && !strcmp(t->key, key) : !index--)
			return t;
	t = tree_new(array);
	t->key = key ? xstrdup(key) : NULL;
	*parent->end = t;
	parent->end = &t->next;
	return t;
}

static void add_open(struct nest_out *o, const char *key, bool array)
{
	struct adder *a = (struct adder *)o;
	struct tree *t;

	if (a->skipped || a->depth + 1 == (int)(sizeof(a->at) / sizeof(a->at[0]))) {
		a->skipped++;
		return;
	}
	t = place(a, key, array);
	a->at[++a->depth] = t;
	a->index[a->depth] = 0;
}

static void add_close(struct nest_out *o, bool array)
{
	struct adder *a = (struct adder *)o;

	(void)array;
	if (a->skipped)
		a->skipped--;
	else
		a->depth--;
}

static bool takes_max(const char *key)
{
	size_t len = key ? strlen(key) : 0;

	return len >= 3 && !strcmp(key + len - 3, "max");
}

static void leaf_add(struct tree *t, const struct value *v)
{
	double a, b;

	if (t->value.type == VALUE_UINT && v->type == VALUE_UINT) {
		t->value.u = takes_max(t->key) ? (v->u > t->value.u ? v->u : t->value.u) : t->value.u + v->u;
		return;
	}
	a = value_number(&t->value);
	b = value_number(v);
	if (t->value.type == VALUE_REAL || t->value.type == VALUE_INT)
		t->value = value_real(takes_max(t->key) ? (a > b ? a : b) : a + b);
}

static void add_value(struct nest_out *o, const char *key, const struct value *v, enum unit unit)
{
	struct adder *a = (struct adder *)o;
	struct tree *t;

	if (a->skipped)
		return;
	t = place(a, key, false);
	if (t->leaf) {
		/* addresses and names are no amounts: what differs is not known */
		if (unit == UNIT_COUNT || unit == UNIT_NS || unit == UNIT_BYTES)
			leaf_add(t, v);
		return;
	}
	t->leaf = true;
	t->unit = unit;
	t->value = *v;
	if (v->type == VALUE_TEXT)
		t->value.text = xstrdup(v->text);
}

void tree_add(struct tree *t, const struct nest *n)
{
	struct adder a = { .out = { add_open, add_value, add_close }, .at = { t } };

	n->put(n, &a.out);
}

static void put_children(const struct tree *t, struct nest_out *o)
{
	for (const struct tree *c = t->child; c; c = c->next) {
		if (c->leaf) {
			o->value(o, c->key, &c->value, c->unit);
			continue;
		}
		o->open(o, c->key, c->array);
		put_children(c, o);
		o->close(o, c->array);
	}
}

static void put(const struct nest *n, struct nest_out *o)
{
	put_children(n->data, o);
}

struct value tree_value(const struct tree *t)
{
	return (struct value){ .type = VALUE_NEST, .nest = { put, t, NULL, t->array } };
}
