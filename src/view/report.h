/* SPDX-License-Identifier: GPL-2.0 */
/* What every view of a fault session is given, and the two views: a table for
 * people, JSON lines for programs.  The only code that writes data. */
#ifndef VIEW_REPORT_H
#define VIEW_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "model/session.h"
#include "view/overhead.h"

#define COLUMNS_MAX 64
/* Columns that the user asked for, enum column each; none: the usual ones. */
struct column_list { uint8_t column[COLUMNS_MAX]; int count; };

struct report {
	FILE *out;
	struct session *session;
	const char *target;  /* "pid 42" or the command's name */
	const char *title;   /* "redis-server (pid 42)": the same for people */
	const char *backend; /* of faults */
	const char *span;    /* what the latency spans */
	const char *lacks;   /* what the backend cannot see; "" = nothing */
	const char *kernel;
	bool peek;           /* classes come from page-table entries */
	bool redraw;         /* a terminal: clear and draw again */
	bool ascii;          /* the locale is not UTF-8 */
	bool folds;          /* aggregation was asked for: it is no loss */
	int width;           /* columns of the terminal; 0: not limited */
	int top;             /* rows at most; 0: all */
	const char *sort;    /* column key */
	struct column_list columns;
	bool by_process;     /* processes first; VMAs of those in expand only */
	const pid_t *expand;
	int expand_count;
	uint64_t t0_unix_ns, now_ns; /* now: ns since t0 */
	int rows; /* told since the last tick (JSON) */
	uint64_t interval_ns; /* time since the last tick */
	uint64_t losses[MMT_LOSS_COUNT];
	uint64_t bpf_misses;
	uint32_t sample, sample_max; /* 1 in so many minor faults is looked at, now and at most; 1: all */
	const char *level;   /* of --max-overhead; NULL: no limit was asked for */
	double loss_pct;     /* what tracing costs the targets, percent of their CPU time */
	struct overhead overhead; /* of the whole run: at its end only */
	bool kernel_known;   /* wait4 or /proc told what the kernel counted: */
	uint64_t kernel_minor, kernel_major;
};

/* Parses "addr,faults,name"; false: no such column, or too many. */
bool columns_parse(const char *list, struct column_list *out);
/* Lists all columns on stdout. */
void columns_help(void);
/* Keys that -s takes; false: unknown.  Of processes there are fewer. */
bool sort_known(const char *key);
bool sort_known_of_processes(const char *key);
/* The end has no rates: there faults stand for them. */
const char *sort_without_rate(const char *key, bool rates);

/* The table of processes (by_process). */
void table_processes(const struct report *r, bool rates);

void table_tick(const struct report *r);
void table_end(const struct report *r);

void json_start(const struct report *r);
/* Rows that changed since they were told, of the tick that will follow. */
void json_rows(struct report *r);
void json_tick(struct report *r);
/* A row ("vma" or "proc") that was sent is told in another from now on. */
void json_merged(const struct report *r, const char *what, uint32_t id, uint32_t into);
void json_end(const struct report *r);

#endif
