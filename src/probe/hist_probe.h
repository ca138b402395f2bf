/* SPDX-License-Identifier: GPL-2.0 */
/* The probe of `mmtrace hist`: histograms that the kernel keeps. */
#ifndef PROBE_HIST_PROBE_H
#define PROBE_HIST_PROBE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "probe/attach.h"
#include "wire/hist.h"
#include "wire/oom.h"

struct hist_probe_options {
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

struct hist_probe;

/* Are there frees of this domain at all? */
bool hist_probe_counts_frees(enum mmt_domain domain);

/* Tries, opens and loads; attaches nothing yet. */
struct hist_probe *hist_probe_open(const struct hist_probe_options *opt, struct error *e);
int hist_probe_attach(struct hist_probe *k, struct error *e);
/* Counts what no event came of, up to now; 0 or a negative errno. */
int hist_probe_watch(struct hist_probe *k);
/* As probe_follow_cpus() and probe_cpu_fd(). */
int hist_probe_follow_cpus(struct hist_probe *k);
int hist_probe_cpu_fd(const struct hist_probe *k);
void hist_probe_detach(struct hist_probe *k);
void hist_probe_free(struct hist_probe *k); /* takes NULL */

/* Counts only processes added from now on, if opened with config.filter_pid. */
int hist_probe_add_process(struct hist_probe *k, pid_t tgid);
/* Is one of them, or of their children, alive? */
bool hist_probe_target_lives(const struct hist_probe *k);

/* The backend of a domain; NULL: it is not counted. *limitations: what it cannot see,
 * or why it is not counted. */
const struct candidate *hist_probe_backend(const struct hist_probe *k, enum mmt_domain domain,
					   const char **limitations);
/* What its frees do not report; "": nothing, or they are not counted. */
const char *hist_probe_free_limitations(const struct hist_probe *k, enum mmt_domain domain);

/* Domain, op and bucket of a MMT_HIST_SLOT(). */
struct mmt_hist_key hist_slot_key(uint32_t slot);

/* All counters, summed over CPUs; unkeyed: totals that are in no row. */
typedef void (*hist_probe_row_fn)(void *ctx, const struct mmt_hist_key *key, const struct mmt_hist_row *row,
				  bool unkeyed);
int hist_probe_read(struct hist_probe *k, hist_probe_row_fn fn, void *ctx);

/* Calls fn for each OOM kill since the last call. The descriptor is readable
 * when there are some; -1: the domain is not counted. */
typedef void (*hist_probe_oom_fn)(void *ctx, const struct mmt_oom_record *oom);
void hist_probe_ooms(struct hist_probe *k, hist_probe_oom_fn fn, void *ctx);
/* Are the pages of victims known? */
bool hist_probe_oom_pages(const struct hist_probe *k);
int hist_probe_oom_fd(const struct hist_probe *k);

/* Readable when rows of processes that ended take the room of others: then
 * hist_probe_take_ended() is to be called if hist_probe_rang().  -1: rows are not split by process. */
int hist_probe_bell_fd(const struct hist_probe *k);
bool hist_probe_rang(struct hist_probe *k);
/* With process, row and ctx filled. */
struct hist_ended;
int hist_probe_take_ended(struct hist_probe *k, struct hist_ended *e);

/* Stalls that have begun and not ended, of each domain. */
void hist_probe_stalls(const struct hist_probe *k, uint64_t open[MMT_DOMAIN_COUNT]);
uint64_t hist_probe_loss(const struct hist_probe *k, enum mmt_hist_loss which);

bool hist_probe_process(const struct hist_probe *k, uint64_t id, struct mmt_hist_process *out);
/* As it was called when it was seen first. */
bool hist_probe_cgroup(const struct hist_probe *k, uint64_t id, struct mmt_cgroup_path *out);
bool hist_probe_cache(const struct hist_probe *k, uint64_t id, struct mmt_hist_cache *out);
void hist_probe_cost(const struct hist_probe *k, struct probe_cost *out);

#endif
