/* SPDX-License-Identifier: GPL-2.0 */
/* Stacks as a tree: those that begin alike share their first frames.  Pure; names are copied. */
#ifndef VIEW_FLAME_TREE_H
#define VIEW_FLAME_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FLAME_METRICS 8
#define FLAME_DEPTH 1024 /* frames of a stack */

/* What a frame is, which is its colour. */
enum flame_kind { FLAME_USER, FLAME_KERNEL, FLAME_JIT, FLAME_INLINED, FLAME_GROUP, FLAME_UNKNOWN, FLAME_KIND_COUNT };
enum flame_unit { FLAME_COUNT, FLAME_BYTES, FLAME_NS };

/* key: as in JSON ("faults"), title: for people. */
struct flame_metric { const char *key, *title; enum flame_unit unit; };
/* name: from outside; module, detail (source:line, or why there is no name): shown beside it; may be NULL. */
struct flame_frame { const char *name, *module, *detail; enum flame_kind kind; };

struct flame_node {
	char *name, *module, *detail; /* NULL: none */
	enum flame_kind kind;
	uint64_t self[FLAME_METRICS], total[FLAME_METRICS];
	struct flame_node *child, *next; /* the first one; a sibling */
};

struct flame_tree;

/* Metrics are not copied, at most FLAME_METRICS of them; limit: nodes, beyond which stacks end sooner
 * (0: 1,000,000). */
struct flame_tree *flame_tree_new(const struct flame_metric *metrics, unsigned count, size_t limit);
void flame_tree_free(struct flame_tree *t); /* takes NULL */
/* A stack, root first, and what is counted of it: weights[count].  Frames are the same if name, module and kind are. */
void flame_tree_add(struct flame_tree *t, const struct flame_frame *frames, unsigned depth, const uint64_t *weights);
/* Its root, which has no name, with totals, and children by the first metric, the greatest first. */
const struct flame_node *flame_tree_root(struct flame_tree *t);
const struct flame_metric *flame_tree_metrics(const struct flame_tree *t, unsigned *count);
/* Stacks that ended sooner, as there was no room. */
uint64_t flame_tree_cut(const struct flame_tree *t);

#endif
