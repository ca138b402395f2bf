/* SPDX-License-Identifier: GPL-2.0 */
/* Inlined functions and source lines, from DWARF by libdw.  Runs where a crash or a hang of it costs names only. */
#ifndef SYM_DWARF_LINES_H
#define SYM_DWARF_LINES_H

#include <stdint.h>

#define DWARF_FRAMES 16
#define DWARF_NAME 2048

struct dwarf_frame { char function[DWARF_NAME]; char source[512]; uint32_t line; }; /* empty, 0: not known */
struct dwarf_lines;

/* Of an ELF file with DWARF; alt: of the one that it shares (dwz), or -1.  Both stay the caller's, and open until
 * the end.  NULL: there is none that can be read. */
struct dwarf_lines *dwarf_lines_open(int fd, int alt);
void dwarf_lines_close(struct dwarf_lines *d); /* takes NULL */
/* The functions at an address of the file, innermost first, the last one, which begins at *entry, is not inlined: how
 * many, 0: not known.
 * Names are mangled where DWARF has them so, and empty where only the line is known. */
unsigned dwarf_lines_find(struct dwarf_lines *d, uint64_t vaddr, struct dwarf_frame out[DWARF_FRAMES],
			  uint64_t *entry);

#endif
