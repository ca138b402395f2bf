/* SPDX-License-Identifier: GPL-2.0 */
#include "model/fault/slice.h"

#include <stdlib.h>

#include "model/fault/internal.h"

static uint64_t key_of(pid_t tid, unsigned mode)
{
	return (uint64_t)(uint32_t)tid << 8 | mode;
}

static struct slice *slice_get(struct session *s, struct vma *v, pid_t tid, unsigned mode)
{
	struct slice *slice;

	if (!v->slices) {
		v->slices = xcalloc(1, sizeof(*v->slices));
		v->slices->by = MAP(1);
	}
	tid = s->slice_threads ? tid : THREAD_UNKNOWN;
	mode = s->slice_modes ? mode : MMT_MODE_COUNT;
	slice = map_get_number(&v->slices->by, key_of(tid, mode));
	if (!slice && s->slice_count >= SLICES_MAX && tid != THREAD_UNKNOWN && tid != THREAD_ENDED) {
		tid = THREAD_UNKNOWN;
		slice = map_get_number(&v->slices->by, key_of(tid, mode));
	}
	if (slice)
		return slice;
	slice = xcalloc(1, sizeof(*slice));
	slice->tid = tid;
	slice->mode = (uint8_t)mode;
	slice->next = v->slices->first;
	v->slices->first = slice;
	map_set_number(&v->slices->by, key_of(tid, mode), slice);
	s->slice_count++;
	return slice;
}

static bool asked(const struct session *s)
{
	return s->slice_threads || s->slice_modes;
}

void slice_fault(struct session *s, struct vma *v, const struct mmt_fault *f)
{
	if (asked(s))
		stat_add(&slice_get(s, v, f->head.tid > INT32_MAX ? THREAD_UNKNOWN : (pid_t)f->head.tid, f->mode)->faults, f);
}

void slice_row(struct session *s, struct vma *v, const struct mmt_aggregate_key *key,
	       const struct mmt_aggregate_row *grown)
{
	if (asked(s))
		stat_add_row(&slice_get(s, v, THREAD_UNKNOWN, key->mode)->faults, key, grown);
}

void slices_free(struct vma *v)
{
	for (struct slice *slice = slices_of(v), *next; slice; slice = next) {
		next = slice->next;
		stat_free(&slice->faults);
		free(slice);
	}
	if (v->slices)
		map_free(&v->slices->by);
	free(v->slices);
	v->slices = NULL;
}

/* A row for all that is gone would keep its threads for ever. */
void slices_move(struct session *s, struct vma *to, struct vma *from)
{
	for (struct slice *slice = slices_of(from), *into; slice; slice = slice->next) {
		s->slice_count--;
		into = slice_get(s, to, to->sum && slice->tid ? THREAD_ENDED : slice->tid, slice->mode);
		stat_move(&into->faults, &slice->faults);
		for (int c = 0; c < MMT_CLASS_COUNT; c++) {
			into->previous[c] += slice->previous[c];
			into->added[c] += slice->added[c];
		}
	}
	slices_free(from);
}

void slices_tick(struct session *s)
{
	if (!asked(s))
		return;
	for (struct mm *mm = s->mms; mm; mm = mm->next)
		for (struct vma *v = mm->vmas; v; v = v->next)
			for (struct slice *slice = slices_of(v); slice; slice = slice->next)
				for (int c = 0; c < MMT_CLASS_COUNT; c++) {
					uint32_t total = (uint32_t)stat_class_count(&slice->faults, (enum mmt_class)c);

					slice->added[c] = s->base.ended ? 0 : total - slice->previous[c];
					slice->previous[c] = total;
				}
}
