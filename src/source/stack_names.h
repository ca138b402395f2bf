/* SPDX-License-Identifier: GPL-2.0 */
/* Names of the frames of call stacks, found when the run is over. */
#ifndef SOURCE_STACK_NAMES_H
#define SOURCE_STACK_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include "base/map.h"

struct args;
struct ksym_table;
struct probe_options;
struct source;
struct user_symbols;

struct stack_namer {
	struct user_symbols *user; /* NULL: no stacks are asked for, or it could not be started */
	struct ksym_table *kernel; /* NULL: no kernel stacks, or it cannot be read */
	uint64_t resolve_ns;       /* for all names */
	struct map modules;        /* number of a file -> its number there, plus one */
};

void stack_names_start(struct stack_namer *n, const struct args *a);
/* Where each fault enters the kernel, and comes to the hooks. */
void stack_names_entries(const struct stack_namer *n, struct probe_options *out);
/* A record of BPF: a file that is met is opened while its process lives. path: NULL: what the model knows. */
void stack_names_note(struct stack_namer *n, const struct source *s, const void *record, size_t size,
		      const char *path);
/* Goes on with opening files; to be called when its descriptor is readable, -1: there is none. */
void stack_names_take(struct stack_namer *n);
int stack_names_fd(const struct stack_namer *n);
/* Emits the name of each frame that the model has, as far as they are found. */
void stack_names_emit(struct stack_namer *n, struct source *s);
void stack_names_stop(struct stack_namer *n);

#endif
