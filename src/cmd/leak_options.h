/* SPDX-License-Identifier: GPL-2.0 */
/* Options of `mmtrace leak`. */
#ifndef CMD_LEAK_OPTIONS_H
#define CMD_LEAK_OPTIONS_H

#include "cmd/chosen.h"
#include "model/outstanding.h"
#include "probe/leak.h"

#define LEAK_ENTRIES (1u << 20)

struct leak_command_options {
	struct leak_options probe;
	struct chosen who;
	uint64_t duration_ns, interval_ns, count; /* 0: no limit; interval 0: none given */
	uint64_t older_ns;
	const char *slab, *module, *output;
	enum outstanding_sort sort;
	bool interval_word; /* INTERVAL was given as a word */
	bool reverse, json, quiet, strict, help;
	int top; /* -1: not given */
};

/* Parses; -1 and e filled on bad input. */
int leak_options_parse(struct leak_command_options *o, int argc, char **argv, struct error *e);
void leak_options_help(void);

#endif
