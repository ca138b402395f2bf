/* SPDX-License-Identifier: GPL-2.0 */
/* Between the files of the source of histograms. */
#ifndef SOURCE_HIST_H
#define SOURCE_HIST_H

#include "base/map.h"
#include "model/hist.h"
#include "probe/hist_probe.h"
#include "source/cgroup_names.h"
#include "source/hist_kept.h"
#include "source/source.h"
#include "sym/gfp.h"
#include "sym/ksym.h"

struct hist_source {
	struct source s;
	struct hist_probe *probe;
	struct hist_probe_options opt;
	int looks_without_targets;
	bool cpus_failed;
	struct ksym_table *ksyms;   /* NULL: none */
	const char *site_unknown;   /* why sites have no names; NULL: they have */
	struct gfp_names gfp;
	struct cgroup_names cgroups; /* as they stand at this reading; empty: not read yet */
	struct map processes;     /* looked up at this reading; the values mean nothing */
	struct input_cell *cells;   /* of this reading */
	size_t cell_count, cell_room;
	struct hist_kept kept;
	struct mmt_hist_row other[MMT_HIST_SLOTS]; /* of this reading: what is in no row */
};

/* What the words DOMAIN, --by and what limits them mean: fills domain, optional, frees,
 * config.by and the sizes of o. Used to check the command line, and to do as it says. */
int hist_domains_choose(const struct args *a, struct hist_probe_options *o, struct error *e);

/* Flags of this kernel. */
void hist_names_learn(struct hist_source *h);
/* Announces what the cells of this reading are called, as far as the model does not know it. */
void hist_names_emit(struct hist_source *h);
void hist_names_close(struct hist_source *h);

#endif
