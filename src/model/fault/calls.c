/* SPDX-License-Identifier: GPL-2.0 */
#include "model/fault/call.h"

#include <stdlib.h>

#include "model/fault/internal.h"

#define NR_MPROTECT 10
#define NR_MUNMAP 11
#define NR_MREMAP 25
#define NR_MADVISE 28
#define NR_PKEY_MPROTECT 329

static enum call_kind advice_kind(uint64_t advice)
{
	switch (advice) {
	case 3: return COUNT_WILLNEED;
	case 4: case 24: return COUNT_DONTNEED; /* also of locked pages */
	case 8: return COUNT_FREE;
	case 14: return COUNT_HUGEPAGE;
	case 15: return COUNT_NOHUGEPAGE;
	case 20: return COUNT_COLD;
	case 21: return COUNT_PAGEOUT;
	case 22: case 23: return COUNT_POPULATE;
	case 25: return COUNT_COLLAPSE;
	default: return COUNT_ADVICE;
	}
}

/* CALL_KINDS: it is not counted so. */
static enum call_kind kind_of_call(const struct mmt_call *c)
{
	switch (c->nr) {
	case NR_MUNMAP: return COUNT_MUNMAP;
	case NR_MREMAP: return COUNT_MREMAP;
	case NR_MPROTECT: case NR_PKEY_MPROTECT: return COUNT_MPROTECT;
	case NR_MADVISE: return advice_kind(c->arg[2]);
	default: return CALL_KINDS;
	}
}

#define VMAS_LOOKED 4096 /* the newest come first: what is unmapped often is among them */

/* What is unmapped has no key any more; a layout that shows it as gone has not been read yet. */
static struct vma *vma_holding(const struct session *s, const struct mmt_call *c)
{
	const struct mm *mm = map_get_number(&s->by_mm, c->head.mm_id);
	struct vma *v = mm ? mm->vmas : NULL;

	for (int i = 0; v && i < VMAS_LOOKED; i++, v = v->next)
		if (v->live && v->known && c->arg[0] >= v->v.start && c->arg[0] < v->v.end)
			return v;
	return NULL;
}

void calls_add(struct call_counts **to, const struct call_counts *from)
{
	if (!from)
		return;
	if (!*to)
		*to = xcalloc(1, sizeof(**to));
	for (int k = 0; k < CALL_KINDS; k++)
		(*to)->n[k] += from->n[k];
}

void calls_note(struct session *s, const struct mmt_call *c)
{
	struct call_counts one = { 0 };
	enum call_kind kind = kind_of_call(c);
	struct vma *v;

	if (!s->count_calls || kind == CALL_KINDS || c->ret < 0)
		return;
	v = c->sig ? slot_find(s, c->head.mm_id, c->sig, c->anchor) : vma_holding(s, c);
	if (!v || anchor_is_own(c->anchor)) {
		s->calls_apart++;
		return;
	}
	one.n[kind] = 1;
	calls_add(&v->calls, &one);
	vma_changed(s, v);
}
