/* SPDX-License-Identifier: GPL-2.0 */
/* What numbers stand for: kernel addresses, caches, processes, cgroups, flags (INPUT_NAME).
 * Bounded by what rows have: where there are too many, those go that no row has had for
 * two readings.  The source announces again what rows need later. */
#ifndef MODEL_NAMES_H
#define MODEL_NAMES_H

#include "base/map.h"
#include "model/model.h"

#define NAMES_KEPT 16384 /* above that, names_retain() lets go */
#define NAMES_MAX 65536  /* so many new ones are as good as a reading */

struct name {
	uint64_t key, extra;  /* of a symbol: offset in the function */
	uint32_t flags;       /* enum input_name_flag */
	uint64_t reading;     /* the last one that had it in a row, or brought it */
	const char *text, *more; /* more: the module of a function, or "" */
};

struct names {
	struct map by_key; /* (enum input_name_kind, key) */
	uint64_t readings; /* that are over */
	size_t fresh;      /* new since the last one was over */
};

void names_init(struct names *n);
void names_input(struct names *n, struct model *m, const struct input *in);
/* A row of this reading has it. kind 0: nothing. */
void names_use(struct names *n, uint32_t kind, uint64_t key);
/* A reading is over: names_use() was called for what its rows have, if names_many(). */
void names_retain(struct names *n);
bool names_many(const struct names *n);
/* Too many are new: it is time for that before another comes. */
bool names_full(const struct names *n);
void names_clean(struct names *n);
/* NULL: not announced. kind 0: nothing is. */
const struct name *name_find(const struct names *n, enum input_name_kind kind, uint64_t key);
/* Of an INPUT_NAME_CODE. */
const struct name *name_find_code(const struct names *n, int32_t pid, uint64_t key);

#endif
