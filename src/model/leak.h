/* SPDX-License-Identifier: GPL-2.0 */
/* The model of leak: the leak table, and names of kernel addresses. */
#ifndef MODEL_LEAK_H
#define MODEL_LEAK_H

#include "model/leak_table.h"
#include "model/names.h"

struct leak_model {
	struct model base;
	struct leak_table *table; /* made with the clock, by the options sample and older_ns */
	struct names names;       /* of addresses */
	uint64_t mismatch;        /* at the end: allocations by which table and counters differ */
};

extern const struct model_type model_leak;

static inline const struct leak_model *leak_of(const struct model *m)
{
	return (const struct leak_model *)m;
}

#endif
