/* SPDX-License-Identifier: GPL-2.0 */
/* The unwind table of an ELF file, by offsets in the file: built where there are no rights and no
 * allocator (src/opener), by reads of bounded size.  The file is not trusted. */
#ifndef HOST_UNWIND_H
#define HOST_UNWIND_H

#include <stddef.h>
#include <stdint.h>

#include "host/cfi.h"
#include "wire/unwind.h"

#define UNWIND_ROWS (6u << 20) /* 24 MiB; the largest programs that are known have half of that */
#define UNWIND_FDES (1u << 20) /* where there is no table of them */

/* Offsets are those of the file; page n is from first_page + n on.  Arrays belong to the caller; each page's
 * rows are row[page[n]] .. row[page[n + 1]], and page has one more than pages. */
struct unwind_table {
	struct mmt_unwind_rule *rule;
	uint32_t *page, *row;
	uint32_t rules, pages, rows;
	uint32_t first_page;
	uint32_t fdes, damaged; /* damaged: of them not or only partly used */
};

struct unwind_file {
	/* Bytes read, fewer at the end, or a negative errno. */
	long (*read)(void *ctx, void *to, size_t size, uint64_t offset);
	void *ctx;
};

struct unwind_builder; /* what building needs beside the table */
size_t unwind_builder_size(void);
/* 0, or a negative errno: -ENOEXEC no file of x86-64 that runs, -ENODATA no unwind information, -E2BIG too large.
 * b: unwind_builder_size() bytes; fdes: room for UNWIND_FDES numbers, only touched where the file has no table. */
int unwind_build(struct unwind_builder *b, const struct unwind_file *file, uint64_t *fdes, struct unwind_table *out);
/* How many rows, from `from` on where the page before ended, a page has in a table that is not trusted; 0: it is
 * damaged.  So no row counts twice, whatever its writer still writes. */
uint32_t unwind_page_rows(const struct unwind_table *t, uint32_t page, uint32_t from);

#endif
