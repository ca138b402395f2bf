/* SPDX-License-Identifier: GPL-2.0 */
/* The code that an event of trace came from: the VMA at its instruction pointer.  Code lies in
 * few VMAs, so what was found is kept; by value, as a VMA may go. */
#include <stdlib.h>
#include <string.h>

#include "model/fault/internal.h"

#define CODE_PLACES 64

/* Addresses of an mm with one answer, as long as its code lies where it did. */
struct place {
	uint32_t mm_id, generation, changes;
	uint64_t start, end, offset; /* offset: of start in what is named */
	bool known;
	char name[CODE_NAME];
};

struct code_table { struct place at[CODE_PLACES]; };

static void place_find(struct place *p, const struct mm *mm, uint64_t ip)
{
	*p = (struct place){ .mm_id = mm->id, .generation = mm->generation, .changes = mm->code_changes,
			     .start = ip, .end = ip + 1 };
	for (const struct vma *v = mm->vmas; v; v = v->next) {
		bool file = v->v.kind & MMT_VMA_FILE;
		const char *last;

		if (!v->live || !v->known || ip < v->v.start || ip >= v->v.end)
			continue;
		last = strrchr(v->name, '/');
		p->known = true;
		p->start = v->v.start;
		p->end = v->v.end;
		p->offset = file ? v->v.pgoff * 4096 : 0;
		strncpy(p->name, !*v->name ? "[anon]" : file && last ? last + 1 : v->name, CODE_NAME - 1);
		return;
	}
}

static bool is_fault(const struct mmt_head *h)
{
	return h->kind == MMT_KIND_FAULT || h->kind == MMT_KIND_FAULT_STACK;
}

/* The mm that it ran on: a foreign fault is in another one. */
static const struct mm *executor_mm(const struct session *s, const struct mmt_head *h)
{
	const struct process *p;

	if (!is_fault(h) || !(((const struct mmt_fault *)h)->flags & MMT_FAULT_FOREIGN))
		return map_get_number(&s->by_mm, h->mm_id);
	p = session_find(s, (pid_t)h->tgid);
	return p ? process_mm(s, p) : NULL;
}

void code_note(struct session *s, const struct mmt_head *h, size_t size)
{
	size_t at = is_fault(h) ? offsetof(struct mmt_fault_at, ip) : offsetof(struct mmt_call_at, ip);
	const struct mm *mm = executor_mm(s, h);
	struct place *p;

	s->code = (struct code){ 0 };
	if (size < at + sizeof(s->code.ip))
		return;
	memcpy(&s->code.ip, (const char *)h + at, sizeof(s->code.ip));
	if (!s->code.ip || !mm || mm->child) /* what the launcher has mapped is not kept */
		return;
	if (!s->code_table)
		s->code_table = xcalloc(1, sizeof(*s->code_table));
	p = &s->code_table->at[(s->code.ip >> 20 ^ mm->id * 7) % CODE_PLACES];
	if (p->mm_id != mm->id || p->generation != mm->generation || p->changes != mm->code_changes || s->code.ip < p->start ||
	    s->code.ip >= p->end)
		place_find(p, mm, s->code.ip);
	if (!p->known)
		return;
	s->code.name = p->name;
	s->code.offset = s->code.ip - p->start + p->offset;
}

void code_free(struct session *s)
{
	free(s->code_table);
}
