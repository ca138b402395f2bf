/* SPDX-License-Identifier: GPL-2.0 */
/* When rows of what has ended are merged, so that memory stays bounded: once an
 * interval, and sooner where very many come. */
#ifndef MODEL_BOUND_H
#define MODEL_BOUND_H

#include "model/session.h"

struct bound {
	void (*told)(void *ctx, const char *what, uint32_t id, uint32_t into); /* as of merge_rules */
	void *ctx;
	uint64_t next; /* ns of CLOCK_MONOTONIC: not between two tables before */
	uint32_t seen; /* session's next_vma at the last merge */
	size_t left;   /* VMA rows then */
	bool again;
};

/* With the interval's table out. */
void bound_tick(struct bound *b, struct session *s);
/* Is it time to merge between two tables? now: ns of CLOCK_MONOTONIC. */
bool bound_is_crowded(const struct bound *b, const struct session *s, uint64_t now);
void bound_crowd(struct bound *b, struct session *s, uint64_t now);

#endif
