/* SPDX-License-Identifier: GPL-2.0 */
/* Kernel allocations that were not freed, by call site: how many, how old, and
 * whether they grow.  Pure: model/leak.c hands in what the kernel's tables hold. */
#ifndef MODEL_LEAK_TABLE_H
#define MODEL_LEAK_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/trend.h"
#include "wire/leak.h"

#define AGE_BUCKETS 7
/* Upper bounds of the buckets of age, ns; the last one has none. */
extern const uint64_t age_bounds[AGE_BUCKETS - 1];

#define SERIES_MAX 64 /* readings kept; with more every second one is dropped */

#define LEAK_UNKNOWN UINT64_MAX

/* One row: allocations of one size from one place. */
struct leak_row {
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
	uint64_t in_use;       /* objects of its cache, or of its size, that the kernel has; LEAK_UNKNOWN */
	/* owned by the model */
	uint64_t what;
	size_t index;
	struct leak_row *same_hash;
	uint64_t walked;       /* found in the table, of all ages */
	bool exceeds;          /* the rows of its cache hold more than there is of it */
	bool freed_in_bulk;    /* of a cache whose objects are, and no hook sees it */
	size_t cache_at;       /* index + 1 in the table's caches; 0: not known */
	double held, series[SERIES_MAX];
};

struct leak_table;

/* scale: of so many allocations one is traced; older: ns, rows count only those. */
struct leak_table *leak_table_new(uint32_t scale, uint64_t older);
void leak_table_free(struct leak_table *o); /* takes NULL */

/* No hook sees objects freed in bulk: called first. */
void leak_table_bulk_unseen(struct leak_table *o);

bool leak_table_knows(const struct leak_table *o, uint32_t number);
/* Where a site of the kernel's table belongs. frames: n of them make rows of
 * their own, 0: rows by caller only. */
void leak_table_site(struct leak_table *o, uint32_t number, const struct mmt_leak_site *s, uint64_t caller,
		      bool seen_through, const uint64_t *frames, int n);

/* A reading: begin, the counters of each site, end. now: ns. */
void leak_table_sample_begin(struct leak_table *o);
void leak_table_count(struct leak_table *o, uint32_t number, const struct mmt_leak_count *c);
void leak_table_sample_end(struct leak_table *o, uint64_t now);

/* A walk through the table: begin, each object with its age in ns, end. */
void leak_table_walk_begin(struct leak_table *o);
/* Objects that the kernel has of a cache (bytes 0) or of kmallocs of so many bytes; of several
 * readings before a walk is over the greatest counts. */
void leak_table_cache(struct leak_table *o, const char name[MMT_LEAK_NAME], uint64_t bytes, uint64_t objects);
void leak_table_object(struct leak_table *o, uint32_t number, uint64_t age);
/* Trends of all rows are worked out here. */
void leak_table_walk_end(struct leak_table *o);
/* Allocations by which the last walk and the last reading differ. While nothing
 * is traced any more it is 0, or the kernel's table is not what it should be. */
uint64_t leak_table_mismatch(const struct leak_table *o);
/* Frees are known not to be seen, or so many were not, or the kernel has fewer objects: count
 * is only an upper bound, and a trend would show address reuse: there is none. */
bool leak_table_doubt(const struct leak_row *r);

/* All rows, of which those with count 0 hold nothing now; their number. */
size_t leak_table_rows(const struct leak_table *o, struct leak_row *const **rows);

#endif
