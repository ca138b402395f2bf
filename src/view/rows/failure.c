/* SPDX-License-Identifier: GPL-2.0 */
/* Faults that failed, in the last line and in words. */
#include <string.h>

#include "view/rows/fault.h"
#include "view/rows/stat.h"

/* What came of it; NULL: not known. */
static const char *outcome(const struct mmt_fault *f)
{
	if (!(f->flags & (MMT_FAULT_SIGBUS | MMT_FAULT_SIGSEGV)))
		return NULL;
	if (f->mode != MMT_MODE_USER)
		return "EFAULT";
	return f->flags & MMT_FAULT_SIGBUS ? "SIGBUS" : "SIGSEGV";
}

static const char *where(const struct failure *f)
{
	return f->known ? f->name : f->settled && !f->mapped ? "[no mapping]" : NULL;
}

const char *failure_text(const struct failure *f, const struct tick *t)
{
	const char *what = outcome(&f->fault), *name = where(f);

	return tick_printf(t, "%s at 0x%llx in %s%s%s, thread %u of %u %s", what ? what : "a fault failed", f->fault.addr,
			   name ? tick_escaped(t, name) : "an unknown mapping", f->known ? " " : "", f->perm, f->fault.head.tid,
			   f->fault.head.tgid, tick_escaped(t, tick_text(t, f->comm, sizeof(f->comm))));
}

static void put_failure(const struct failure *f, const struct tick *t, struct nest_out *o)
{
	uint64_t t0 = t->model->clock.t0, time = f->fault.head.time;
	const struct { const char *key; struct value value; enum unit unit; } all[] = {
		{ "t", value_uint(time > t0 ? time - t0 : 0), UNIT_NS },
		{ "pid", value_uint(f->fault.head.tgid), UNIT_NUMBER },
		{ "tid", value_uint(f->fault.head.tid), UNIT_NUMBER },
		{ "comm", value_text(tick_text(t, f->comm, sizeof(f->comm))), UNIT_NONE },
		{ "addr", value_uint(f->fault.addr), UNIT_ADDRESS },
		{ "outcome", value_text(outcome(&f->fault)), UNIT_NONE },
		{ "mode", value_text(mode_keys[f->fault.mode]), UNIT_NONE },
		{ "name", value_text(where(f)), UNIT_NONE },
		{ "perm", value_text(f->known ? f->perm : NULL), UNIT_NONE },
	};

	o->open(o, NULL, false);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		o->value(o, all[i].key, &all[i].value, all[i].unit);
	o->close(o, false);
}

static void put(const struct nest *n, struct nest_out *o)
{
	const struct session *s = n->data;

	for (int i = 0; i < s->failure_count; i++)
		put_failure(&s->failures[i], n->t, o);
}

struct value failures_value(const struct session *s, const struct tick *t)
{
	return (struct value){ .type = VALUE_NEST, .nest = { put, s, t, true } };
}
