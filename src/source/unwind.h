/* SPDX-License-Identifier: GPL-2.0 */
/* Unwind tables for the files that call stacks lead through: asked of processes without rights, put where BPF
 * finds them. */
#ifndef SOURCE_UNWIND_H
#define SOURCE_UNWIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct opener;
struct probe;
struct source;

struct unwind_reader {
	struct opener *opener; /* NULL: no stacks are asked for, or it could not be started */
	struct probe *probe;
	struct source *s; /* that the model hears of the files through */
	bool verbose;
	/* who else wants to hear of them; path: NULL where it is not known */
	void (*note)(struct source *s, const void *record, size_t size, const char *path);
};

/* A record of BPF: a file without a table is asked for. */
void unwind_ask(struct unwind_reader *u, const void *record, size_t size);
/* What a process has mapped: tables before they are needed. via: who has the same mapped; 0: pid itself. */
void unwind_ask_layout(struct unwind_reader *u, pid_t pid, pid_t via, const void *layout, size_t size);
/* The table of the vdso, which each process of 64 bits has alike. */
void unwind_vdso(struct unwind_reader *u);
/* Waits for what was asked, ns at most. */
void unwind_settle(struct unwind_reader *u, uint64_t ns);
/* Takes tables that have come. */
void unwind_take(struct unwind_reader *u);

#endif
