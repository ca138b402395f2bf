/* SPDX-License-Identifier: GPL-2.0 */
/* The views of `mmtrace hist`: bars and tables for people, JSON lines. */
#ifndef VIEW_HIST_H
#define VIEW_HIST_H

#include <stdio.h>

#include "model/hist.h"
#include "view/overhead.h"

/* The value of a key as text; json: as a JSON value (quoted if a string). */
typedef void (*hist_name_fn)(void *ctx, enum mmt_hist_key_id key, const struct hist_line *line, uint64_t value,
			     bool json, char *out, size_t size);

struct hist_domain_text {
	const char *backend; /* NULL: not counted */
	const char *lacks;   /* what it cannot see, or why it is not counted; "" = nothing */
	const char *free_lacks; /* what its frees do not tell; "" = nothing */
};

struct hist_report {
	FILE *out;
	const struct hist_snapshot *now;
	struct hist_domain_text domains[MMT_DOMAIN_COUNT];
	uint8_t by[2];       /* enum mmt_hist_key_id */
	enum hist_sort sort;
	bool sort_given;
	int top;             /* rows per domain; 0: all */
	bool ascii;          /* bars without Unicode */
	const char *kernel, *target; /* target: not escaped */
	const char *module;  /* only its sites; NULL: all */
	hist_name_fn name;
	void *name_ctx;
	const char *site_unknown; /* why sites have no names; NULL: they have */
	uint64_t t0_unix_ns, now_ns;
	uint64_t interval_ns; /* what `now` spans; 0: since the start */
	const struct mmt_range *regions; /* by enum mmt_region; NULL: not asked for */
	uint64_t unpaired;    /* faults without a latency */
	uint64_t stalls_lost, ooms_lost; /* stalls without a time, kills without a line */
	uint64_t processes_lost; /* children not followed */
	uint64_t stalls_open[MMT_DOMAIN_COUNT]; /* begun, not in the counts before they end */
	uint64_t oom_kills;
	uint64_t misses;
	struct overhead overhead;
};

extern const char *const hist_region_names[MMT_REGIONS + 1]; /* the last: none of them */
extern const char *const hist_domain_keys[MMT_DOMAIN_COUNT];
extern const char *const hist_key_keys[MMT_KEY_COUNT];

/* Do the events of this op tell no sizes? */
bool hist_sizes_unknown(uint8_t domain, uint8_t op);

void hist_text(const struct hist_report *r);
void hist_text_end(const struct hist_report *r);
void hist_json_start(const struct hist_report *r);
/* All rows; last: the final ones. */
void hist_json_rows(const struct hist_report *r, bool last);
void hist_json_end(const struct hist_report *r);

#endif
