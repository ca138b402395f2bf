/* SPDX-License-Identifier: GPL-2.0 */
/* Which events trace shows.  The model counts all of them. */
#ifndef MODEL_FAULT_EVENTS_H
#define MODEL_FAULT_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

#define FILTER_PIDS 256
#define FILTER_PATH 256

/* Of the options; all zero: all events. */
struct event_filter {
	bool on;             /* any of those below */
	uint32_t classes;    /* bit per enum mmt_class; 0: all */
	uint64_t from, to;   /* addresses; to 0: all */
	bool major, no_processes;
	uint64_t ns;         /* faults of at least this latency; 0: all */
	uint64_t size;       /* calls of at least so many bytes; 0: all */
	char path[FILTER_PATH]; /* glob of the mapping's name; empty: all */
	uint32_t pids[FILTER_PIDS];
	int pid_count;       /* 0: all processes */
};

#define CODE_NAME 128

/* Where the user's code was: in a file, or a mapping without one. */
struct code {
	uint64_t ip;      /* 0: not known, or no user's */
	const char *name; /* NULL: nothing is known to be there */
	uint64_t offset;  /* in the file, else from the start of its VMA */
};

/* Faults and calls that had an event of their own, and those of them that were shown. */
struct event_counts { uint64_t faults, calls, shown_faults, shown_calls; };

#endif
