/* SPDX-License-Identifier: GPL-2.0 */
/* The model of layout: the address space of one process, as it is and as it was at the reading
 * before.  What each VMA is the fault model says, which gets the same inputs as in live. */
#ifndef MODEL_SPACE_H
#define MODEL_SPACE_H

#include "model/fault/session.h"
#include "model/model.h"
#include "model/space_area.h"
#include "model/space_kernel.h"
#include "model/space_pages.h"

/* All VMAs of a kind. */
struct space_kind {
	const char *name;
	uint64_t vmas, size, amount[VMA_AMOUNTS]; /* SPACE_UNKNOWN: of none is it known */
};
#define SPACE_KINDS (KIND_COUNT + 2) /* reserved, and the total */

struct space {
	struct model base;
	struct model *session; /* of the fault model */
	struct input_space now, before;
	bool complete, racing, read; /* complete: the last reading; read: one was */
	struct space_areas areas, last, gone; /* last: of the reading before; gone: of those, what is no longer there */
	struct space_kind kinds[SPACE_KINDS]; /* the last one is the total */
	size_t kind_count;
	struct space_file *files;
	uint64_t readings;
	struct space_pages pages;
	struct space_walk walk;
	struct space_kernel kernel;
};

extern const struct model_type model_space;

static inline const struct space *space_of(const struct model *m)
{
	return (const struct space *)m;
}

/* The VMA or gap that holds an address, or NULL. */
const struct space_area *space_area_at(const struct space *s, uint64_t addr);
/* Lies it in the range of --range? */
bool space_asked(const struct space *s, const struct space_area *a);
/* VMAs that count for vm.max_map_count: [vsyscall] is none of the mm_struct. */
uint64_t space_vmas_counted(const struct space *s);

#endif
