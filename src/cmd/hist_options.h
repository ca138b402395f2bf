/* SPDX-License-Identifier: GPL-2.0 */
/* Options of `mmtrace hist`. */
#ifndef CMD_HIST_OPTIONS_H
#define CMD_HIST_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "cmd/chosen.h"
#include "model/hist.h"
#include "probe/kmem.h"

struct hist_options {
	struct kmem_options kmem;
	bool named[MMT_DOMAIN_COUNT]; /* domains given by name */
	bool group;                   /* "reclaim" was given */
	struct chosen who;
	const char *module; /* only sites in it; NULL: all */
	const char *output;
	uint64_t duration_ns, interval_ns, count; /* 0: none */
	enum hist_sort sort;
	bool sort_given;
	int top;
	bool json, ascii, strict, quiet, help;
};

/* Parses; -1 and e filled on bad input. */
int hist_options_parse(struct hist_options *o, int argc, char **argv, struct error *e);
void hist_options_help(void);
#endif
