/* SPDX-License-Identifier: GPL-2.0 */
/* The columns of the table of VMAs (columns.def and the fault classes). */
#ifndef VIEW_COLUMN_H
#define VIEW_COLUMN_H

#include "view/report.h"

enum column {
#define COLUMN(NAME, key, title, width, unit, help) COLUMN_##NAME,
#include "view/columns.def"
#undef COLUMN
	COLUMN_CLASS, /* the first class, the others follow */
	COLUMN_COUNT = COLUMN_CLASS + MMT_CLASS_COUNT,
};

struct column_info {
	const char *key, *title;
	int width; /* below 0: to the left */
	const char *unit, *help;
};

struct row { struct vma *v; uint64_t rate; };

struct column_info column_get(enum column c);
/* COLUMN_COUNT: no such key. */
enum column column_find(const char *key, size_t len);
/* The cell in words. */
char *column_text(enum column c, const struct report *r, const struct row *row, char *out, size_t size);
/* Sorts rows by a key, with a leading '-' backwards. */
void column_sort(const char *key, struct row *rows, size_t count);

#endif
