/* SPDX-License-Identifier: GPL-2.0 */
/* Where allocations come from: call sites, seen through functions that only pass an
 * allocation on, with the names of their addresses. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "source/leak.h"
#include "sym/wrapper.h"

#define NAMES_NS 2000000000ull
#define ELSEWHERE UINT32_MAX

static void name_emit(struct leak_source *l, uint64_t address);

/* Sites that have a row may have addresses that were without a name until now. */
static void rows_name(struct leak_source *l)
{
	struct leak_row *const *rows;
	size_t n = leak_table_rows(leak_of(l->s.model)->table, &rows);

	for (size_t i = 0; i < n; i++) {
		name_emit(l, rows[i]->site);
		for (int f = 0; f < rows[i]->frame_count; f++)
			name_emit(l, rows[i]->frames[f]);
	}
}

/* Modules come while we trace, and trampolines of other tracers: an address
 * without a name is a reason to read the names again, not more often than now and
 * then, unless at the end. */
void leak_names_learn(struct leak_source *l, bool now)
{
	uint64_t t = clock_monotonic_ns();
	struct ksym_table *fresh;

	if (!l->names_wanted || (!now && t < l->names_ns + NAMES_NS))
		return;
	l->names_ns = t;
	l->names_read++; /* in any case: no site waits longer */
	l->names_wanted = false;
	fresh = ksym_load(NULL);
	if (!fresh)
		return;
	ksym_free(l->syms);
	l->syms = fresh;
	rows_name(l);
}

static bool find(const struct leak_source *l, uint64_t address, struct ksym *k)
{
	return l->syms && !l->no_names && ksym_find(l->syms, address, k);
}

static bool has_unnamed(const struct leak_source *l, const uint64_t *addresses, int n)
{
	struct ksym k;

	for (int i = 0; i < n && !l->no_names; i++)
		if (addresses[i] && !find(l, addresses[i], &k))
			return true;
	return false;
}

/* What lies between the allocation and the tracer: BPF and the tracepoint. */
static bool is_tracing(const struct ksym *k)
{
	return (k->module && !strcmp(k->module, "bpf")) || !strncmp(k->name, "bpf_", 4) || !strncmp(k->name, "__bpf_", 6) ||
	       !strncmp(k->name, "__traceiter_", 12) || !strncmp(k->name, "__probestub_", 12) ||
	       !strncmp(k->name, "kmem_cache_free_bulk", 20);
}

/* Leaves out the tracer's frames; returns how many are left. */
static int stack_trim(const struct leak_source *l, uint64_t *frames, int n)
{
	struct ksym k;
	int from = 0;

	for (int i = 0; i < n && l->syms; i++)
		if (ksym_find(l->syms, frames[i], &k) && is_tracing(&k))
			from = i + 1;
	memmove(frames, frames + from, sizeof(*frames) * (size_t)(n - from));
	return n - from;
}

/* The first frame that does more than pass an allocation on; else the last. */
static uint64_t stack_caller(const struct leak_source *l, const uint64_t *frames, int n)
{
	struct ksym k;

	for (int i = 0; i < n; i++)
		if (!l->syms || !ksym_find(l->syms, frames[i], &k) || !wrapper_is(k.name))
			return frames[i];
	return n ? frames[n - 1] : 0;
}

static bool passes_on(const struct leak_source *l, uint64_t site)
{
	struct ksym k;

	return !site || (l->syms && ksym_find(l->syms, site, &k) && wrapper_is(k.name));
}

/* --module: sites elsewhere have no row.  They are remembered: a site is asked for
 * with each of its objects. */
static bool is_shown(struct leak_source *l, uint32_t number, uint64_t site)
{
	const char *module = l->s.args->alloc.module;
	struct ksym k = { 0 };
	bool named;

	if (!module)
		return true;
	named = ksym_find(l->syms, site, &k);
	if (named && ksym_in_module(&k, module))
		return true;
	l->looked[number % LEAK_SITES] = named ? ELSEWHERE : l->names_read;
	return false;
}

/* A site whose stack has unnamed frames waits until the names were read again:
 * the caller is distinguished from the tracer by their names. */
static bool waits_for_names(struct leak_source *l, uint32_t number, uint64_t site, const uint64_t *frames, int n)
{
	if (l->looked[number % LEAK_SITES] || (!has_unnamed(l, &site, 1) && !has_unnamed(l, frames, n)))
		return false;
	l->looked[number % LEAK_SITES] = l->names_read;
	l->names_wanted = true;
	return true;
}

static bool has_no_row(const struct leak_source *l, uint32_t number)
{
	uint32_t when = l->looked[number % LEAK_SITES];

	return when == ELSEWHERE || when == l->names_read;
}

static void name_emit(struct leak_source *l, uint64_t address)
{
	struct input_name head = { .key = address, .kind = INPUT_NAME_SYMBOL };
	size_t n, more;
	struct ksym k;
	char *body;

	if (!address || name_find(&leak_of(l->s.model)->names, INPUT_NAME_SYMBOL, address) || !find(l, address, &k))
		return;
	head.extra = k.offset;
	head.flags = wrapper_is(k.name) ? INPUT_NAME_WRAPPER : 0;
	n = strlen(k.name) + 1;
	more = k.module ? strlen(k.module) + 1 : 1;
	body = xcalloc(n + more, 1);
	memcpy(body, k.name, n);
	memcpy(body + n, k.module ? k.module : "", more);
	emit(&l->s, INPUT_NAME, &head, sizeof(head), body, n + more);
	free(body);
}

void leak_site_emit(struct leak_source *l, uint32_t number)
{
	struct input_site in = { .number = number };
	int n;

	if (leak_table_knows(leak_of(l->s.model)->table, number) || has_no_row(l, number) ||
	    !leak_site(l->probe, number, &in.site))
		return;
	n = leak_stack(l->probe, in.site.key.stack, in.frames);
	if (waits_for_names(l, number, in.site.key.site, in.frames, n))
		return;
	n = stack_trim(l, in.frames, n);
	in.seen_through = n && passes_on(l, in.site.key.site);
	in.caller = in.seen_through ? stack_caller(l, in.frames, n) : in.site.key.site;
	in.frame_count = l->opt.config.stacks ? (uint32_t)n : 0;
	if (!is_shown(l, number, in.caller))
		return;
	name_emit(l, in.caller);
	for (uint32_t i = 0; i < in.frame_count; i++)
		name_emit(l, in.frames[i]);
	emit(&l->s, INPUT_LEAK_SITE, &in, sizeof(in), NULL, 0);
}
