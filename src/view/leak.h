/* SPDX-License-Identifier: GPL-2.0 */
/* The views of `mmtrace leak`: a table for people, JSON lines for programs. */
#ifndef VIEW_LEAK_H
#define VIEW_LEAK_H

#include <stdbool.h>
#include <stdio.h>

#include "model/outstanding.h"
#include "sym/ksym.h"
#include "view/overhead.h"

struct leak_backend_text { const char *hook, *backend, *lacks; };

struct leak_report {
	FILE *out;
	const struct outstanding *outstanding;
	const struct ksym_table *syms; /* NULL: addresses stay numbers */
	const char *no_names;          /* why; NULL: names are known */
	const char *kernel, *target;
	const char *module;            /* only its sites; NULL: all */
	struct leak_backend_text backends[8];
	int backend_count;
	enum outstanding_sort sort;
	bool reverse;
	int top;                       /* rows at most; 0: all */
	bool redraw;                   /* a terminal: clear and draw again */
	uint32_t domains;              /* bits 1 << enum mmt_leak_domain */
	uint32_t sample, entries;
	uint64_t older;
	uint64_t t0_unix_ns, now_ns;   /* now: ns since t0 */
	uint64_t losses[MMT_LEAK_LOSSES];
	uint64_t bpf_misses;
	struct overhead overhead;
};

extern const char *const leak_domain_keys[MMT_LEAK_DOMAINS];

struct leak_loss_text { const char *key, *help; bool lost; };
extern const struct leak_loss_text leak_loss_texts[MMT_LEAK_LOSSES];

/* Where an allocation comes from: cache, "kmalloc-128", "vmalloc", "page order 3". */
char *leak_from(const struct outstanding_row *r, char *out, size_t size);

void leak_text(const struct leak_report *r);
/* The last table and what was lost. */
void leak_text_end(const struct leak_report *r);
void leak_json_start(const struct leak_report *r);
void leak_json_tick(const struct leak_report *r);
void leak_json_end(const struct leak_report *r);

#endif
