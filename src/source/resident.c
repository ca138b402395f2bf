/* SPDX-License-Identifier: GPL-2.0 */
#include "source/resident.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "host/procfs.h"
#include "host/smaps.h"
#include "host/swap_types.h"

/* At most 1 % of the time is spent on each way of reading; else it is read less often and its age shows. */
#define REST 100

#define VM_PFNMAP 0x400ull
#define VM_HUGETLB 0x400000ull

struct list {
	struct input_memory *all;
	size_t count, room;
	struct input_resident *copied;
	size_t copied_count, copied_room;
	bool pss_only;
};

static struct input_memory *list_add(struct list *l, uint64_t start)
{
	struct input_memory *m;

	l->all = xgrow(l->all, l->count, &l->room, sizeof(*l->all));
	m = &l->all[l->count++];
	*m = (struct input_memory){ .start = start };
	for (int i = 0; i < MEMORY_READINGS; i++)
		m->amount[i] = MEMORY_UNKNOWN;
	return m;
}

/* --- page tables --- */

static int by_start(const void *a, const void *b)
{
	const struct vma *x = *(const struct vma *const *)a, *y = *(const struct vma *const *)b;

	return x->v.start < y->v.start ? -1 : x->v.start > y->v.start;
}

/* Those that live, ascending; where one was seen since the last layout that another still covers,
 * the first. */
static struct resident_vma *list_vmas(const struct mm *mm, const struct vma ***which, size_t *count)
{
	const struct vma **living = xcalloc(mm->vma_count + 1, sizeof(*living));
	struct resident_vma *list = xcalloc(mm->vma_count + 1, sizeof(*list));
	size_t n = 0, kept = 0;

	for (const struct vma *v = mm->vmas; v; v = v->next)
		if (v->live && v->known && v->v.start < v->v.end && !(v->v.start >> 63))
			living[n++] = v;
	if (n)
		qsort(living, n, sizeof(*living), by_start);
	for (size_t i = 0; i < n; i++) {
		const struct mmt_vma *v = &living[i]->v;

		if (kept && v->start < list[kept - 1].end)
			continue;
		living[kept] = living[i];
		list[kept++] = (struct resident_vma){ .start = v->start, .end = v->end, .anon = v->kind & MMT_VMA_ANON,
						      .hugetlb = v->vm_flags & VM_HUGETLB, .device = v->vm_flags & VM_PFNMAP };
	}
	*which = living;
	*count = kept;
	return list;
}

/* Says so once; -ENOTSUP was known at the start. */
static void tables_failed(struct resident *r, struct source *s, int err)
{
	if (!r->failed && err != -ENOTSUP)
		emit_fact(s, "unknown", "rss", strerror(-err));
	r->failed = true;
}

/* true: it was read, or there is nothing to read any more. */
static bool read_tables(struct resident *r, struct source *s, struct probe *probe, const struct process *p,
			const struct input_rss *head)
{
	const struct mm *mm = process_mm(session_of(s->model), p);
	const struct vma **which = NULL;
	struct list list = { 0 };
	struct resident_vma *vmas;
	bool swap = swap_areas();
	size_t n;
	int err;

	if (!mm)
		return true;
	vmas = list_vmas(mm, &which, &n);
	err = n ? probe_resident(probe, p->pid, mm->id, vmas, n) : 0;
	for (size_t i = 0; i < n && !err; i++) {
		struct input_memory *m = list_add(&list, vmas[i].start);

		m->amount[MEMORY_RSS] = vmas[i].rss;
		m->amount[MEMORY_HUGE] = vmas[i].huge;
		m->amount[MEMORY_HUGETLB] = vmas[i].hugetlb_bytes;
		if (!swap || !(which[i]->v.kind & MMT_VMA_SHMEM)) /* else the file knows */
			m->amount[MEMORY_SWAP] = vmas[i].swap;
		m->uncertain = vmas[i].uncertain;
	}
	if (list.count)
		emit(s, INPUT_MEMORY, head, sizeof(*head), list.all, list.count * sizeof(*list.all));
	free(list.all);
	free(vmas);
	free(which);
	if (err && err != -ESTALE)
		tables_failed(r, s, err);
	return !err || err == -ESTALE;
}

/* --- smaps --- */

/* Is it named where columns or an order are? */
static bool wants(const struct args *a, const char *key)
{
	return (a->show.columns && strstr(a->show.columns, key)) || (a->show.sort && strstr(a->show.sort, key));
}

/* What this kernel has no line for is 0. */
static uint64_t sum_of(const struct smaps_vma *v, const enum smaps_key *keys, size_t n)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++)
		if (v->amount[keys[i]] != SMAPS_UNKNOWN)
			sum += v->amount[keys[i]];
	return sum;
}

static void on_smaps(void *ctx, const struct smaps_vma *v)
{
	static const enum smaps_key huge[] = { SMAPS_ANON_HUGE, SMAPS_SHMEM_HUGE, SMAPS_FILE_HUGE };
	static const enum smaps_key hugetlb[] = { SMAPS_SHARED_HUGETLB, SMAPS_PRIVATE_HUGETLB };
	struct list *l = ctx;
	struct input_memory *m = list_add(l, v->start);
	uint64_t in_hugetlb = sum_of(v, hugetlb, 2);

	l->copied = xgrow(l->copied, l->copied_count, &l->copied_room, sizeof(*l->copied));
	l->copied[l->copied_count++] =
		(struct input_resident){ v->start, sum_of(v, (enum smaps_key[]){ SMAPS_ANONYMOUS }, 1) };
	m->amount[MEMORY_PSS] = sum_of(v, (enum smaps_key[]){ SMAPS_PSS }, 1) + in_hugetlb;
	if (l->pss_only)
		return;
	m->amount[MEMORY_RSS] = sum_of(v, (enum smaps_key[]){ SMAPS_RSS }, 1) + in_hugetlb;
	m->amount[MEMORY_HUGE] = sum_of(v, huge, 3);
	m->amount[MEMORY_HUGETLB] = in_hugetlb;
	m->amount[MEMORY_SWAP] = sum_of(v, (enum smaps_key[]){ SMAPS_SWAP }, 1);
}

static void read_smaps(struct source *s, const struct process *p, const struct input_rss *head, bool pss_only)
{
	struct list list = { .pss_only = pss_only };

	if (smaps_read(procfs_living(p->pid), on_smaps, &list) == 0 && list.count) {
		emit(s, INPUT_MEMORY, head, sizeof(*head), list.all, list.count * sizeof(*list.all));
		if (wants(s->args, "copied"))
			emit(s, INPUT_COPIED, head, sizeof(*head), list.copied, list.copied_count * sizeof(*list.copied));
	}
	free(list.copied);
	free(list.all);
}

void resident_read(struct resident *r, struct source *s, struct probe *probe,
		   bool (*wanted)(const struct args *a, pid_t pid))
{
	uint64_t begin = clock_monotonic_ns(), smaps_ns = 0;
	bool tables = begin >= r->next, smaps = begin >= r->smaps_next;
	bool asked = wants(s->args, "pss") || wants(s->args, "copied");

	for (const struct process *p = session_of(s->model)->processes; p; p = p->next) {
		struct input_rss head = { .now = clock_monotonic_ns() - s->t0, .pid = p->pid };
		bool read = !tables || p->dead || !wanted(s->args, p->pid) || read_tables(r, s, probe, p, &head);
		uint64_t from = clock_monotonic_ns();

		if (smaps && !p->dead && wanted(s->args, p->pid) && (asked || !read)) {
			read_smaps(s, p, &head, read);
			smaps_ns += clock_monotonic_ns() - from;
		}
	}
	if (tables)
		r->next = begin + (clock_monotonic_ns() - begin - smaps_ns) * REST;
	if (smaps)
		r->smaps_next = begin + smaps_ns * REST;
}
