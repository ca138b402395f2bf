/* SPDX-License-Identifier: GPL-2.0 */
/* The model of hist: histograms as the kernel counted them, cells sorted into lines, a
 * line for each (domain, op, keys); names of what keys stand for; OOM kills. */
#ifndef MODEL_HIST_H
#define MODEL_HIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/names.h"

struct hist_cell {
	struct mmt_hist_key key;
	struct mmt_hist_row row;
	bool other; /* what had no room for a row of its own */
};

struct hist_line {
	const struct hist_cell *cells; /* by bucket; owned by the snapshot */
	size_t cell_count;
	uint64_t k[2];
	uint8_t domain, op;
	bool other; /* keys that had no room */
	struct mmt_hist_row sum;
};

struct hist_snapshot {
	struct hist_cell *cells;
	size_t cell_count, cell_room;
	struct hist_line *lines;
	size_t line_count;
};

enum hist_sort { HIST_BY_COUNT, HIST_BY_BYTES, HIST_BY_WASTE };

struct hist_model {
	struct model base;
	struct hist_snapshot reading;      /* under way */
	struct hist_snapshot total;        /* since the start */
	struct hist_snapshot before, delta; /* at the last tick but one; what the interval added */
	bool ticked;                       /* total was shown: the next reading begins an interval */
	uint8_t by[2];                     /* enum mmt_hist_key_id; option facts by_0, by_1 */
	uint64_t stalls_open[MMT_DOMAIN_COUNT]; /* begun, in no count before they end */
	uint64_t oom_kills;
	struct names names; /* of what keys stand for */
};

extern const struct model_type model_hist;

static inline const struct hist_model *hist_of(const struct model *m)
{
	return (const struct hist_model *)m;
}

/* What is shown: the last interval, or all of it where there is none. */
const struct hist_snapshot *hist_shown(const struct hist_model *h);
/* Is a domain counted?  Its backend is a fact then. */
bool hist_counts(const struct hist_model *h, int domain);
extern const char *const hist_domain_keys[MMT_DOMAIN_COUNT];
extern const char *const hist_key_keys[MMT_KEY_COUNT];

void hist_clear(struct hist_snapshot *s);
void hist_free(struct hist_snapshot *s);
/* Aborts when out of memory. */
void hist_add(struct hist_snapshot *s, const struct mmt_hist_key *key, const struct mmt_hist_row *row, bool other);
/* Sorts cells and makes lines; drops cells that count nothing. */
void hist_finish(struct hist_snapshot *s);
/* out = now - before, both finished; out is finished too. */
void hist_subtract(const struct hist_snapshot *now, const struct hist_snapshot *before, struct hist_snapshot *out);

/* Lines of a domain and op, best first; returns their number. *out is for the
 * caller to free. */
size_t hist_select(const struct hist_snapshot *s, uint8_t domain, uint8_t op, enum hist_sort sort,
		   const struct hist_line ***out);
/* Sums all lines of a domain and op by bucket into buckets, which may be NULL. */
struct mmt_hist_row hist_total(const struct hist_snapshot *s, uint8_t domain, uint8_t op,
			       struct mmt_hist_row buckets[MMT_HIST_BUCKETS]);

/* Bounds of a bucket: from lo up to, not including, hi. */
uint64_t hist_bucket_lo(int bucket);
uint64_t hist_bucket_hi(int bucket);
uint64_t hist_waste(const struct mmt_hist_row *r);

#endif
