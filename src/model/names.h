/* SPDX-License-Identifier: GPL-2.0 */
/* What numbers stand for: kernel addresses, caches, processes, cgroups, flags (INPUT_NAME).
 * Bounded: where there are too many all go, and the source announces again what rows
 * still need. */
#ifndef MODEL_NAMES_H
#define MODEL_NAMES_H

#include "base/idmap.h"
#include "model/model.h"

struct name {
	uint64_t key, extra;  /* of a symbol: offset in the function */
	uint32_t flags;       /* enum input_name_flag */
	char *text, *more;    /* more: the module of a function, or "" */
	struct name *next;
};

struct names {
	struct idmap by_key[INPUT_NAME_OOM + 1]; /* by enum input_name_kind */
	struct name *list;
	size_t count;
};

void names_input(struct names *n, struct model *m, const struct input *in);
void names_clean(struct names *n);
/* NULL: not announced. */
const struct name *name_find(const struct names *n, enum input_name_kind kind, uint64_t key);

#endif
