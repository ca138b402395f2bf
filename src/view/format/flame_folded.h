/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VIEW_FORMAT_FLAME_FOLDED_H
#define VIEW_FORMAT_FLAME_FOLDED_H

#include <stdio.h>

#include "view/flame_tree.h"

/* "main;work;malloc 42": a line for each stack that has some of the metric, root first, as flame graph programs
 * take it.  A ';' in a name is a ':', and what a terminal should not get is escaped. */
void flame_folded_write(struct flame_tree *t, unsigned metric, FILE *out);

#endif
