/* SPDX-License-Identifier: GPL-2.0 */
/* Faults stay with the addresses they happened at.  A row whose VMA grows, or is merged with
 * others, goes on.  One whose VMA loses addresses at which there were faults is closed, with
 * the bounds it had; what is left of the VMA gets a row of its own, which knows the closed one
 * as its part.  A VMA that is cut again adds to that: so each has one live row and one that is
 * gone, however often a heap shrinks. */
#include "model/fault/internal.h"

#include <stdlib.h>
#include <string.h>

#include "model/fault/kind.h"

#define PAGE 4096u

static bool holds(uint64_t start, uint64_t end, uint64_t from, uint64_t to)
{
	return start <= from && to <= end;
}

static bool holds_page(const struct vma *v, uint64_t page)
{
	return holds(v->v.start, v->v.end, page, page + PAGE);
}

static void hull(__u64 *low, __u64 *high, uint64_t from, uint64_t to)
{
	if (!*high || from < *low)
		*low = from;
	if (to > *high)
		*high = to;
}

/* Were all faults of v in there? */
static bool vma_fits(const struct vma *v, const struct mmt_vma *now)
{
	if (v->spread && v->known && !holds(now->start, now->end, v->v.start, v->v.end))
		return false;
	return !v->high || holds(now->start, now->end, v->low, v->high);
}

void vma_set_bounds(const struct session *s, struct vma *v, const struct mmt_vma *now)
{
	if (v->known && v->live && !holds(now->start, now->end, v->v.start, v->v.end))
		v->cut = s->readings + 1;
	if ((v->v.vm_flags | now->vm_flags) & VM_EXEC &&
	    (!v->known || !v->live || v->v.start != now->start || v->v.end != now->end || v->v.pgoff != now->pgoff))
		v->mm->code_changes++;
	v->v = *now;
	hull(&v->had_start, &v->had_end, now->start, now->end);
}

void vma_move_faults(struct session *s, struct vma *to, struct vma *from)
{
	mapping_forget(from);
	stat_move(&to->faults, &from->faults);
	slices_move(s, to, from);
	calls_add(&to->calls, from->calls);
	free(from->calls);
	from->calls = NULL;
	if (from->high)
		hull(&to->low, &to->high, from->low, from->high);
	to->spread |= from->spread;
	from->low = from->high = 0;
	from->spread = false;
}

/* The row for what v lost, which now includes these addresses. */
static struct vma *part_get(struct session *s, struct vma *v, uint64_t start, uint64_t end)
{
	struct vma *p = v->part;

	if (p && !p->live && holds(p->v.start, p->v.end, start, end))
		return p;
	if (!p || p->live) {
		p = v->part = vma_without_key(s, v->mm, v->v.sig);
		p->v = v->v;
		p->v.start = start;
		p->v.end = end;
		p->known = p->piece = true;
		p->live = false;
		vma_name(p, v->name, strlen(v->name));
	}
	hull(&p->v.start, &p->v.end, start, end);
	hull(&p->had_start, &p->had_end, p->v.start, p->v.end);
	kind_judge(s, p, NULL);
	vma_changed(s, p);
	return p;
}

void vma_name_part(const struct session *s, const struct vma *v)
{
	struct vma *p = v->part;

	if (!p || p->live || !v->name[0] || !strcmp(p->name, v->name))
		return;
	vma_name(p, v->name, strlen(v->name));
	vma_changed(s, p);
}

/* v's faults join those of the part that is gone already. */
static void part_join(struct session *s, struct vma *v)
{
	struct vma *p = part_get(s, v, v->v.start, v->v.end);

	p->previous += v->previous;
	p->interval_faults += v->interval_faults;
	v->previous = v->interval_faults = 0;
	vma_move_faults(s, p, v);
	vma_changed(s, p);
	vma_changed(s, v);
}

/* It had no announcement: what its faults say must do. */
static void bounds_by_faults(const struct session *s, struct vma *v, const struct mmt_vma *now)
{
	struct mmt_vma then = *now;

	then.start = v->low;
	then.end = v->high;
	then.anchor = v->v.anchor;
	vma_set_bounds(s, v, &then);
	v->known = true;
}

struct vma *vma_after_cut(struct session *s, struct vma *v, const struct mmt_vma *now)
{
	const struct vma *p = v->part;
	struct vma *rest;

	if (vma_fits(v, now))
		return v;
	if (v->known && p && !p->live && p->v.start <= v->v.end && v->v.start <= p->v.end) {
		part_join(s, v);
		return v;
	}
	if (!v->known)
		bounds_by_faults(s, v, now);
	rest = vma_new(s, v->mm, now->sig, now->anchor);
	rest->part = v;
	v->piece = true;
	if (v->live) {
		v->cut = s->readings + 1;
		v->live = false;
	}
	vma_changed(s, v);
	vma_takes_key(s, rest, v);
	return rest;
}

void vma_takes_key(const struct session *s, struct vma *v, const struct vma *before)
{
	if (before->cut != s->readings + 1)
		return;
	v->cut = before->cut;
	hull(&v->had_start, &v->had_end, before->had_start, before->had_end);
}

/* Where v keeps what it has no more; what is gone altogether is of one piece. */
static struct vma *lost_by(struct session *s, struct vma *v, uint64_t start, uint64_t end)
{
	if (v->live)
		return part_get(s, v, start, end);
	hull(&v->v.start, &v->v.end, start, end);
	hull(&v->had_start, &v->had_end, start, end);
	kind_judge(s, v, NULL);
	return v;
}

void vma_had(struct session *s, struct vma *v, const struct mmt_vma *then)
{
	if (!holds(v->v.start, v->v.end, then->start, then->end)) {
		hull(&v->had_start, &v->had_end, then->start, then->end);
		v->cut = s->readings + 1;
		lost_by(s, v, then->start, then->end);
	}
	slot_set(s, v, then->sig, then->anchor);
}

const struct vma *vma_holder(const struct vma *v, uint64_t addr)
{
	uint64_t page = PAGE_DOWN(addr);

	return !v->known || holds_page(v, page) || !v->part || !holds_page(v->part, page) ? v : v->part;
}

/* Rows that have no bounds: of a child before its exec, of many that are gone. */
static bool has_bounds(const struct vma *v)
{
	return v->known && !v->sum && !v->mm->child;
}

/* A fault beyond the bounds of its row is older than they are, or its VMA has once more
 * bounds that were announced before.  A stack grows, and is not announced again. */
static struct vma *vma_of_page(struct session *s, struct vma *v, uint64_t page)
{
	if (!has_bounds(v) || holds_page(v, page))
		return v;
	if (v->live && v->v.vm_flags & VM_GROWSDOWN && page < v->v.start) {
		v->v.start = page;
		hull(&v->had_start, &v->had_end, page, v->v.end);
		return v;
	}
	if (holds(v->had_start, v->had_end, page, page + PAGE))
		return lost_by(s, v, v->had_start, v->had_end);
	return lost_by(s, v, page, page + PAGE);
}

void vma_add_fault(struct session *s, struct mm *mm, const struct mmt_fault *f)
{
	uint64_t page = PAGE_DOWN(f->addr);
	struct vma *v = vma_of_page(s, vma_get(s, mm, f->sig, f->anchor), page);

	stat_add(&v->faults, f);
	reads_add(v, page, f->flags);
	if (!v->thread)
		v->thread = (pid_t)f->head.tid;
	slice_fault(s, v, f);
	hull(&v->low, &v->high, page, page + PAGE);
	vma_changed(s, v);
}

/* Has it lost addresses since the rows were read last, or begins where this VMA did not?
 * Then nobody knows whether these were among them. */
static bool is_doubtful(const struct session *s, const struct vma *v, uint64_t anchor)
{
	if (!has_bounds(v))
		return false;
	if (v->cut == s->readings + 1)
		return true;
	if (!v->live)
		return false;
	return v->v.vm_flags & VM_GROWSDOWN ? anchor != v->v.end : anchor < v->v.start || anchor >= v->v.end;
}

void vma_add_row(struct session *s, struct mm *mm, const struct mmt_aggregate_key *key,
		 const struct mmt_aggregate_row *grown)
{
	struct vma *v = vma_get(s, mm, key->sig, key->anchor);

	if (is_doubtful(s, v, key->anchor))
		v = lost_by(s, v, v->had_start, v->had_end);
	v->spread = true;
	stat_add_row(&v->faults, key, grown);
	slice_row(s, v, key, grown);
	vma_changed(s, v);
}
