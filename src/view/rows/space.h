/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VIEW_ROWS_SPACE_H
#define VIEW_ROWS_SPACE_H

#include "model/space.h"
#include "view/format.h"

/* A mark of the mm_struct, where it is known. */
struct mark_row { enum mmt_mark mark; const struct space *space; };

extern const struct row_type row_area, row_space_kind, row_mark, row_space_end;
extern const struct text_page page_layout;

/* "LOAD 2 r-x"; "": it shows none. */
const char *area_segment(const struct space_area *a, const struct tick *t);
/* "data+bss", "gap"; "-" where nothing is known. */
const char *area_kind(const struct space_area *a, const struct tick *t);
/* "new", "+64K", "rss +4K"; NULL: as it was. */
const char *area_change(const struct space_area *a, const struct tick *t);
const char *mark_key(enum mmt_mark m);
enum unit mark_unit(enum mmt_mark m);

#endif
