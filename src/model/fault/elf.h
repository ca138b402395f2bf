/* SPDX-License-Identifier: GPL-2.0 */
/* The ELF cache: what the program headers of mapped files say (INPUT_ELF), one for
 * each (dev, ino, edition).  Bounded: the oldest goes when there is no room. */
#ifndef MODEL_FAULT_ELF_H
#define MODEL_FAULT_ELF_H

#include <stdbool.h>
#include <stdint.h>

#include "input/input.h"

struct session;
struct vma;

#define ELF_PARTS 16

struct elf_facts {
	struct input_elf head;
	uint64_t number; /* ascending, as they came */
	unsigned count; /* of PT_LOAD segments; 0: no ELF file */
	struct input_segment segment[ELF_PARTS];
	struct elf_facts *next; /* the one that came after */
};

/* Of the very file that v shows: with its edition, as numbers of inodes are used again. Or NULL. */
const struct elf_facts *elf_find(const struct session *s, const struct mmt_vma *v);
/* Keeps a copy; n beyond ELF_PARTS are passed over. */
void elf_add(struct session *s, const struct input_elf *head, const struct input_segment *list, size_t n);
/* Why headers were not read, in words; NULL: they were, or that is no reason. */
const char *elf_read_text(uint32_t read);
/* Why it is not known what v's file says of it; NULL: it is, or need not be. */
const char *elf_missing(const struct vma *v);
void elf_free(struct session *s);
/* Has a part of v's file ever been executable, as far as is known? */
bool elf_executable(struct session *s, const struct mmt_vma *v);
/* How far from its own address a segment is loaded if its bytes from offset on
 * are mapped at start. */
uint64_t elf_bias(const struct input_segment *seg, uint64_t offset, uint64_t start);
/* The segment that a private mapping of bytes from offset on shows, or NULL;
 * bias: of the file's mapping below, or NULL. */
const struct input_segment *elf_segment_of(const struct elf_facts *elf, uint64_t offset, uint32_t perm, uint64_t start,
					   const uint64_t *bias);

#endif
