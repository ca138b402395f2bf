/* SPDX-License-Identifier: GPL-2.0 */
/* What numbers stand for: kernel addresses, caches, processes, cgroups, flags (INPUT_NAME).
 * Bounded: where there are too many, those go that no row has had for two readings, or,
 * of a model that does not say what its rows have, all; the source announces again what
 * rows still need. */
#ifndef MODEL_NAMES_H
#define MODEL_NAMES_H

#include "base/map.h"
#include "model/model.h"

#define NAMES_KEPT 16384 /* above that, names_retain() lets go */
#define NAMES_MAX 65536  /* before this many are new in one reading, all are forgotten */

struct name {
	uint64_t key, extra;  /* of a symbol: offset in the function */
	uint32_t flags;       /* enum input_name_flag */
	uint64_t reading;     /* the last one that had it in a row, or brought it */
	const char *text, *more; /* more: the module of a function, or "" */
};

struct names {
	struct map by_key; /* (enum input_name_kind, key) */
	uint64_t readings; /* that are over */
	bool retained;     /* names_retain() is called */
};

void names_init(struct names *n);
void names_input(struct names *n, struct model *m, const struct input *in);
/* A row of this reading has it. kind 0: nothing. */
void names_use(struct names *n, uint32_t kind, uint64_t key);
/* A reading is over. */
void names_retain(struct names *n);
void names_clean(struct names *n);
/* NULL: not announced. kind 0: nothing is. */
const struct name *name_find(const struct names *n, enum input_name_kind kind, uint64_t key);

#endif
