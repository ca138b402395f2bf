/* SPDX-License-Identifier: GPL-2.0 */
/* .gnu_debugdata: a small ELF file with the symbols that stripping took, packed by xz. */
#ifndef SYM_DEBUGDATA_H
#define SYM_DEBUGDATA_H

#include "sym/elf_file.h"

/* Unpacks into memory, which is the caller's to free(): NULL: damaged, or too large. */
uint8_t *debugdata_unpack(const struct bytes *b, const struct code_section *section, size_t *size);

#endif
