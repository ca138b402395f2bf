/* SPDX-License-Identifier: GPL-2.0 */
/* Which columns the table of VMAs has, and how wide they are. */
#ifndef VIEW_FIT_H
#define VIEW_FIT_H

#include "view/column.h"

#define CELL (4 * MMT_PATH_MAX + 16) /* a path of nothing but escapes, "(gone)" */

struct fit { struct column_list list; int width[COLUMNS_MAX]; }; /* as in printf: below 0 to the left */

/* For n rows, of which the first are shown; rates: with FLT/s. */
void fit_columns(struct fit *f, const struct report *r, const struct row *rows, size_t shown, size_t n, bool rates);

#endif
