/* SPDX-License-Identifier: GPL-2.0 */
/* What the fault model cannot find out by itself to say what a VMA is. */
#ifndef SOURCE_ELF_READ_H
#define SOURCE_ELF_READ_H

#include "model/fault/session.h"
#include "opener/opener.h"
#include "source/source.h"

struct elf_reader {
	struct source *s;
	struct opener *opener; /* NULL: it could not be started */
	uint64_t remote, late, unasked; /* files that were not read, by cause */
	bool deaths_said;
};

/* Ask for the program headers of programs and libraries in a layout of pid, or in a record of a VMA seen
 * first, each once; nothing waits for the answers, which become INPUT_ELF. */
void elf_ask_layout(struct elf_reader *e, pid_t pid, const void *layout, size_t size);
void elf_ask_seen(struct elf_reader *e, const void *record, size_t size);
/* Takes answers that have come. */
void elf_take(struct elf_reader *e);
/* Before a command starts: waits for what was asked of the launcher, which is about to lose it, not long. */
void elf_settle(struct elf_reader *e);
/* At the end: waits for what was asked, not long. */
void elf_finish(struct elf_reader *e);
/* Asks for the stack pointers of blocked threads, if threads came or went; of
 * a bounded number of threads each time: INPUT_THREAD, INPUT_STACK, INPUT_STACKS. */
void stacks_read(struct source *s);

#endif
