/* SPDX-License-Identifier: GPL-2.0 */
/* Faults by call stack in BPF's maps. */
#ifndef PROBE_STACK_ROWS_H
#define PROBE_STACK_ROWS_H

#include <stdbool.h>

#include "wire/event.h"

struct bpf_map;

/* true: the row will not grow any more, and goes. */
typedef bool (*stack_row_fn)(void *ctx, const struct mmt_stack_key *key, const struct mmt_stack_row *row);

/* Puts the rows for all that have none into the map of those without a stack. 0, or a negative errno. */
int stack_rows_begin(const struct bpf_map *rest);
/* Reads a map; the rows that fn says it of leave it. 0, or a negative errno. */
int stack_rows_read(const struct bpf_map *map, stack_row_fn fn, void *ctx);

#endif
