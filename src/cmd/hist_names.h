/* SPDX-License-Identifier: GPL-2.0 */
/* Names of what histograms are split by: sites, caches, processes, cgroups. */
#ifndef CMD_HIST_NAMES_H
#define CMD_HIST_NAMES_H

#include "model/hist.h"
#include "probe/kmem.h"
#include "sym/ksym.h"

struct hist_names {
	const struct kmem *kmem;
	struct ksym_table *ksyms; /* NULL: none */
};

/* A hist_name_fn; ctx is a struct hist_names. */
void hist_name(void *ctx, enum mmt_hist_key_id key, const struct hist_line *line, uint64_t value, bool json, char *out,
	       size_t size);
#endif
