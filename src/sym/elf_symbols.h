/* SPDX-License-Identifier: GPL-2.0 */
/* Functions around some addresses, from the symbol table of an ELF file.  The table is gone through once for all
 * addresses and never held, so that its size costs time only. */
#ifndef SYM_ELF_SYMBOLS_H
#define SYM_ELF_SYMBOLS_H

#include "sym/elf_file.h"

#define SYMBOL_NAME 2048 /* bytes of a mangled name that are looked at */

struct elf_found {
	uint64_t vaddr;        /* asked for; ascending in a list */
	uint64_t start, size;  /* of the symbol */
	uint64_t name;         /* where its name stands in the file, and where names end there */
	uint64_t names_end;
	const struct elf_table *table; /* that it is from */
	uint64_t ended;        /* where the last function that ends below the address does so */
	uint32_t section;
	uint32_t rank;         /* how good a name it is */
	uint32_t ties;         /* names that were compared with it */
	bool found, sized;     /* sized: it says that it covers the address; else it only begins before it */
};

/* Adds to list what the table has; what is there already stays unless this is better.  is_64: the
 * kind of its entries. */
void elf_symbols_find(const struct bytes *b, const struct elf_table *table, bool is_64,
		      struct elf_found *list, size_t count);
/* Is it a name for the address?  It covers it, or has no size (assembler), is in the same section, and nothing
 * else begins or ends between them. */
bool elf_symbol_holds(const struct bytes *b, const struct elf_found *found);
bool elf_symbol_name(const struct bytes *b, const struct elf_found *found, char *out, size_t room);

#endif
