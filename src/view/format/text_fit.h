/* SPDX-License-Identifier: GPL-2.0 */
/* Which columns a table has, and how wide they are. */
#ifndef VIEW_FORMAT_TEXT_FIT_H
#define VIEW_FORMAT_TEXT_FIT_H

#include "view/format/text.h"

#define FIT_MAX 80 /* columns; a row type may have any number of fields */

struct fit {
	const struct field *field[FIT_MAX];
	int width[FIT_MAX]; /* as in printf: below 0 to the left; 0: the last one, as wide as it is */
	int count;
};

/* Chooses columns for n rows, of which the first `shown` are drawn; returns their
 * cells row by row, the caller's to free (the texts hold until the next tick). */
const char **fit_columns(struct fit *f, struct text *x, const struct row_type *type, const void **rows, size_t shown,
			 size_t n);
/* The cells of one more row, likewise. */
const char **fit_cells(const struct fit *f, struct text *x, const void *row);
/* The title of a column: without a rate it is the part before the '/'. */
const char *fit_title(struct text *x, const struct field *f);
/* text_value.c: what a cell shows, and that as text. */
struct value text_cell(const struct text *x, const struct field *f, const void *row);
const char *text_cell_text(struct text *x, const struct field *f, const void *row);

#endif
