/* SPDX-License-Identifier: GPL-2.0 */
/* Program and section headers of ELF files.  The files are not trusted. */
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

#define ELF_SECTIONS 64
#define ELF_SECTION_NAME 24
/* A section that is in memory (SHF_ALLOC). */
struct elf_section {
	uint64_t addr, size;
	uint32_t flags;              /* SHF_*: write 1, exec 4, thread-local 0x400 */
	uint32_t type;               /* SHT_*: no bits in the file: 8 */
	char name[ELF_SECTION_NAME]; /* its beginning; ended by a NUL */
};

struct elf_sections {
	uint32_t type;  /* ET_EXEC 2: at the addresses it names; ET_DYN 3: anywhere; 0: no ELF file */
	uint32_t count; /* 0: it has none, or they are damaged */
	uint32_t truncated, pad; /* 1: there are more */
	struct elf_section section[ELF_SECTIONS];
};

/* Reads the headers of an open file: 0, or a negative errno if reading failed.
 * What is no ELF file, or a damaged one, has count 0. */
int elf_read(int fd, struct elf_headers *out);
/* The same of its sections, in the order of the file. */
int elf_read_sections(int fd, struct elf_sections *out);
/* Opens a regular file for reading without side effects on devices or pipes:
 * a descriptor or a negative errno. */
int elf_open(const char *path);
/* The same of a descriptor by O_PATH, which is closed; a negative errno comes back as it is. */
int elf_open_at(int at);

#endif
