/* SPDX-License-Identifier: GPL-2.0 */
/* Rows of processes that ended: the kernel's table has given their places to others. */
#ifndef SOURCE_HIST_KEPT_H
#define SOURCE_HIST_KEPT_H

#include "base/map.h"
#include "input/input.h"

#define KEPT_ROWS 131072 /* what comes when there are so many is added to no row */

struct hist_kept {
	struct map rows;      /* of struct hist_kept_row, by struct mmt_hist_key */
	struct map processes; /* of struct mmt_hist_process, by id */
	struct mmt_hist_row other[MMT_HIST_SLOTS]; /* what had no room */
	uint64_t reading;
};

void hist_kept_init(struct hist_kept *k);
void hist_kept_free(struct hist_kept *k);
/* ctx: the struct hist_kept. For probe/hist_ended.h */
void hist_kept_process(void *ctx, __u64 id, const struct mmt_hist_process *p);
void hist_kept_row(void *ctx, const struct mmt_hist_key *key, const struct mmt_hist_row *row);
/* NULL: it is not kept. */
const struct mmt_hist_process *hist_kept_find(const struct hist_kept *k, uint64_t id);

/* A reading: begin; join each row of the kernel's table with what is kept under its key, if
 * anything is; then the others, one by one: *at is 0 at first, false: no more. */
void hist_kept_begin(struct hist_kept *k);
void hist_kept_join(struct hist_kept *k, const struct mmt_hist_key *key, struct mmt_hist_row *row);
bool hist_kept_next(struct hist_kept *k, size_t *at, struct mmt_hist_key *key, struct mmt_hist_row *row);

void hist_row_add(struct mmt_hist_row *to, const struct mmt_hist_row *row);

#endif
