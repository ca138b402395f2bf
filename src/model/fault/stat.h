/* SPDX-License-Identifier: GPL-2.0 */
/* Fault statistics: counts by class and mode, latency histograms. */
#ifndef MODEL_STAT_H
#define MODEL_STAT_H

#include <stdint.h>

#include "wire/event.h"

#define HIST_BUCKETS MMT_LATENCY_BUCKETS

struct class_stat {
	uint64_t minor, major, error; /* counts */
	uint64_t fresh, there; /* of these: the page was not in its file's page cache as the fault began; it was */
	uint64_t ns_sum, ns_max, timed;
	uint64_t hist[HIST_BUCKETS];
};

struct fault_stat {
	uint64_t minor, major, error, foreign;
	uint64_t unattributed_minor, unattributed_major; /* residual: counted by the kernel, no event */
	uint64_t mode[MMT_MODE_COUNT];
	struct class_stat *cls[MMT_CLASS_COUNT]; /* owned; NULL: none yet */
};

void stat_add(struct fault_stat *s, const struct mmt_fault *f);
/* Adds the faults of an aggregated row; mode MMT_MODE_COUNT: not known. */
void stat_add_row(struct fault_stat *s, const struct mmt_aggregate_key *key, const struct mmt_aggregate_row *row);
void stat_sum(struct fault_stat *to, const struct fault_stat *from);
/* Adds from to `to` and leaves nothing in it. */
void stat_move(struct fault_stat *to, struct fault_stat *from);
void stat_free(struct fault_stat *s);
uint64_t stat_total(const struct fault_stat *s);
uint64_t stat_class_count(const struct fault_stat *s, enum mmt_class c);
/* Those of a class whose page was not there, and was; of both classes 0: it is not known. */
uint64_t stat_fresh(const struct fault_stat *s, enum mmt_class c);
uint64_t stat_there(const struct fault_stat *s, enum mmt_class c);
/* ns, of all classes; 0: none was timed. */
uint64_t stat_max(const struct fault_stat *s);

#endif
