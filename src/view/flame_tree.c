/* SPDX-License-Identifier: GPL-2.0 */
#include "view/flame_tree.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/map.h"

#define NODES 1000000

struct flame_tree {
	const struct flame_metric *metrics;
	unsigned metric_count;
	size_t nodes, limit;
	uint64_t cut;
	bool ready; /* totals and order hold */
	struct flame_node root;
	struct map by_frame; /* parent, hash of the frame: the first of those that have it */
	struct flame_node **all;
	size_t room;
};

struct flame_tree *flame_tree_new(const struct flame_metric *metrics, unsigned count, size_t limit)
{
	struct flame_tree *t = xcalloc(1, sizeof(*t));

	t->metrics = metrics;
	t->metric_count = count < FLAME_METRICS ? count : FLAME_METRICS;
	t->limit = limit ? limit : NODES;
	t->by_frame = MAP(2);
	return t;
}

void flame_tree_free(struct flame_tree *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->nodes; i++) {
		free(t->all[i]->name);
		free(t->all[i]->module);
		free(t->all[i]->detail);
		free(t->all[i]);
	}
	free(t->all);
	map_free(&t->by_frame);
	free(t);
}

static uint64_t hash_text(uint64_t hash, const char *text)
{
	for (; text && *text; text++)
		hash = (hash ^ (unsigned char)*text) * 0x100000001b3ull;
	return (hash ^ 0xff) * 0x100000001b3ull;
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static bool is_frame(const struct flame_node *n, const struct flame_frame *f)
{
	return n->kind == f->kind && same_text(n->name, f->name) && same_text(n->module, f->module);
}

static char *copy(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

/* NULL: there is no room for another one. */
static struct flame_node *child_of(struct flame_tree *t, struct flame_node *parent, const struct flame_frame *f)
{
	uint64_t hash = hash_text(hash_text(0xcbf29ce484222325ull + f->kind, f->name), f->module);
	struct flame_node *n;

	for (;; hash++) { /* two frames with one hash: the next number */
		uint64_t key[2] = { (uint64_t)(uintptr_t)parent, hash };

		n = map_get(&t->by_frame, key);
		if (n && !is_frame(n, f))
			continue;
		if (n || t->nodes == t->limit)
			return n;
		n = xcalloc(1, sizeof(*n));
		*n = (struct flame_node){ .name = copy(f->name ? f->name : ""), .module = copy(f->module),
					  .detail = copy(f->detail), .kind = f->kind, .next = parent->child };
		parent->child = n;
		map_set(&t->by_frame, key, n);
		t->all = xgrow(t->all, t->nodes, &t->room, sizeof(struct flame_node *));
		t->all[t->nodes++] = n;
		return n;
	}
}

void flame_tree_add(struct flame_tree *t, const struct flame_frame *frames, unsigned depth, const uint64_t *weights)
{
	struct flame_node *n = &t->root, *child;

	t->ready = false;
	for (unsigned i = 0; i < depth; i++) {
		child = i < FLAME_DEPTH ? child_of(t, n, &frames[i]) : NULL;
		if (!child) {
			t->cut++;
			break;
		}
		n = child;
	}
	for (unsigned m = 0; m < t->metric_count; m++)
		n->self[m] += weights[m];
}

/* --- totals and order --- */

static int by_weight(const void *pa, const void *pb)
{
	const struct flame_node *a = *(const struct flame_node *const *)pa, *b = *(const struct flame_node *const *)pb;

	if (a->total[0] != b->total[0])
		return a->total[0] > b->total[0] ? -1 : 1;
	return strcmp(a->name, b->name);
}

static void children_order(struct flame_node *parent)
{
	struct flame_node **list = NULL, **end = &parent->child;
	size_t count = 0, room = 0;

	for (struct flame_node *c = parent->child; c; c = c->next) {
		list = xgrow(list, count, &room, sizeof(struct flame_node *));
		list[count++] = c;
	}
	if (count)
		qsort(list, count, sizeof(struct flame_node *), by_weight);
	for (size_t i = 0; i < count; i++) {
		*end = list[i];
		end = &list[i]->next;
	}
	*end = NULL;
	free(list);
}

/* Children were made after their parents, so that backwards each total is whole before it is added to the next. */
static void totals_make(struct flame_tree *t)
{
	for (size_t i = t->nodes + 1; i-- > 0;) {
		struct flame_node *n = i ? t->all[i - 1] : &t->root;

		memcpy(n->total, n->self, sizeof(n->total));
		for (const struct flame_node *c = n->child; c; c = c->next)
			for (unsigned m = 0; m < t->metric_count; m++)
				n->total[m] += c->total[m];
		children_order(n);
	}
}

const struct flame_node *flame_tree_root(struct flame_tree *t)
{
	if (!t->ready)
		totals_make(t);
	t->ready = true;
	return &t->root;
}

const struct flame_metric *flame_tree_metrics(const struct flame_tree *t, unsigned *count)
{
	*count = t->metric_count;
	return t->metrics;
}

uint64_t flame_tree_cut(const struct flame_tree *t)
{
	return t->cut;
}
