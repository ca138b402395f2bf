/* SPDX-License-Identifier: GPL-2.0 */
/* The call stacks of a run as one tree, for pages of a flame graph, folded text and the call tree of a terminal. */
#ifndef VIEW_FORMAT_FLAME_STACKS_H
#define VIEW_FORMAT_FLAME_STACKS_H

#include "view/flame_tree.h"
#include "view/format.h"

#define FLAME_WEIGHTS 4 /* faults, bytes, time, major: the one that is asked for is the first */

/* Root first, below the name of the process.  order: which weights the tree has, must live as long as it does.
 * Resets the scratch memory of the tick.  The caller's to free. */
struct flame_tree *flame_stacks(struct view *v, struct flame_metric order[FLAME_WEIGHTS]);

#endif
