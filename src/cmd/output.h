/* SPDX-License-Identifier: GPL-2.0 */
/* Where a command writes: a file that is kept until there is something to write,
 * a terminal that may change its size, a pipe that may be closed. */
#ifndef CMD_OUTPUT_H
#define CMD_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

#include "base/error.h"
#include "cmd/options.h"
#include "view/report.h"

struct output {
	FILE *f;
	int err;       /* errno of the first write that failed */
	bool terminal; /* to be read by people there */
};

int output_open(struct output *o, const struct options *opt, struct error *e);
/* Empties the file: from now on nothing but a kill keeps it from being written. */
void output_begin(const struct output *o);
/* Asks the terminal for its size, and makes the tables fit. */
void output_fit(const struct output *o, const struct options *opt, struct report *r);
/* After something was written: has a write failed? */
bool output_failed(struct output *o);
/* Of a pipe without readers the kernel tells, also if nothing was written since. */
bool output_reader_gone(const struct output *o);
/* Flushes. A reader that has gone is no failure. 0, or -1 and e. */
int output_end(struct output *o, struct error *e);

#endif
