/* SPDX-License-Identifier: GPL-2.0 */
/* Kernel allocations that were not freed, by call site: how many, how old, and
 * whether they grow.  Pure: it is told what the kernel's tables hold. */
#ifndef MODEL_OUTSTANDING_H
#define MODEL_OUTSTANDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/trend.h"
#include "wire/leak.h"

#define AGE_BUCKETS 7
/* Upper bounds of the buckets of age, ns; the last one has none. */
extern const uint64_t age_bounds[AGE_BUCKETS - 1];

#define SERIES_MAX 64 /* readings kept; with more every second one is dropped */

/* One row: allocations of one size from one place. */
struct outstanding_row {
	uint32_t domain;       /* enum mmt_leak_domain */
	uint64_t site;         /* address of the call; 0: not known */
	bool seen_through;     /* site is the caller of a function that only passes on */
	uint64_t each;         /* bytes of one allocation */
	char cache[MMT_LEAK_NAME]; /* slab only */
	uint64_t frames[MMT_LEAK_STACK]; /* stack, innermost first, if stacks are rows of their own */
	int frame_count;
	/* The fields below count what was traced, times the sampling factor. */
	uint64_t count, bytes; /* not freed, and old enough */
	uint64_t ages[AGE_BUCKETS], oldest; /* of those; ns */
	uint64_t allocated, freed, reused; /* since the start; reused: free not seen, so count is in doubt */
	struct trend trend;    /* of the bytes, per second; of all ages */
	/* owned by the model */
	uint64_t what;
	uint64_t walked;       /* found in the table, of all ages */
	double held, series[SERIES_MAX];
};

struct outstanding;

/* scale: of so many allocations one is traced; older: ns, rows count only those. */
struct outstanding *outstanding_new(uint32_t scale, uint64_t older);
void outstanding_free(struct outstanding *o); /* takes NULL */

bool outstanding_knows(const struct outstanding *o, uint32_t number);
/* Where a site of the kernel's table belongs. frames: n of them make rows of
 * their own, 0: rows by caller only. */
void outstanding_site(struct outstanding *o, uint32_t number, const struct mmt_leak_site *s, uint64_t caller,
		      bool seen_through, const uint64_t *frames, int n);

/* A reading: begin, the counters of each site, end. now: ns. */
void outstanding_sample_begin(struct outstanding *o);
void outstanding_count(struct outstanding *o, uint32_t number, const struct mmt_leak_count *c);
void outstanding_sample_end(struct outstanding *o, uint64_t now);

/* A walk through the table: begin, each object with its age in ns, end. */
void outstanding_walk_begin(struct outstanding *o);
void outstanding_object(struct outstanding *o, uint32_t number, uint64_t age);
/* Trends of all rows are worked out here. */
void outstanding_walk_end(struct outstanding *o);
/* Allocations by which the last walk and the last reading differ. While nothing
 * is traced any more it is 0, or the kernel's table is not what it should be. */
uint64_t outstanding_mismatch(const struct outstanding *o);
/* So many frees were not seen that count is only an upper bound, and a trend
 * would tell of address reuse: there is none. */
bool outstanding_doubt(const struct outstanding_row *r);

enum outstanding_sort { OUTSTANDING_BYTES, OUTSTANDING_COUNT, OUTSTANDING_AGE, OUTSTANDING_GROWTH, OUTSTANDING_SORTS };
extern const char *const outstanding_sort_keys[OUTSTANDING_SORTS];
/* Rows, greatest first (reverse: least), those in doubt behind the others; the array is the caller's to free. */
struct outstanding_row **outstanding_rows(const struct outstanding *o, enum outstanding_sort sort, bool reverse, size_t *n);

#endif
