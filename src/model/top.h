/* SPDX-License-Identifier: GPL-2.0 */
/* The processes of `mmtrace top`: what each has done since the start. */
#ifndef MODEL_TOP_H
#define MODEL_TOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/top.h"

enum top_metric {
#define METRIC(ID, key, title, how, unit, table, help) TOP_##ID,
#include "model/top_metrics.def"
#undef METRIC
	TOP_METRICS
};
enum top_how { TOP_RATE, TOP_LOST, TOP_CHANGE, TOP_LEVEL };
enum top_unit { TOP_COUNT, TOP_BYTES, TOP_NS };
struct top_metric_text {
	const char *key, *title, *help;
	enum top_how how;
	enum top_unit unit;
	bool table;
};
extern const struct top_metric_text top_metrics[TOP_METRICS];

/* Since the start; RSS as it is. */
struct top_values { int64_t v[TOP_METRICS]; };

struct top_process {
	struct mmt_top_key key;
	char comm[17];
	bool live;           /* the kernel still has it, if only as a zombie */
	bool ended;          /* its last thread has ended, */
	bool ended_shown;    /* and that was shown */
	bool has_mm;         /* rss, vsize, brk are known (no kernel thread, no zombie) */
	bool special;        /* no process: faults and sizes have no meaning */
	bool tail_unknown;   /* ended without a row: its last faults are not known */
	uint32_t members;    /* of a group: processes that have ended; else 0 */
	struct top_values now, before;
	struct top_look *look; /* the model's own */
	struct top_process *next;
};

struct top {
	struct top_process **buckets;
	struct top_process *groups; /* ended processes by name */
	size_t group_count;
	uint64_t looks, tails_unknown;
	struct top_values total, total_before; /* of all, the ended too */
};

struct top *top_new(void);
void top_free(struct top *t);

/* One look: begin, every thread, every row, end.  The first look is where
 * counting starts.  end calls forget for each process that has ended. */
void top_look_begin(struct top *t);
void top_look_task(struct top *t, const struct mmt_top_task *task);
void top_look_row(struct top *t, const struct mmt_top_key *key, const struct mmt_top_row *row);
void top_look_end(struct top *t, void (*forget)(void *ctx, const struct mmt_top_key *key), void *ctx);
/* After the look was shown: what is now is before; the ended join their group,
 * once the kernel has forgotten them or, if it was the last look, at once. */
void top_look_shown(struct top *t, bool last);

/* All processes, then the groups; their number. The caller frees the array. */
size_t top_list(const struct top *t, struct top_process ***out);
/* Is the number meaningful for p? */
bool top_value_known(const struct top_process *p, enum top_metric m);
/* TOP_METRICS: no such key. */
enum top_metric top_metric_find(const char *key);

#endif
