/* SPDX-License-Identifier: GPL-2.0 */
#include "sym/vdso.h"

#include <elf.h>
#include <sys/auxv.h>

#include "sym/elf_symbols.h"

bool vdso_find(uint64_t offset, char *name, size_t room, uint64_t *start)
{
	const Elf64_Ehdr *head = (const Elf64_Ehdr *)getauxval(AT_SYSINFO_EHDR);
	struct elf_found found = { 0 };
	struct elf_parts parts;
	struct bytes b = { .fd = -1, .memory = (const uint8_t *)head };

	if (!head)
		return false;
	b.size = head->e_shoff + (uint64_t)head->e_shnum * head->e_shentsize; /* its last part */
	if (!elf_parts_read(&b, &parts) || !elf_vaddr(parts.load, parts.load_count, offset, &found.vaddr))
		return false;
	elf_symbols_find(&b, &parts.symtab, true, &found, 1);
	elf_symbols_find(&b, &parts.dynsym, true, &found, 1);
	*start = found.start - (found.vaddr - offset);
	return elf_symbol_holds(&b, &found) && elf_symbol_name(&b, &found, name, room);
}
