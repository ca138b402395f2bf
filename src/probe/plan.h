/* SPDX-License-Identifier: GPL-2.0 */
/* Which candidate each hook gets: the best one that this kernel attaches. */
#ifndef PROBE_PLAN_H
#define PROBE_PLAN_H

#include "base/error.h"
#include "probe/hook.h"
#include "probe/rights.h"

struct bpf_object;

struct plan {
	bool want[HOOK_COUNT];          /* in: hooks that the command asks for */
	const char *force[HOOK_COUNT];  /* in: backend forced, or NULL */
	const char *btf;                /* in: BTF file, or NULL for the kernel's own */
	const struct candidate *chosen[HOOK_COUNT]; /* out: NULL where none works */
};

/* libbpf's messages: shown or swallowed from now on. */
void plan_log(bool verbose);
/* Asks for every hook of an object. */
void plan_want_object(struct plan *p, enum object_id object);
/* Fills chosen; fails if a needed or forced hook that is wanted gets none. */
int plan_build(struct plan *p, struct error *e);
/* Says why a hook has no backend: fills e and returns -1. forced: the backend that was asked for, or NULL. */
int plan_fail(enum hook_id hook, const struct trial *trials, const char *forced, struct error *e);
/* Turns on the programs of the chosen candidates; call before loading. */
void plan_autoload(const struct plan *p, struct bpf_object *obj);

#endif
