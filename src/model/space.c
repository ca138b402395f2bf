/* SPDX-License-Identifier: GPL-2.0 */
#include "model/space.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "model/fault/elf.h"
#include "model/fault/kind.h"

#define SECTIONS_MAX 64

static struct space *space_in(struct model *m)
{
	return (struct space *)m;
}

static void areas_clean(struct space_areas *a)
{
	for (size_t i = 0; i < a->count; i++) {
		free(a->list[i].name);
		free(a->list[i].flags);
		free(a->list[i].sections);
	}
	free(a->list);
	*a = (struct space_areas){ 0 };
}

static struct space_area *area_add(struct space_areas *a)
{
	a->list = xgrow(a->list, a->count, &a->room, sizeof(*a->list));
	a->list[a->count] = (struct space_area){ .segment = -1 };
	return &a->list[a->count++];
}

const struct space_area *space_area_at(const struct space *s, uint64_t addr)
{
	for (size_t i = 0; i < s->areas.count; i++)
		if (s->areas.list[i].v.start <= addr && addr < s->areas.list[i].v.end)
			return &s->areas.list[i];
	return NULL;
}

bool space_asked(const struct space *s, const struct space_area *a)
{
	uint64_t to = model_option_number(&s->base, "range_to", 0);

	return !to || (a->v.start < to && model_option_number(&s->base, "range_from", 0) < a->v.end);
}

uint64_t space_vmas_counted(const struct space *s)
{
	uint64_t n = 0;

	for (size_t i = 0; i < s->areas.count; i++)
		n += !s->areas.list[i].gap && strcmp(s->areas.list[i].name, "[vsyscall]");
	return n;
}

/* --- files --- */

static void sections_add(struct space *s, const struct input_sections *head, const struct input_section *list, size_t n)
{
	struct space_file *f;

	if (space_file_find(s->files, head->dev, head->ino)) /* areas point to its names */
		return;
	f = xcalloc(1, sizeof(*f));
	f->next = s->files;
	s->files = f;
	f->head = *head;
	f->head.type |= n > SECTIONS_MAX ? SECTIONS_TRUNCATED : 0;
	f->count = n < SECTIONS_MAX ? n : SECTIONS_MAX;
	f->list = xcalloc(f->count + 1, sizeof(*f->list));
	if (f->count)
		memcpy(f->list, list, f->count * sizeof(*list));
	for (size_t i = 0; i < f->count; i++)
		f->list[i].name[SECTION_NAME - 1] = '\0';
}

/* --- a reading --- */

static void vma_add(struct space *s, const struct input *in)
{
	const struct input_space_vma *v = in->head;
	size_t at = 0;
	const char *name = input_text(in, &at), *flags = name ? input_text(in, &at) : NULL;
	const struct space_area *before = s->areas.count ? &s->areas.list[s->areas.count - 1] : NULL;
	struct space_area *a;

	if (!flags || v->end <= v->start || (before && v->start < before->v.end)) {
		s->base.decode_errors++;
		return;
	}
	a = area_add(&s->areas);
	a->v = *v;
	a->v.perm[4] = '\0';
	a->name = xstrdup(name);
	a->flags = xstrdup(flags);
}

static int by_start(const void *a, const void *b)
{
	const struct vma *x = *(struct vma *const *)a, *y = *(struct vma *const *)b;

	return x->v.start < y->v.start ? -1 : x->v.start > y->v.start;
}

/* What the fault model has found out of each. Both lists ascend. */
static void take_kinds(struct space *s)
{
	const struct session *f = session_of(s->session);
	const struct process *p = session_find(f, s->now.pid);
	const struct mm *mm = p ? process_mm(f, p) : NULL;
	struct vma **living = xcalloc((mm ? mm->vma_count : 0) + 1, sizeof(*living));
	size_t n = 0, at = 0;

	for (struct vma *v = mm ? mm->vmas : NULL; v; v = v->next)
		if (v->live && v->known)
			living[n++] = v;
	qsort(living, n, sizeof(*living), by_start);
	for (size_t i = 0; i < s->areas.count; i++) {
		struct space_area *a = &s->areas.list[i];
		const char *thread;

		while (at < n && living[at]->v.start < a->v.start)
			at++;
		if (at == n || living[at]->v.start != a->v.start)
			continue;
		a->parts = living[at]->parts;
		a->missing = elf_missing(living[at]);
		a->thread = living[at]->thread;
		thread = a->thread ? session_thread_name(f, a->thread) : NULL;
		if (thread)
			memcpy(a->thread_name, thread, strnlen(thread, sizeof(a->thread_name) - 1));
		space_sections(&s->areas, i, &living[at]->v, f, s->files);
	}
	free(living);
}

/* What lies between two VMAs below the end of user addresses is a gap. */
static void add_gaps(struct space *s)
{
	uint64_t end = s->now.mark[MMT_MARK_TASK_SIZE], at = 0;
	struct space_areas with = { 0 };

	for (size_t i = 0; i < s->areas.count; i++) {
		const struct space_area *a = &s->areas.list[i];

		if (a->v.start > at && a->v.start <= end) {
			struct space_area *gap = area_add(&with);

			gap->gap = true;
			gap->v = (struct input_space_vma){ .start = at, .end = a->v.start };
		}
		at = a->v.end;
		*area_add(&with) = *a;
		if (end != SPACE_UNKNOWN && at < end && (i + 1 == s->areas.count || a[1].v.start > end)) {
			struct space_area *gap = area_add(&with);

			gap->gap = true;
			gap->v = (struct input_space_vma){ .start = at, .end = end };
			at = end;
		}
	}
	free(s->areas.list);
	s->areas = with;
}

/* --- what changed --- */

static bool is_same_place(const struct space_area *a, const struct space_area *b)
{
	return !strcmp(a->name, b->name) && a->v.ino == b->v.ino && a->v.dev == b->v.dev &&
	       (a->v.start == b->v.start || a->v.end == b->v.end);
}

static int64_t less(uint64_t now, uint64_t before)
{
	return now == SPACE_UNKNOWN || before == SPACE_UNKNOWN ? 0 : (int64_t)(now - before);
}

static void compare(struct space_area *now, const struct space_area *before)
{
	now->grew = (int64_t)((now->v.end - now->v.start) - (before->v.end - before->v.start));
	now->rss_grew = less(now->v.amount[VMA_RSS], before->v.amount[VMA_RSS]);
	if (now->grew || now->rss_grew || now->v.start != before->v.start || strcmp(now->v.perm, before->v.perm))
		now->change = SPACE_CHANGED;
	else
		now->change = SPACE_SAME;
}

static void copy_gone(struct space *s, const struct space_area *a)
{
	struct space_area *to = area_add(&s->gone);

	*to = *a;
	to->name = xstrdup(a->name);
	to->flags = xstrdup(a->flags);
	to->sections = NULL;
	to->section_count = 0;
	to->change = SPACE_GONE;
}

/* Both ascend. A VMA that kept its start or its end, and its file, goes on. */
static void find_changes(struct space *s)
{
	size_t k = 0;

	for (size_t i = 0; i < s->areas.count; i++) {
		struct space_area *a = &s->areas.list[i];

		if (a->gap)
			continue;
		while (k < s->last.count && (s->last.list[k].gap || s->last.list[k].v.end <= a->v.start)) {
			if (!s->last.list[k].gap)
				copy_gone(s, &s->last.list[k]);
			k++;
		}
		a->change = SPACE_NEW;
		if (k < s->last.count && is_same_place(a, &s->last.list[k]))
			compare(a, &s->last.list[k++]);
	}
	for (; k < s->last.count; k++)
		if (!s->last.list[k].gap)
			copy_gone(s, &s->last.list[k]);
}

/* --- by kind --- */

static void kind_add(struct space_kind *k, const struct space_area *a)
{
	k->vmas++;
	k->size += a->v.end - a->v.start;
	for (int i = 0; i < VMA_AMOUNTS; i++) {
		if (a->v.amount[i] == SPACE_UNKNOWN || i == VMA_PAGE)
			continue;
		k->amount[i] = (k->amount[i] == SPACE_UNKNOWN ? 0 : k->amount[i]) + a->v.amount[i];
	}
}

/* The last is the total. */
static void sum_kinds(struct space *s)
{
	struct space_kind by[SPACE_KINDS] = { 0 }, *total = &by[SPACE_KINDS - 1];

	for (int k = 0; k < SPACE_KINDS; k++) {
		by[k].name = k < KIND_COUNT ? kind_name((enum kind)k) : k == KIND_COUNT ? SPACE_RESERVED : "total";
		for (int i = 0; i < VMA_AMOUNTS; i++)
			by[k].amount[i] = SPACE_UNKNOWN;
	}
	for (size_t i = 0; i < s->areas.count; i++) {
		const struct space_area *a = &s->areas.list[i];

		if (a->gap || !space_asked(s, a))
			continue;
		kind_add(&by[a->reserved ? KIND_COUNT : (int)a->parts.main], a);
		kind_add(total, a);
	}
	s->kind_count = 0;
	for (int k = 0; k < SPACE_KINDS; k++)
		if (by[k].vmas || &by[k] == total)
			s->kinds[s->kind_count++] = by[k];
}

/* --- the door --- */

static void begin(struct space *s, const struct input_space *in)
{
	areas_clean(&s->last);
	areas_clean(&s->gone);
	s->last = s->areas;
	s->areas = (struct space_areas){ 0 };
	s->before = s->now;
	s->now = *in;
	s->complete = false;
}

static void end(struct space *s, const struct input_space_end *in)
{
	take_kinds(s);
	space_find_reserved(&s->areas);
	add_gaps(s);
	if (s->readings)
		find_changes(s);
	sum_kinds(s);
	s->racing = in->racing;
	s->complete = true;
	s->readings++;
}

static void session_take(struct space *s, const struct input *in)
{
	uint64_t damaged = s->session->decode_errors;

	model_input(s->session, in);
	s->base.decode_errors += s->session->decode_errors - damaged;
}

static void space_input(struct model *m, const struct input *in)
{
	struct space *s = space_in(m);

	if (in->kind == INPUT_SPACE_BEGIN)
		begin(s, in->head);
	else if (in->kind == INPUT_SPACE_VMA)
		vma_add(s, in);
	else if (in->kind == INPUT_SECTIONS)
		sections_add(s, in->head, in->body, input_count(in));
	else if (in->kind == INPUT_SPACE_END)
		end(s, in->head);
	else if (in->kind == INPUT_WALK)
		space_walk_take(&s->walk, in->head, in->body, input_count(in));
	else if (in->kind == INPUT_PAGES_BEGIN)
		space_pages_begin(&s->pages);
	else if (in->kind == INPUT_PAGE_RUNS)
		space_pages_runs(&s->pages, in->body, input_count(in));
	else if (in->kind == INPUT_PAGE_SUMS)
		space_pages_sums(&s->pages, in->head, in->body, input_count(in));
	else if (in->kind == INPUT_REGION)
		m->decode_errors += !space_region_add(&s->kernel, in);
	else if (in->kind == INPUT_PLACE)
		m->decode_errors += !space_place_take(&s->kernel, in);
	else
		session_take(s, in);
}

static void space_init(struct model *m)
{
	space_in(m)->session = model_new(&model_fault);
}

static void space_clean(struct model *m)
{
	struct space *s = space_in(m);

	areas_clean(&s->areas);
	areas_clean(&s->last);
	areas_clean(&s->gone);
	for (struct space_file *f = s->files, *next; f; f = next) {
		next = f->next;
		free(f->list);
		free(f);
	}
	space_pages_clean(&s->pages);
	space_kernel_clean(&s->kernel);
	model_free(s->session);
}

const struct model_type model_space = {
	.name = "space",
	.size = sizeof(struct space),
	.init = space_init,
	.input = space_input,
	.clean = space_clean,
};
