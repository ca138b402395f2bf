/* SPDX-License-Identifier: GPL-2.0 */
/* What the models of all commands have in common: one door for inputs, facts of
 * the run, the clock, losses, own cost.  Pure: no I/O, no clock, no libbpf. */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "input/input.h"

struct model;

struct model_type {
	const char *name;
	size_t size; /* of the whole struct, whose first member is a struct model */
	void (*init)(struct model *m);                            /* NULL: all zero will do */
	void (*input)(struct model *m,
		      const struct input *in); /* kinds of the command's own, and ticks; heads are checked */
	void (*clean)(struct model *m);                           /* NULL: nothing to free */
	/* Has so much ended that an INPUT_RETAIN should not wait for the interval? now: CLOCK_MONOTONIC. NULL: never */
	bool (*over_limit)(const struct model *m, uint64_t now);
};

/* A fact of the run, as text.  Groups in use:
 * run: command version kernel latency_span module; argv: 0 1 2 ...; target: text title;
 * pid: PID -> start time; backend: hook -> its name; unknown: key -> reason; expand: PID;
 * readahead: DEVICE -> KiB; option: what models and views must know of the options and of the kernel;
 * of hist region: name -> bounds; of leak domain: key; of doctor machine and remedy: key -> text */
struct fact { char *group, *key, *value; struct fact *next; };

#define MODEL_LOSSES 32

struct model {
	const struct model_type *type;
	struct fact *facts, *last_fact;
	struct input_clock clock;
	struct input_cost cost;
	uint64_t losses[MODEL_LOSSES]; /* by the command's numbers */
	uint64_t now_ns;      /* of the last tick; ns since the run began */
	uint64_t interval_ns; /* between the last two ticks; 0 before the first, and after the last */
	uint64_t ticks;
	uint64_t version;     /* grows with each tick: a row that changed carries it (see row_type.version) */
	uint64_t decode_errors; /* damaged inputs */
	bool ended;           /* the last tick was there */
};

struct model *model_new(const struct model_type *type); /* aborts when out of memory */
void model_free(struct model *m); /* takes NULL */
/* The one door. */
void model_input(struct model *m, const struct input *in);

/* The value of a fact; NULL: it is not there. */
const char *model_fact(const struct model *m, const char *group, const char *key);
/* The next fact of a group after f (NULL: the first), or NULL. */
const struct fact *model_fact_next(const struct model *m, const char *group, const struct fact *f);
/* Is option:key a fact? */
bool model_option(const struct model *m, const char *key);
/* The number in option:key, or otherwise. */
uint64_t model_option_number(const struct model *m, const char *key, uint64_t otherwise);

#endif
