/* SPDX-License-Identifier: GPL-2.0 */
/* Bytes of a file, or of memory, that may say anything and change meanwhile: they are read, never mapped. */
#ifndef SYM_BYTES_H
#define SYM_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes {
	int fd;                /* -1: memory */
	const uint8_t *memory;
	uint64_t size;
};

/* Of an open file; size 0 if it cannot be asked. */
struct bytes bytes_of_file(int fd);
/* Up to `want` bytes from `at` on: how many there are. */
size_t bytes_read(const struct bytes *b, uint64_t at, void *out, size_t want);
/* Exactly so many. */
bool bytes_get(const struct bytes *b, uint64_t at, void *out, size_t want);
/* A text that a NUL ends, cut to `room`; false: there is none. */
bool bytes_text(const struct bytes *b, uint64_t at, uint64_t end, char *out, size_t room);

/* Line by line, through a small buffer: what is longer is cut. */
struct bytes_lines { const struct bytes *b; uint64_t at; size_t used, from; char buffer[8192]; };
/* The next line without its end, or NULL. */
char *bytes_line(struct bytes_lines *l);

#endif
