/* SPDX-License-Identifier: GPL-2.0 */
/* What the program headers of mapped files say; handed in by the caller, which
 * reads them (src/sym/elf.h).  One per (dev, ino) for the whole session. */
#ifndef MODEL_IMAGE_H
#define MODEL_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/event.h"

struct session;

#define IMAGE_SEGMENTS 16
struct image_segment {
	uint64_t offset, vaddr, filesz, memsz;
	uint32_t perm; /* VM_READ | VM_WRITE | VM_EXEC */
};

struct image {
	uint64_t ino;
	uint32_t dev;
	bool read; /* its headers were read; false: it could not be opened */
	unsigned count; /* of PT_LOAD segments; 0: no ELF file */
	struct image_segment segment[IMAGE_SEGMENTS];
	uint64_t relro_start, relro_end; /* addresses in the file's own terms; equal: none */
	struct image *same_ino, *next;
};

/* The image of a file, or NULL. */
const struct image *image_find(const struct session *s, uint32_t dev, uint64_t ino);
/* Keeps a copy. */
void image_add(struct session *s, const struct image *image);
void image_free(struct session *s);
/* Has a part of v's file ever been executable, as far as is known? */
bool image_executable(struct session *s, const struct mmt_vma *v);
/* How far from its own address a segment is loaded if its bytes from offset on
 * are mapped at start. */
uint64_t image_bias(const struct image_segment *seg, uint64_t offset, uint64_t start);
/* The segment that a private mapping of bytes from offset on shows, or NULL;
 * bias: of the file's mapping below, or NULL. */
const struct image_segment *image_segment(const struct image *image, uint64_t offset, uint32_t perm, uint64_t start,
					  const uint64_t *bias);

#endif
