/* SPDX-License-Identifier: GPL-2.0 */
/* What the fault model cannot find out by itself to say what a VMA is. */
#ifndef SOURCE_ELF_READ_H
#define SOURCE_ELF_READ_H

#include "source/fault.h"

/* Ask for the program headers of programs and libraries in a layout of pid, or in a record of a VMA seen
 * first, each once; nothing waits for the answers, which become INPUT_ELF. */
void elf_ask_layout(struct fault_source *f, pid_t pid, const void *layout, size_t size);
void elf_ask_seen(struct fault_source *f, const void *record, size_t size);
/* Takes answers that have come. */
void elf_take(struct fault_source *f);
/* Before a command starts: waits for what was asked of the launcher, which is about to lose it, not long. */
void elf_settle(struct fault_source *f);
/* At the end: waits for what was asked, not long. */
void elf_finish(struct fault_source *f);
/* Asks for the stack pointers of blocked threads, if threads came or went; of
 * a bounded number of threads each time: INPUT_STACK, INPUT_STACKS. */
void stacks_read(struct source *s);

#endif
