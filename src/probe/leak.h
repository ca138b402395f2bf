/* SPDX-License-Identifier: GPL-2.0 */
/* The probe of `mmtrace leak`: a table of allocations in the kernel. */
#ifndef PROBE_LEAK_H
#define PROBE_LEAK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "probe/attach.h"
#include "wire/leak.h"

struct leak_options {
	const char *force[HOOK_COUNT]; /* backend forced, or NULL */
	const char *btf;               /* BTF file, or NULL for the kernel's own */
	struct mmt_leak_config config;
	uint32_t entries;              /* allocations that the table holds */
	bool verbose;
};

struct leak_probe;

/* Tries candidates and loads the winners; attaches nothing yet. */
struct leak_probe *leak_probe_open(const struct leak_options *opt, struct error *e);
int leak_probe_attach(struct leak_probe *p, struct error *e);
/* Detaches all programs; the table stays readable. */
void leak_probe_detach(struct leak_probe *p);
void leak_probe_free(struct leak_probe *p); /* takes NULL */

int leak_add_target(struct leak_probe *p, pid_t tgid);
/* Does one of them live, or a child of theirs? */
bool leak_target_lives(const struct leak_probe *p);
/* The backend chosen for a hook, or NULL. */
const struct candidate *leak_backend(const struct leak_probe *p, enum hook_id hook);

/* Sites have the numbers from 1 to below this one. */
uint32_t leak_site_end(const struct leak_probe *p);
/* false: no such site (yet). */
bool leak_site(const struct leak_probe *p, uint32_t number, struct mmt_leak_site *out);
/* Counters of a site, summed over CPUs. */
bool leak_count(const struct leak_probe *p, uint32_t number, struct mmt_leak_count *out);
/* Frames of a stack, innermost first; returns their number. */
int leak_stack(const struct leak_probe *p, int32_t id, uint64_t out[MMT_LEAK_STACK]);
/* Calls fn for each allocation in the table, with its age in ns; 0 or a negative
 * errno. While programs are attached, what comes and goes may be seen or not. */
int leak_each(const struct leak_probe *p, void (*fn)(void *ctx, uint32_t site, uint64_t age), void *ctx);
void leak_losses(const struct leak_probe *p, uint64_t out[MMT_LEAK_LOSSES]);
void leak_cost(const struct leak_probe *p, struct probe_cost *out);

#endif
