/* SPDX-License-Identifier: GPL-2.0 */
/* Names of what histograms are split by: sites, caches, processes, cgroups. */
#ifndef CMD_HIST_NAMES_H
#define CMD_HIST_NAMES_H

#include "model/hist.h"
#include "probe/kmem.h"
#include "sym/gfp.h"
#include "sym/ksym.h"

struct hist_names {
	const struct kmem *kmem;
	struct ksym_table *ksyms; /* NULL: none */
	struct gfp_names gfp;
	struct cgroup_name *cgroups; /* by id; read once a report */
	size_t cgroup_count, cgroup_room;
	bool cgroups_read;
};

/* Flags of this kernel; btf: a file, or NULL. */
void hist_names_learn_gfp(struct hist_names *n, const char *btf);
/* A new report begins: cgroups come and go. */
void hist_names_refresh(struct hist_names *n);
void hist_names_free(struct hist_names *n);


/* A hist_name_fn; ctx is a struct hist_names. */
void hist_name(void *ctx, enum mmt_hist_key_id key, const struct hist_line *line, uint64_t value, bool json, char *out,
	       size_t size);
#endif
