/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VIEW_FORMAT_CSV_H
#define VIEW_FORMAT_CSV_H

#include "view/format.h"

/* The first line: the paths of all fields. */
void csv_titles(FILE *f, const struct row_type *type);
/* A row; with the time, where rows are written again and again. */
void csv_line(struct view *v, FILE *out, const struct row_type *type, const void *row);

#endif
