/* SPDX-License-Identifier: GPL-2.0 */
/* Call stacks of faults: their frames, as BPF sent them once, and what was counted under each. */
#ifndef MODEL_FAULT_STACK_H
#define MODEL_FAULT_STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/map.h"
#include "wire/event.h"

struct input;
struct input_stack_row;
struct session;

/* Code in memory of no file: each process has its own there.  Addresses of the kernel have that bit as well. */
static inline bool frame_is_own(uint64_t frame)
{
	return !(frame & MMT_FRAME_KERNEL) && frame & MMT_FRAME_ADDRESS;
}

/* How much of a stack is true. */
enum stack_state { STACK_IS_COMPLETE, STACK_IS_GUESSED, STACK_IS_INCOMPLETE, STACK_STATES };

struct stack {
	uint64_t id;
	uint8_t count, guessed, why; /* as in struct mmt_stack */
	bool described;              /* by a use of it */
	bool own;                    /* frames lie in memory of no file: each process has its code there */
	uint64_t frame[];            /* the innermost first */
};

/* A file that frames lie in. */
struct stack_file {
	uint32_t id, dev, edition;
	uint64_t ino, start, end; /* of the mapping that it was met in */
	pid_t pid;                /* of the process that it was met in */
	bool remote;
	char *name;               /* NULL: not known */
	struct stack_file *same;  /* the number that the file had before; NULL: none */
};

/* Faults of a process under a stack: a row. */
struct stack_use {
	uint64_t id;               /* of the stack; 0: it could not be taken */
	const struct stack *stack; /* NULL: its frames have not come */
	pid_t pid;                 /* 0: of processes that had no room for a row */
	uint32_t process;          /* its id in the session */
	char comm[16];
	uint64_t version, described; /* described: when its frames came, if it is the first use of them */
	bool describes;
	uint64_t count, major, ns; /* faults, and the time that they took */
	uint64_t bytes;            /* that they made resident, at least: a page each */
	struct stack_use *next;
};

struct stacks {
	struct map by_id;    /* struct stack */
	struct map files;    /* struct stack_file, by number */
	struct map by_file;  /* the newest of a file, by inode, device and edition */
	size_t nameless;     /* files without a name */
	struct map rows;     /* struct mmt_stack_row as read last, by key */
	struct map uses;     /* struct stack_use, by (stack, process) */
	struct input_stack_row *waiting; /* for the process that they are of, until the tick */
	size_t waiting_count, waiting_room;
	struct stack_use *first, **end;
	size_t use_count;
	uint64_t state[STACK_STATES]; /* faults */
	uint64_t why[MMT_STACK_WHY_COUNT];
	uint64_t none;       /* faults whose stack was not taken, or has no frames yet */
};

enum stack_state stack_state(const struct stack *s);
const struct stack *stacks_find(const struct stacks *s, uint64_t id);
const struct stack_file *stacks_file(const struct stacks *s, uint32_t id);
/* It is not as it was read last. */
bool stacks_row_news(const struct session *s, const struct input_stack_row *r);
/* Nobody is there who could add to the row. */
bool stacks_row_final(const struct session *s, const struct mmt_stack_key *k);

#endif
