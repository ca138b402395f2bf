/* SPDX-License-Identifier: GPL-2.0 */
/* The probe of `mmtrace hist`: histograms that the kernel keeps. */
#ifndef PROBE_KMEM_H
#define PROBE_KMEM_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "probe/attach.h"
#include "wire/hist.h"
#include "wire/oom.h"

struct kmem_options {
	bool domain[MMT_DOMAIN_COUNT]; /* those to count */
	bool optional;                 /* a domain that cannot be traced drops out */
	bool frees;                    /* count frees too */
	uint32_t rows;                 /* room for rows; 0: the default */
	int cgroup_fd;                 /* tasks below this cgroup only; -1: all */
	struct mmt_hist_config config; /* by, sizes, ranges; filters are set here */
	struct mmt_range wrappers[MMT_WRAPPERS]; /* by address, config.wrappers of them */
	const char *force[HOOK_COUNT];
	const char *btf;
	bool verbose;
};

struct kmem;

/* Are there frees of this domain at all? */
bool kmem_counts_frees(enum mmt_domain domain);

/* Tries, opens and loads; attaches nothing yet. */
struct kmem *kmem_open(const struct kmem_options *opt, struct error *e);
int kmem_attach(struct kmem *k, struct error *e);
void kmem_detach(struct kmem *k);
void kmem_free(struct kmem *k); /* takes NULL */

/* Counts only processes added from now on, if opened with config.filter_pid. */
int kmem_add_process(struct kmem *k, pid_t tgid);

/* The backend of a domain; NULL: it is not counted. *lacks: what it cannot see,
 * or why it is not counted. */
const struct candidate *kmem_backend(const struct kmem *k, enum mmt_domain domain, const char **lacks);
/* What its frees do not tell; "": nothing, or they are not counted. */
const char *kmem_free_lacks(const struct kmem *k, enum mmt_domain domain);

/* All counters, summed over CPUs; unkeyed: totals that are in no row. */
typedef void (*kmem_row_fn)(void *ctx, const struct mmt_hist_key *key, const struct mmt_hist_row *row, bool unkeyed);
int kmem_read(struct kmem *k, kmem_row_fn fn, void *ctx);

/* Calls fn for each OOM kill since the last call. The descriptor is readable
 * when there are some; -1: the domain is not counted. */
typedef void (*kmem_oom_fn)(void *ctx, const struct mmt_oom *oom);
void kmem_ooms(struct kmem *k, kmem_oom_fn fn, void *ctx);
int kmem_oom_fd(const struct kmem *k);

/* Stalls that have begun and not ended, of each domain. */
void kmem_stalls(const struct kmem *k, uint64_t open[MMT_DOMAIN_COUNT]);
uint64_t kmem_loss(const struct kmem *k, enum mmt_hist_loss which);

bool kmem_process(const struct kmem *k, uint64_t id, struct mmt_hist_process *out);
bool kmem_cache(const struct kmem *k, uint64_t id, struct mmt_hist_cache *out);
void kmem_cost(const struct kmem *k, struct probe_cost *out);

#endif
