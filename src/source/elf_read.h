/* SPDX-License-Identifier: GPL-2.0 */
/* What the fault model cannot find out by itself to say what a VMA is. */
#ifndef SOURCE_ELF_READ_H
#define SOURCE_ELF_READ_H

#include "model/fault/session.h"
#include "source/source.h"

/* Reads the program headers of the files in a layout of pid, each once: INPUT_ELF. */
void elf_read_layout(struct source *s, pid_t pid, const void *layout, size_t size);
/* Asks for the stack pointers of blocked threads, if threads came or went; of
 * a bounded number of threads each time: INPUT_STACK, INPUT_STACKS. */
void stacks_read(struct source *s);

#endif
