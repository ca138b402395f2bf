/* SPDX-License-Identifier: GPL-2.0 */
#include "model/fault/failure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/fault/internal.h"
#include "model/fault/kind.h"

void failure_note(struct session *s, const struct mmt_fault *f)
{
	if (f->cls == MMT_CLASS_ERROR && f->flags & MMT_FAULT_EXECUTOR && s->failure_count < FAILURES_KEPT)
		s->failures[s->failure_count++] = (struct failure){ .fault = *f };
}

/* Its row may be merged later on. */
static void settle(const struct session *s, struct failure *f)
{
	const struct vma *v = f->fault.flags & MMT_FAULT_NO_VMA ? NULL : session_vma_of(s, &f->fault);
	const struct process *p = map_get_number(&s->by_pid, f->fault.head.tgid);
	char kind[32];

	f->settled = true;
	if (p)
		memcpy(f->comm, p->comm, sizeof(f->comm));
	f->mapped = !(f->fault.flags & MMT_FAULT_NO_VMA);
	f->known = v && v->known && !v->sum;
	if (!f->known)
		return;
	kind_perm(v, f->perm);
	snprintf(kind, sizeof(kind), "[%s]", kind_of(v));
	f->name = xstrdup(v->name[0] ? v->name : kind);
}

void failures_tick(struct session *s)
{
	for (int i = 0; i < s->failure_count; i++)
		if (!s->failures[i].settled)
			settle(s, &s->failures[i]);
}

void failures_free(struct session *s)
{
	for (int i = 0; i < s->failure_count; i++)
		free(s->failures[i].name);
}
