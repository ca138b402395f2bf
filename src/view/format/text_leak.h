/* SPDX-License-Identifier: GPL-2.0 */
/* The page of leak. */
#ifndef VIEW_FORMAT_TEXT_LEAK_H
#define VIEW_FORMAT_TEXT_LEAK_H

#include "view/format/text.h"
#include "view/rows/leak.h"

/* Rows of the two parts, of which the second has what is in doubt; limit: rows shown, 0: all. */
struct leak_parts { struct text_rows rows[2]; size_t limit[2]; };

/* The caller frees both arrays. */
struct leak_parts text_leak_parts(const struct text *x, const struct text_rows *all);

#endif
