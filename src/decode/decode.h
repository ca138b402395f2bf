/* SPDX-License-Identifier: GPL-2.0 */
/* Bytes of a ring or a layout stream -> typed records, bounds-checked.  Pure
 * functions of (bytes, length): the bytes are not trusted. */
#ifndef DECODE_DECODE_H
#define DECODE_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/event.h"

/* The record's head if bytes hold a whole record of a known kind, else NULL.
 * bytes are aligned to 8, as the ring has them. */
const struct mmt_head *decode_record(const void *bytes, size_t size);

struct layout_cursor {
	const unsigned char *bytes; /* not aligned: paths are of any length */
	size_t size, at;
	union { struct mmt_layout_mm mm; struct mmt_layout_vma vma; struct mmt_layout_end end; } record;
};
/* Points into the cursor: gone with the next record. */
struct layout_record {
	enum mmt_layout_type type;
	const struct mmt_layout_mm *mm;
	const struct mmt_layout_vma *vma;
	const struct mmt_layout_end *end;
	const char *path; /* path_len bytes */
};
/* Next record of a layout; false at its end or where it is damaged. */
bool decode_layout(struct layout_cursor *c, struct layout_record *out);

/* What a name may come to: a path of a layout, or parts that were put together. */
#define NAME_ROOM (MMT_PATH_MAX + 32)
/* A name as the kernel wrote it into a record (flags: enum mmt_name_flag) -> as /proc/PID/maps
 * shows it; one of which the beginning is missing begins with ".../".  Ended by a NUL.
 * Returns its length. */
size_t decode_name(uint32_t flags, uint64_t ino, const char *bytes, size_t size, char out[NAME_ROOM]);
/* The stamp before a name, or NULL; NULL too where there is no whole one. */
const struct mmt_file_stamp *decode_stamp(uint32_t flags, const char *bytes, size_t size, struct mmt_file_stamp *room);

#endif
