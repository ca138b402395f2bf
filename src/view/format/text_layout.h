/* SPDX-License-Identifier: GPL-2.0 */
/* The parts of the page of layout. */
#ifndef VIEW_FORMAT_TEXT_LAYOUT_H
#define VIEW_FORMAT_TEXT_LAYOUT_H

#include "model/space.h"
#include "view/format/text.h"

/* The address space, drawn from low to high. */
void layout_map(struct text *x, const struct space *s);
/* Is only what changed drawn? */
bool layout_changes(const struct text *x, const struct space *s);
/* What is mapped of one file without a gap, and the bss behind it, is a block: does it go on from a to b? */
bool layout_goes_on(const struct space_area *a, const struct space_area *b);
/* Where in its block the i-th area stands: begins it, goes on, ends it, or is all of it. */
const char *layout_block(const struct text *x, const struct space *s, size_t i);
/* How much of it is resident. */
const char *layout_fill(const struct text *x, const struct space_area *a);
/* --walk and --pages. */
void layout_walk(struct text *x, const struct space *s);
void layout_pages(struct text *x, const struct space *s);
/* --kernel. */
void layout_kernel(struct text *x, const struct space *s);
/* The table of a type, if it has rows. */
void layout_table(struct text *x, const struct row_type *type);
/* "12.3M"; "-" where it is SPACE_UNKNOWN. */
const char *layout_bytes(const struct text *x, uint64_t bytes);

#endif
