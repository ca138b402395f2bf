/* SPDX-License-Identifier: GPL-2.0 */
/* Program headers of ELF files.  The files are not trusted. */
#ifndef HOST_ELF_H
#define HOST_ELF_H

#include <stdint.h>

#define ELF_SEGMENTS 16
struct elf_segment {
	uint64_t offset, vaddr, filesz, memsz;
	uint32_t flags; /* PF_R 4, PF_W 2, PF_X 1 */
};

struct elf_headers {
	unsigned count; /* of PT_LOAD segments; 0: no ELF file, or not of little-endian */
	struct elf_segment segment[ELF_SEGMENTS];
	uint64_t relro_start, relro_end; /* equal: none */
};

/* Reads the headers of an open file: 0, or a negative errno if reading failed.
 * What is no ELF file, or a damaged one, has count 0. */
int elf_read(int fd, struct elf_headers *out);
/* Opens a regular file for reading without side effects on devices or pipes:
 * a descriptor or a negative errno. */
int elf_open(const char *path);
/* The same of a descriptor by O_PATH, which is closed; a negative errno comes back as it is. */
int elf_open_at(int at);

#endif
