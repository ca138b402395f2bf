/* SPDX-License-Identifier: GPL-2.0 */
/* Between the files of the source of leak. */
#ifndef SOURCE_LEAK_H
#define SOURCE_LEAK_H

#include "model/leak.h"
#include "probe/leak.h"
#include "source/source.h"
#include "sym/ksym.h"

#define LEAK_ENTRIES (1u << 20) /* allocations that the table holds where nothing else is asked for */
#define LEAK_SITES (1u << 14)   /* that the kernel's table holds */

struct leak_source {
	struct source s;
	struct leak_options opt;
	struct leak_probe *probe;
	struct ksym_table *syms;
	const char *no_names; /* why; NULL: names are known */
	uint64_t names_ns;    /* when names were last read again */
	uint32_t names_read;  /* how often, from 1 */
	bool names_wanted;    /* an address was without a name */
	/* Sites that have no row. 0: not looked at; UINT32_MAX: of another module than
	 * --module; else it had no name when the names had been read so often */
	uint32_t looked[LEAK_SITES];
	int looks_without_targets;
};

/* Emits a site of the kernel's table that the model does not know yet: INPUT_LEAK_SITE, INPUT_NAME. */
void leak_site_emit(struct leak_source *l, uint32_t number);
/* Reads the names again if an address was without one; now: not later. */
void leak_names_learn(struct leak_source *l, bool now);
/* Domains and filters of the command line. -1: e is filled. */
int leak_options_make(const struct args *a, struct leak_options *o, struct error *e);

#endif
