/* SPDX-License-Identifier: GPL-2.0 */
/* What chooses faults (class, major, latency) leaves calls out, what chooses calls (size)
 * leaves faults out; the rest is asked of both.  Forks, execs and exits stay unless they are
 * refused: they say whose faults the others are. */
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/fault/internal.h"

void filter_take_options(struct session *s)
{
	const struct model *m = &s->base;
	const char *path = model_fact(m, "option", "path");
	struct event_filter *f = &s->filter;

	*f = (struct event_filter){
		.classes = (uint32_t)model_option_number(m, "classes", 0), .from = model_option_number(m, "range_from", 0),
		.to = model_option_number(m, "range_to", 0), .major = model_option(m, "major"),
		.no_processes = model_option(m, "no_processes"), .ns = model_option_number(m, "min_latency", 0),
		.size = model_option_number(m, "min_size", 0),
	};
	/* "[heap" is a name, no set of letters */
	snprintf(f->path, sizeof(f->path), "%s%s", path && *path == '[' ? "\\" : "", path ? path : "");
	for (const struct fact *x = NULL; f->pid_count < FILTER_PIDS && (x = model_fact_next(m, "shown_pid", x));)
		f->pids[f->pid_count++] = (uint32_t)strtoul(x->key, NULL, 10);
	f->on = f->classes || f->to || f->major || f->no_processes || f->ns || f->size || *f->path || f->pid_count;
}

static bool pid_passes(const struct event_filter *f, uint32_t pid)
{
	for (int i = 0; i < f->pid_count; i++)
		if (f->pids[i] == pid)
			return true;
	return !f->pid_count;
}

/* A pattern without a slash means the last part of a path, too. */
static bool path_passes(const struct event_filter *f, const struct vma *v)
{
	const char *last = v ? strrchr(v->name, '/') : NULL;

	if (!*f->path)
		return true;
	if (!v)
		return false;
	if (v->known && !*v->name)
		return !fnmatch(f->path, "[anon]", 0);
	return !fnmatch(f->path, v->name, 0) ||
	       (last && !strchr(f->path, '/') && !fnmatch(f->path, last + 1, 0));
}

static bool fault_passes(const struct session *s, const struct mmt_fault *fault)
{
	const struct event_filter *f = &s->filter;

	if (fault->cls >= MMT_CLASS_COUNT || fault->mode >= MMT_MODE_COUNT)
		return false;
	if (!f->on)
		return true;
	return !f->size && (!f->classes || f->classes >> fault->cls & 1) &&
	       (!f->to || (fault->addr >= f->from && fault->addr < f->to)) &&
	       (!f->major || (fault->flags & MMT_FAULT_MAJOR && fault->cls != MMT_CLASS_ERROR)) && fault->ns >= f->ns &&
	       pid_passes(f, fault->head.tgid) && (!*f->path || path_passes(f, session_vma_of(s, fault)));
}

/* Does the call touch the range asked for? Its first argument is an address
 * for all but shmat, whose result is. */
static bool range_passes(const struct event_filter *f, const struct mmt_call *c)
{
	uint64_t from = c->ret >= 4096 ? (uint64_t)c->ret : c->arg[0], size = c->arg[1];

	if (!f->to)
		return true;
	return (from < f->to && from + size > f->from) || (c->arg[0] < f->to && c->arg[0] + size > f->from);
}

#define CALL_BRK 12
#define CALL_MREMAP 25
#define CALL_SHMAT 30
#define CALL_SHMDT 67

/* Bytes that the call names; mremap names two.  Others do not say. */
static uint64_t call_bytes(const struct mmt_call *c)
{
	if (c->nr == CALL_BRK || c->nr == CALL_SHMAT || c->nr == CALL_SHMDT || c->nr == MMT_CALL_STACK_GROWTH)
		return 0;
	return c->nr == CALL_MREMAP && c->arg[2] > c->arg[1] ? c->arg[2] : c->arg[1];
}

static bool call_passes(const struct session *s, const struct mmt_call *c)
{
	const struct event_filter *f = &s->filter;

	if (!f->on)
		return true;
	return !f->classes && !f->major && !f->ns && range_passes(f, c) && call_bytes(c) >= f->size &&
	       pid_passes(f, c->head.tgid) &&
	       (!*f->path || path_passes(f, c->sig ? session_vma_by_key(s, c->head.mm_id, c->sig, c->anchor) : NULL));
}

bool filter_passes(const struct session *s, const struct mmt_head *h)
{
	switch ((enum mmt_kind)h->kind) {
	case MMT_KIND_FAULT: case MMT_KIND_FAULT_STACK: return fault_passes(s, (const struct mmt_fault *)h);
	case MMT_KIND_CALL: return call_passes(s, (const struct mmt_call *)h);
	case MMT_KIND_EXEC: case MMT_KIND_FORK: case MMT_KIND_EXIT:
		return !s->filter.no_processes && pid_passes(&s->filter, h->tgid);
	case MMT_KIND_GUP: case MMT_KIND_VMA_SEEN: case MMT_KIND_MM_END: case MMT_KIND_NAMED: case MMT_KIND_STACK:
	case MMT_KIND_OBJECT: case MMT_KIND_LIMIT: break;
	}
	return false;
}

void filter_count(struct session *s, const struct mmt_head *h)
{
	if (!s->filter.on)
		return;
	if (h->kind == MMT_KIND_FAULT || h->kind == MMT_KIND_FAULT_STACK) {
		s->events.faults++;
		s->events.shown_faults += filter_passes(s, h);
	} else if (h->kind == MMT_KIND_CALL) {
		s->events.calls++;
		s->events.shown_calls += filter_passes(s, h);
	}
}
