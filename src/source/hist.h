/* SPDX-License-Identifier: GPL-2.0 */
/* Between the files of the source of hist. */
#ifndef SOURCE_HIST_H
#define SOURCE_HIST_H

#include "model/hist.h"
#include "probe/kmem.h"
#include "source/source.h"
#include "sym/gfp.h"
#include "sym/ksym.h"

struct hist_source {
	struct source s;
	struct kmem_options opt;
	struct kmem *kmem;
	struct ksym_table *ksyms; /* NULL: none */
	struct gfp_names gfp;
	const char *site_unknown; /* why sites have no names; NULL: they have */
};

/* Announces what the keys of the model's lines stand for, each once: INPUT_NAME. */
void hist_names_emit(struct hist_source *h);
/* The name of a cgroup of which only the id is known: its path below the mount, or NULL;
 * the caller's to free. */
char *hist_cgroup_path(uint64_t id);
/* Domains named by the words, --by and what follows from them. -1: e is filled. */
int hist_options_make(const struct args *a, struct kmem_options *o, struct error *e);

#endif
