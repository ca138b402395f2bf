/* SPDX-License-Identifier: GPL-2.0 */
/* Where in an ELF file that nobody has looked into the parts are that names come from.  Reads bounded amounts, and
 * allocates nothing. */
#ifndef SYM_ELF_FILE_H
#define SYM_ELF_FILE_H

#include "sym/bytes.h"

#define ELF_BUILD_ID 32
#define ELF_LOADS 16

struct code_section { uint64_t offset, size; };
/* entry: size of a symbol, 0: there is none; sections: where the table of them begins. */
struct elf_table { struct code_section symbols, names; uint64_t sections; uint32_t entry; };
struct elf_load { uint64_t offset, vaddr, filesz; };

struct elf_parts {
	bool is_64;
	struct elf_table symtab, dynsym;
	struct code_section debugdata; /* .gnu_debugdata: an ELF file in xz; size 0: none */
	bool has_dwarf;               /* .debug_info with bytes in it */
	uint8_t build_id[ELF_BUILD_ID];
	uint32_t build_id_length;
	char debuglink[256];          /* name of a debug file; empty: none */
	uint32_t debuglink_crc;
	char debugaltlink[512];       /* path of a file that debug files share (dwz), and its build-id */
	uint8_t alt_id[ELF_BUILD_ID];
	uint32_t alt_id_length;
	uint32_t load_count;
	struct elf_load load[ELF_LOADS]; /* executable ones */
};

/* false: no ELF file of a little-endian machine. */
bool elf_parts_read(const struct bytes *b, struct elf_parts *out);
/* Where the byte of a file is loaded, in the file's own addresses. */
bool elf_vaddr(const struct elf_load *load, uint32_t count, uint64_t offset, uint64_t *vaddr);

/* Lies vaddr in the section of that number? */
bool elf_in_section(const struct bytes *b, const struct elf_table *table, uint32_t number, uint64_t vaddr);

#endif
