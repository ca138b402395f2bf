/* SPDX-License-Identifier: GPL-2.0 */
/* A nested value kept: numbers of the same place are added up, the greater one
 * is taken of keys that end in "max". */
#ifndef VIEW_TREE_H
#define VIEW_TREE_H

#include "view/value.h"

struct tree;

struct tree *tree_new(bool array);
void tree_free(struct tree *t); /* takes NULL */
void tree_add(struct tree *t, const struct nest *n);
/* Holds as long as the tree. */
struct value tree_value(const struct tree *t);

#endif
