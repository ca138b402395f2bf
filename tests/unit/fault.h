/* SPDX-License-Identifier: GPL-2.0 */
/* The fault model through its door, for tests: one call for each input. */
#ifndef UNIT_FAULT_H
#define UNIT_FAULT_H

#include <stdlib.h>
#include <string.h>

#include "model/fault/internal.h"
#include "unit/make.h"

static inline struct session *session_new(void)
{
	return (struct session *)model_new(&model_fault);
}

static inline void session_free(struct session *s)
{
	model_free(&s->base);
}

static inline void give(struct session *s, enum input_kind kind, const void *head, size_t head_size, const void *body,
			size_t size)
{
	struct input in = { .kind = kind, .head = head, .head_size = head_size, .body = body, .size = size };

	model_input(&s->base, &in);
}

static inline void give_option(struct session *s, const char *key, const char *value)
{
	char text[128];
	size_t n = (size_t)snprintf(text, sizeof(text), "option%c%s%c%s", 0, key, 0, value) + 1;

	give(s, INPUT_FACT, NULL, 0, text, n);
}

/* Options count from the clock on. */
static inline void give_clock(struct session *s)
{
	struct input_clock clock = { 0, 0 };

	give(s, INPUT_CLOCK, &clock, sizeof(clock), NULL, 0);
}

static inline void session_apply(struct session *s, const void *bytes, size_t size)
{
	give(s, INPUT_RECORD, NULL, 0, bytes, size);
}

/* false: it changed while it was read. */
static inline bool session_layout(struct session *s, pid_t pid, const void *bytes, size_t size)
{
	struct input_process head = { .pid = pid };

	give(s, INPUT_LAYOUT, &head, sizeof(head), bytes, size);
	return !session_layout_raced(s, pid);
}

static inline struct process *session_process(struct session *s, pid_t pid)
{
	struct input_process head = { .pid = pid };

	give(s, INPUT_MEMBER, &head, sizeof(head), NULL, 0);
	return session_find(s, pid);
}

static inline void session_gone(struct session *s, const struct process *p)
{
	struct input_process head = { .start_boottime = p->start_time, .pid = p->pid };

	give(s, INPUT_GONE, &head, sizeof(head), NULL, 0);
}

static inline void session_stack_pointer(struct session *s, pid_t pid, uint64_t sp)
{
	struct input_stack head = { .sp = sp, .pid = pid, .tid = pid + 1 };

	give(s, INPUT_STACK, &head, sizeof(head), NULL, 0);
}

/* true: the kernel may drop the row. */
static inline bool session_row(struct session *s, const struct mmt_aggregate_key *key,
			       const struct mmt_aggregate_row *row)
{
	give(s, INPUT_ROW, key, sizeof(*key), row, sizeof(*row));
	return session_row_final(s, key);
}

static inline void session_row_gone(struct session *s, const struct mmt_aggregate_key *key,
				    const struct mmt_aggregate_row *row)
{
	give(s, INPUT_ROW_GONE, key, sizeof(*key), row, sizeof(*row));
}

static inline void session_row_process(struct session *s, const struct mmt_aggregate_process_key *key,
				       const struct mmt_aggregate_process *process)
{
	give(s, INPUT_ROW_PROCESS, key, sizeof(*key), process, sizeof(*process));
}

static inline void session_tick(struct session *s, uint64_t now, bool last)
{
	struct input_tick tick = { .now = now, .flags = last ? INPUT_TICK_LAST : 0 };

	give(s, INPUT_TICK, &tick, sizeof(tick), NULL, 0);
}

/* Returns the number of VMA rows left. */
static inline size_t session_retain(struct session *s, uint64_t now, bool between)
{
	struct input_retain retain = { .now = now, .between = between };

	give(s, INPUT_RETAIN, &retain, sizeof(retain), NULL, 0);
	return s->retention.left;
}

#endif
