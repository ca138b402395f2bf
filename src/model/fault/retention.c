/* SPDX-License-Identifier: GPL-2.0 */
/* Keeps the model's memory bounded where programs come and go.  What has ended is merged
 * into rows by kind and by comm, counts and latencies added up: of VMAs that are gone, and
 * of processes that ended, those with the most faults stay rows of their own.  Facts that
 * can be read again (ELF) go, the oldest first. */
#include "model/fault/internal.h"

#include <stdlib.h>
#include <string.h>

const struct retention_limits retention_limits = {
	.vmas = 16384, /* some 1 KiB each */
	.processes = 1024,
	.elf_files = 8192, /* some 700 bytes each */
	.mappings = 8192,  /* some 1 KiB each */
};

#define MERGE_ROWS 16384   /* new rows of VMAs that are a reason to merge before the interval is over ... */
#define BURST_ROWS (2 * MERGE_ROWS) /* more in one merge come of a reader that was late: their memory goes back */
#define MERGE_AGAIN_NS 50000000ull /* ... not more often than this: longer than records are under way */

void merged_note(struct session *s, enum merged_what what, uint32_t id, uint32_t into)
{
	s->merged = xgrow(s->merged, s->merged_count, &s->merged_room, sizeof(*s->merged));
	s->merged[s->merged_count++] = (struct merged){ what, id, into };
}

/* --- VMAs --- */

static struct mm *past_of(struct session *s, struct process *p)
{
	struct mm *mm = p->past;

	if (mm)
		return mm;
	mm = xcalloc(1, sizeof(*mm));
	mm->id = ~s->past_mms++;
	mm->proc = p;
	mm->ended = true;
	mm->next = s->mms;
	map_set_number(&s->by_mm, mm->id, mm);
	return p->past = s->mms = mm;
}

/* The row of mm for all that is gone and was of v's mapping. */
static struct vma *gone_row(struct session *s, struct mm *mm, struct vma *v)
{
	struct mapping *m = mapping_of_gone(s, mm, v);
	struct vma *row = slot_find(s, mm->id, m->id, ANCHOR_GONE);

	if (row)
		return row;
	row = vma_get(s, mm, m->id, ANCHOR_GONE);
	row->live = false;
	row->judged = row->sum = true;
	row->mapping = m;
	row->parts.count = v->parts.count ? 1 : 0;
	row->parts.part[0].kind = row->parts.main = v->parts.main;
	row->parts.source = v->parts.source;
	vma_name(row, m->name, strlen(m->name));
	return row;
}

static void vma_merge(struct session *s, struct process *p, struct vma *v)
{
	struct vma *row = gone_row(s, v->mm->ended || p->merged ? past_of(s, p) : v->mm, v);

	row->merged += v->sum ? v->merged : stat_total(&v->faults) != 0;
	row->previous += v->previous;
	row->interval_faults += v->interval_faults;
	vma_changed(s, row);
	mapping_merge(v, row);
	reads_merge(row, v);
	vma_move_faults(s, row, v);
	row->again += v->again;
	v->into = row;
	merged_note(s, MERGED_VMA, v->id, row->id);
}

/* Where layouts are not read, nobody reports what is gone: what is idle will do. */
static bool vma_may_merge(const struct vma *v, bool idle)
{
	return v->settled && (!v->live || (idle && !v->mm->generation)) && !v->sum && !v->into && !v->mm->child;
}

static int fewest_first(uint64_t x, uint64_t y, uint32_t xid, uint32_t yid)
{
	return x < y ? -1 : x > y ? 1 : xid < yid ? -1 : xid > yid;
}

static void swap(struct vma **x, struct vma **y)
{
	struct vma *was = *x;

	*x = *y;
	*y = was;
}

static int vma_order(const void *a, const void *b)
{
	const struct vma *x = *(struct vma *const *)a, *y = *(struct vma *const *)b;

	return fewest_first(stat_total(&x->faults), stat_total(&y->faults), x->id, y->id);
}

static void mark_staying(struct vma *v)
{
	if (v->live && v->mapping && !v->into)
		v->mapping->stays = true;
}

/* What is gone of a mapping that has nothing else left has no name of its own where there are too many of them. */
static bool sum_may_merge(const struct session *s, const struct vma *v)
{
	return s->mapping_count >= s->limits.mappings && v->sum && !v->into && v->mapping && !v->mapping->stays &&
	       !v->mapping->rest;
}

static bool merge_sums(struct session *s, struct vma **all, size_t n)
{
	size_t sums = 0;

	for (size_t i = 0; i < n; i++)
		if (sum_may_merge(s, all[i]))
			all[sums++] = all[i];
	qsort(all, sums, sizeof(*all), vma_order);
	for (size_t i = 0; i < sums / 2; i++)
		vma_merge(s, all[i]->mm->proc, all[i]);
	return sums > 1;
}

/* At most so many may merge: where a layout was read, what it did not show. */
static size_t gone_bound(const struct session *s)
{
	size_t n = 0;

	for (const struct mm *mm = s->mms; mm; mm = mm->next)
		n += mm->generation && mm->live_count < mm->vma_count ? mm->vma_count - mm->live_count
		     : mm->generation ? 0 : mm->vma_count;
	return n;
}

static bool merge_vmas(struct session *s, bool idle)
{
	size_t n, gone = 0, merged = 0;
	struct vma **all;

	if (gone_bound(s) <= s->limits.vmas && s->mapping_count < s->limits.mappings)
		return false;
	all = vmas_all(s, &n);
	for (struct mapping *m = s->mappings; m; m = m->next)
		m->stays = false;
	for (size_t i = 0; i < n; i++)
		if (!vma_may_merge(all[i], idle))
			mark_staying(all[i]);
		else
			swap(&all[gone++], &all[i]);
	if (gone > s->limits.vmas) {
		qsort(all, gone, sizeof(*all), vma_order);
		merged = gone - s->limits.vmas / 2;
	}
	for (size_t i = merged; i < gone; i++)
		mark_staying(all[i]);
	for (size_t i = 0; i < merged; i++)
		vma_merge(s, all[i]->mm->proc, all[i]);
	merged += merge_sums(s, all + merged, n - merged);
	free(all);
	return merged;
}

/* --- processes --- */

static struct process *ended_row(struct session *s, const char comm[16])
{
	static const char others[16];
	struct process *p;

	for (int i = 0; i < s->ended_count; i++)
		if (!memcmp(s->ended[i]->comm, comm, sizeof(p->comm)))
			return s->ended[i];
	if (s->ended_count == MERGED_COMMS && memcmp(comm, others, sizeof(others)))
		return ended_row(s, others);
	if (s->ended_count > MERGED_COMMS)
		return s->ended[MERGED_COMMS];
	p = process_new();
	p->id = ++s->next_proc;
	p->dead = true;
	memcpy(p->comm, comm, sizeof(p->comm));
	p->next = s->processes;
	s->processes = s->ended[s->ended_count++] = p;
	return p;
}

static void process_merge(struct session *s, struct process *p)
{
	struct process *row = ended_row(s, p->comm);

	if (!row->merged)
		process_cgroup(s, row, p->cgroup);
	else if (!row->cgroup || !p->cgroup || strcmp(row->cgroup, p->cgroup))
		process_cgroup(s, row, NULL); /* of several */
	row->merged++;
	row->previous += p->previous;
	row->interval_faults += p->interval_faults;
	row->calls += p->calls;
	process_changed(s, row);
	stat_move(&row->faults, &p->faults);
	p->into = row;
	merged_note(s, MERGED_PROCESS, p->id, row->id);
}

static int process_order(const void *a, const void *b)
{
	const struct process *x = *(struct process *const *)a, *y = *(struct process *const *)b;

	return fewest_first(stat_total(&x->faults), stat_total(&y->faults), x->id, y->id);
}

/* An mm is of the process that was seen with it first; another may use it on. */
static void mark_kept(struct session *s)
{
	for (struct process *p = s->processes; p; p = p->next)
		p->kept = false;
	for (struct process *p = s->processes; p; p = p->next) {
		struct mm *mm = p->dead ? NULL : process_mm(s, p);

		if (mm)
			mm->proc->kept = true;
	}
}

static bool merge_processes(struct session *s)
{
	struct process **ended;
	size_t n = 0;

	for (struct process *p = s->processes; p; p = p->next)
		n += p->settled && p->dead && !p->merged;
	if (n <= s->limits.processes)
		return false;
	ended = xmalloc(n * sizeof(*ended));
	n = 0;
	for (struct process *p = s->processes; p; p = p->next)
		if (p->settled && p->dead && !p->merged && !p->kept)
			ended[n++] = p;
	qsort(ended, n, sizeof(*ended), process_order);
	for (size_t i = 0; i + s->limits.processes / 2 < n; i++)
		process_merge(s, ended[i]);
	free(ended);
	for (struct mm *mm = s->mms; mm; mm = mm->next) {
		if (!mm->proc->into)
			continue;
		for (struct vma *v = mm->vmas; v; v = v->next)
			if (!v->into)
				vma_merge(s, mm->proc->into, v);
	}
	return true;
}

/* --- what was merged goes --- */

static void vmas_drop(struct mm *mm)
{
	for (struct vma *v = mm->vmas; v; v = v->next)
		if (v->part && v->part->into)
			v->part = NULL;
	for (struct vma **at = &mm->vmas, *v; (v = *at);) {
		if (v->into) {
			*at = v->next;
			mm->vma_count--;
			vma_free(v);
		} else {
			at = &v->next;
		}
	}
}

static void mms_drop(struct session *s)
{
	map_free(&s->by_mm);
	s->last_mm = NULL;
	for (struct mm **at = &s->mms, *mm; (mm = *at);) {
		vmas_drop(mm);
		if (mm->proc->into || (mm->ended && !mm->vmas && mm != mm->proc->past)) {
			*at = mm->next;
			free(mm);
		} else {
			map_set_number(&s->by_mm, mm->id, mm);
			at = &mm->next;
		}
	}
}

/* Newest first in the list, and by_pid leads to the newest of a pid. */
static void processes_drop(struct session *s)
{
	struct process *oldest_first = NULL;

	map_free(&s->by_pid);
	for (struct process *p = s->processes, *next; p; p = next) {
		next = p->next;
		if (p->into) {
			process_free(p);
		} else {
			p->next = oldest_first;
			oldest_first = p;
		}
	}
	s->processes = NULL;
	for (struct process *p = oldest_first, *next; p; p = next) {
		next = p->next;
		if (!p->merged) {
			p->older = map_get_number(&s->by_pid, (uint64_t)p->pid);
			map_set_number(&s->by_pid, (uint64_t)p->pid, p);
		}
		p->next = s->processes;
		s->processes = p;
	}
}

static size_t count_vmas(const struct session *s)
{
	size_t n = 0;

	for (const struct mm *mm = s->mms; mm; mm = mm->next)
		n += mm->vma_count;
	return n;
}

/* What ends now may have records under way: it waits until the next merge. */
static void settle(struct session *s, bool idle)
{
	for (struct process *p = s->processes; p; p = p->next)
		p->settled = p->dead;
	for (struct mm *mm = s->mms; mm; mm = mm->next) {
		if (mm->changed >= s->retention.settled) /* versions are of ticks */
			mm->unsettled = 2; /* as it is now, and that it stays so */
		for (struct vma *v = mm->unsettled ? mm->vmas : NULL; v; v = v->next) {
			v->settled = !v->live || (idle ? v->settled_faults == stat_total(&v->faults) : v->settled);
			if (idle)
				v->settled_faults = stat_total(&v->faults);
		}
		if (idle && mm->unsettled)
			mm->unsettled--;
	}
	s->retention.settled = s->base.version;
}

/* The record of an mm's end, which follows that of its last process, may be lost: what nobody uses is gone. */
static void end_unused(struct session *s)
{
	for (struct mm *mm = s->mms; mm; mm = mm->next)
		if (!mm->ended && mm->proc->settled && !mm->proc->kept)
			mm_ended(s, mm, NULL);
}

static size_t merge(struct session *s, bool idle)
{
	bool merged;

	mark_kept(s);
	end_unused(s);
	merged = merge_processes(s);
	merged |= merge_vmas(s, idle);
	/* a VMA that grows and shrinks leaves keys behind */
	if (merged || s->slots.used > 4 * (s->limits.vmas + count_vmas(s))) {
		slots_forget(s);
		mms_drop(s);
		processes_drop(s);
		mappings_merged(s);
	}
	settle(s, idle);
	return count_vmas(s);
}

void retention_apply(struct session *s, const struct input_retain *r)
{
	size_t before = count_vmas(s);

	s->merged_count = 0;
	if (r->between) {
		s->retention.next = r->now + MERGE_AGAIN_NS;
		s->retention.again = !s->retention.again; /* what had only just ended */
	}
	s->retention.left = merge(s, !r->between);
	if (before > s->retention.left + BURST_ROWS)
		memory_return();
	s->retention.seen = s->next_vma;
}

bool retention_over_limit(const struct session *s, uint64_t now)
{
	/* half as many as there are: a merge looks at all of them */
	return now >= s->retention.next &&
	       (s->retention.again || s->next_vma - s->retention.seen >= MERGE_ROWS + s->retention.left / 2);
}
