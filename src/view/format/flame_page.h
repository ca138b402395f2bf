/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VIEW_FORMAT_FLAME_PAGE_H
#define VIEW_FORMAT_FLAME_PAGE_H

#include <stdio.h>

#include "view/flame_tree.h"

/* What stands above the graph; may be NULL. */
struct flame_words { const char *title, *subtitle; };

/* One HTML page that needs nothing else and asks for nothing: search, zoom, inversion, a choice of metrics, tooltips,
 * dark and light.  Frames that are too small to be seen are put together as "(N smaller)", so that sums hold. */
void flame_page_write(struct flame_tree *t, const struct flame_words *words, FILE *out);

#endif
