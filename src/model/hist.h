/* SPDX-License-Identifier: GPL-2.0 */
/* The model of hist: histograms as the kernel counted them, read now and then.
 * Cells of a reading are sorted into lines, a line for each (event, op, keys).
 * Inputs come through model_input() alone; what stands here is for reading. */
#ifndef MODEL_HIST_H
#define MODEL_HIST_H

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
	const struct hist_line *interval; /* what the last interval added; NULL: nothing, or there is no interval */
	uint64_t version; /* of the tick that has an interval; else 0 */
};

/* A reading, or the difference of two. */
struct hist_snapshot {
	struct hist_cell *cells;
	size_t cell_count, cell_room;
	struct hist_line *lines;
	size_t line_count;
};

struct hist_model {
	struct model base;
	uint8_t by[2];        /* enum mmt_hist_key_id, from option:by_0 and by_1 */
	struct hist_snapshot now, before; /* the last reading, and that of the tick before */
	struct hist_snapshot added; /* between the last two ticks; empty at the end of the run */
	uint64_t stalls_open[MMT_DOMAIN_COUNT]; /* begun, not in the counts before they end */
	uint64_t oom_kills;
	struct hist_oom_text {
		uint64_t time; /* of the kill that it was announced of last */
		char *text;    /* NULL: of none */
	} oom_cause, oom_cgroup;
	bool open;            /* between INPUT_HIST_BEGIN and INPUT_HIST_STALLS: cells are expected */
	bool shown, fresh;    /* a tick has shown `now`; a reading came since the last tick */
	struct names names;   /* of what keys stand for */
};

extern const struct model_type model_hist;

static inline const struct hist_model *hist_of(const struct model *m)
{
	return (const struct hist_model *)m;
}

/* --- what events carry --- */

struct hist_domain {
	const char *key, *help;
	const char *allocations, *times; /* what counts of them are called */
	uint32_t flags;                  /* HD_ bits */
	uint32_t keys, free_keys;        /* HK_ bits */
};
struct hist_key { const char *key, *help; };
extern const struct hist_domain hist_domains[MMT_DOMAIN_COUNT];
extern const struct hist_key hist_keys[MMT_KEY_COUNT];
/* By enum mmt_region; the last: none of them. NULL: no such region. */
extern const char *const hist_regions[MMT_REGIONS + 1];

static inline bool hist_is(uint8_t domain, uint32_t flag)
{
	return hist_domains[domain].flags & flag;
}

/* Do events of this op carry the key? Frees have less than allocations. */
bool hist_has_key(uint8_t domain, uint8_t op, enum mmt_hist_key_id key);
/* Do they carry sizes? */
bool hist_has_sizes(uint8_t domain, uint8_t op);
/* What a key's values are called by; 0: they need no names. */
enum input_name_kind hist_name_kind(uint8_t domain, enum mmt_hist_key_id key);

/* --- reading the model --- */

/* The cause of an OOM kill at that time; NULL: it is not known. */
const char *hist_oom_cause(const struct hist_model *h, uint64_t time);
/* The path of its victim's cgroup; NULL: it is not known. */
const char *hist_oom_cgroup(const struct hist_model *h, uint64_t time);
/* Sums all lines of a domain and op by bucket into buckets, which may be NULL. */
struct mmt_hist_row hist_total(const struct hist_snapshot *s, uint8_t domain, uint8_t op,
			       struct mmt_hist_row buckets[MMT_HIST_BUCKETS]);
/* Events that found no room for a row of their own, though rows were asked for. */
uint64_t hist_without_row(const struct hist_model *h);
/* Is anything missing in what it counted? */
bool hist_lost(const struct model *m);
/* Bounds of a bucket: from lo up to, not including, hi. */
uint64_t hist_bucket_lo(int bucket);
uint64_t hist_bucket_hi(int bucket);
uint64_t hist_waste(const struct mmt_hist_row *r);

#endif
