/* SPDX-License-Identifier: GPL-2.0 */
/* The table of hooks (hooks.def) in C. */
#ifndef PROBE_HOOK_H
#define PROBE_HOOK_H

#include <stdbool.h>
#include <stddef.h>

/* BPF objects: build/NAME.skel.h each; a command loads one of them. */
enum object_id { OBJECT_MMTRACE, OBJECT_HIST, OBJECT_LEAK, OBJECT_TOP, OBJECT_COUNT };

enum hook_id {
#define HOOK(id, key, object, needed, order, help) HOOK_##id,
#define CANDIDATE(...)
#include "probe/hooks.def"
#undef HOOK
#undef CANDIDATE
	HOOK_COUNT,
	HOOK_NONE = HOOK_COUNT
};

#define HOOK_ORDERS 5
#define CANDIDATE_PROGS 12
struct candidate {
	enum hook_id hook;
	const char *backend, *span, *provides, *limitations;
	const char *progs[CANDIDATE_PROGS + 1];
};

struct hook {
	const char *key;
	enum object_id object;
	bool needed; /* without it its command cannot run */
	int order;   /* 1 to HOOK_ORDERS, attached in this order */
	const char *help;
};

extern const struct hook hooks[HOOK_COUNT];
extern const struct candidate candidates[];
extern const size_t candidate_count;

/* How the trial of a candidate went. */
struct trial {
	bool done;
	int err;          /* 0: works; negative errno */
	char program[20]; /* the one that failed */
	char why[120];
};

/* Only tries (doctor): out holds candidate_count trials. btf may be NULL. */
void hook_trials(const char *btf, bool verbose, struct trial *out);

#endif
