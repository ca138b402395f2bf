/* SPDX-License-Identifier: GPL-2.0 */
/* The model of top: what each process has done since the start. */
#ifndef MODEL_TOP_H
#define MODEL_TOP_H

#include "base/map.h"
#include "model/model.h"

enum top_metric {
#define METRIC(ID, ...) TOP_##ID,
#include "model/top_metrics.def"
#undef METRIC
	TOP_METRICS
};

/* Since the start; RSS as it is. */
struct top_values { int64_t v[TOP_METRICS]; };

struct top_process {
	struct mmt_top_key key;
	char comm[17];
	char *cgroup;        /* NULL: not known */
	bool cgroup_read;    /* since it has this name */
	uint32_t ppid;       /* 0: not known, or of several */
	char parent[17];     /* its name when this one was first seen */
	bool live;           /* the kernel still has it, if only as a zombie */
	bool ended;          /* its last thread has ended, */
	bool ended_shown;    /* and that was shown */
	bool has_mm;         /* rss, vsize, brk are known (no kernel thread, no zombie) */
	bool special;        /* no process: faults and sizes have no meaning */
	bool tail_unknown;   /* ended without a row: its last faults are not known */
	uint32_t members;    /* of a group: processes that have ended; else 0 */
	uint64_t version;    /* of its last change */
	struct top_values now, before; /* before: when the interval began */
	struct top_reading *reading; /* the model's own */
};

struct top_list { struct top_process **at; size_t count, room; };

struct top {
	struct model base;
	struct top_list processes; /* by pid, since the last reading */
	size_t sorted;             /* of these, so many */
	struct top_list groups;    /* ended processes by name */
	struct map by_key, group_by_comm;
	uint64_t readings, tails_unknown;
	bool shown; /* the last reading was: an interval begins with the next one */
	struct top_values total, total_before; /* of all, the ended too */
};

extern const struct model_type model_top;

static inline const struct top *top_of(const struct model *m)
{
	return (const struct top *)m;
}

/* All processes in order of pid; at the end of the run the groups of those that ended, too. */
void top_each(const struct top *t, void (*fn)(void *ctx, const void *row), void *ctx);
/* After a reading: those of which the kernel may forget its row. */
void top_each_final(const struct top *t, void (*fn)(void *ctx, const struct mmt_top_key *key), void *ctx);
bool top_any_lives(const struct top *t);
/* Is the number meaningful for p? */
bool top_value_known(const struct top_process *p, enum top_metric m);

#endif
