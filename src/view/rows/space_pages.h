/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VIEW_ROWS_SPACE_PAGES_H
#define VIEW_ROWS_SPACE_PAGES_H

#include "model/space.h"
#include "view/field.h"

/* One entry on the way of an address. */
struct entry_row { const struct space_walk *walk; int step; };

extern const struct row_type row_page, row_page_sum, row_entry;

/* "anon", "file", "zero page", "swap" ... */
const char *page_what(const struct page_traits *t);
/* Names of the flags of an entry; "": none is set. */
const char *entry_flags(const struct space_walk *w, int step, const struct tick *t);
/* "table", "page", "swap" ...: what the entry is. */
const char *entry_what(const struct space_walk *w, int step);

#endif
