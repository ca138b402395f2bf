/* SPDX-License-Identifier: GPL-2.0 */
#include "model/fault/internal.h"

void reads_add(struct vma *v, uint64_t page, uint64_t flags)
{
	struct reads *r = &v->reads;

	if (!(flags & MMT_FAULT_MAJOR) || !v->known || !(v->v.kind & MMT_VMA_FILE))
		return;
	r->seen++;
	r->ordered += r->last && page > r->last && page - r->last <= READ_STEP;
	r->last = page;
}

uint64_t reads_again(const struct vma *v)
{
	uint64_t pages = (v->reach_end - v->reach_start) >> 12;

	if (v->sum)
		return v->reads.again;
	return v->known && v->v.kind & MMT_VMA_FILE && pages && v->faults.major > pages ? v->faults.major - pages : 0;
}

void reads_merge(struct vma *to, const struct vma *from)
{
	to->reads.seen += from->reads.seen;
	to->reads.ordered += from->reads.ordered;
	to->reads.again += reads_again(from);
}

void reads_sum(struct mapping_reads *to, const struct vma *v)
{
	if (!v->sum && (!v->known || !(v->v.kind & MMT_VMA_FILE)))
		return;
	to->seen += v->reads.seen;
	to->ordered += v->reads.ordered;
	to->again += reads_again(v);
	if (v->sum)
		return; /* of many VMAs: it has no pages of its own */
	to->pages += (v->reach_end - v->reach_start) >> 12;
	if (v->faults.major > to->most) {
		to->most = v->faults.major;
		to->vm_flags = v->v.vm_flags;
		to->dev = v->v.dev;
	}
}
