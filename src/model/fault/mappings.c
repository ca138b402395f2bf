/* SPDX-License-Identifier: GPL-2.0 */
#include <stdlib.h>
#include <string.h>

#include "model/fault/internal.h"
#include "model/fault/vm.h"

#define VM_ACCESS (VM_READ | VM_WRITE | VM_EXEC)
#define ARENA_BYTES (64ull << 20) /* glibc's HEAP_MAX_SIZE: reserved and aligned so */
#define PLACES_SPARE 1024

/* By what a mapping is found. */
struct identity {
	const char *name;
	enum kind kind;
	enum mapping_form form;
	bool known, shared, exec;
	uint64_t origin;
};

/* --- what it is --- */

static bool is_nameless(const struct vma *v)
{
	return v->known && !v->sum && !v->name[0] && !(v->v.kind & MMT_VMA_FILE) &&
	       (v->parts.main == KIND_ANON || v->parts.main == KIND_GUARD || v->parts.main == KIND_THREAD_STACK);
}

static bool is_shared(const struct vma *v)
{
	return v->known && v->v.vm_flags & VM_MAYSHARE;
}

static uint64_t size_class(uint64_t bytes)
{
	uint64_t n = 12;

	while (n < 63 && 1ull << n < bytes)
		n++;
	return n;
}

static struct identity identity_of(const struct vma *v)
{
	struct identity id = { .name = v->name, .kind = v->parts.main, .known = v->known, .shared = is_shared(v) };

	if (!is_nameless(v))
		return id;
	id.form = id.kind == KIND_THREAD_STACK ? MAPPING_STACK : MAPPING_ANON;
	id.exec = v->v.vm_flags & VM_EXEC;
	id.origin = id.form == MAPPING_STACK ? v->v.start : size_class(v->v.end - v->v.start);
	return id;
}

/* Once chosen a mapping is kept, whatever becomes of the VMA's size and place. */
static bool fits(const struct mapping *m, const struct vma *v)
{
	bool arena = m->form == MAPPING_ARENA && is_nameless(v) && v->parts.main != KIND_THREAD_STACK;

	return v->sum || arena || (m->known == v->known && m->kind == v->parts.main && m->shared == is_shared(v) &&
				   !strcmp(m->name, v->name));
}

static void key_of(uint64_t key[4], const struct mm *mm, const struct identity *id)
{
	uint64_t hash = 0xcbf29ce484222325ull;

	for (const char *c = id->name; *c; c++)
		hash = (hash ^ (unsigned char)*c) * 0x100000001b3ull;
	key[0] = mm->id;
	key[1] = (uint64_t)id->kind | (uint64_t)id->form << 8 | (uint64_t)id->known << 16 | (uint64_t)id->shared << 17 |
		 (uint64_t)id->exec << 18;
	key[2] = id->origin;
	key[3] = hash;
}

static void memory_clear(struct mapping *m)
{
	for (int i = 0; i < MEMORY_AMOUNTS; i++)
		m->memory[i] = MEMORY_UNKNOWN;
	m->rss_uncertain = false;
}

static struct mapping *mapping_get(struct session *s, struct mm *mm, const struct identity *id)
{
	struct mapping *m;
	uint64_t key[4];

	key_of(key, mm, id);
	m = map_get(&s->by_mapping, key);
	if (m)
		return m;
	m = xcalloc(1, sizeof(*m));
	m->id = ++s->next_mapping;
	m->mm = mm;
	m->name = xstrdup(id->name);
	m->kind = id->kind;
	m->form = id->form;
	m->known = id->known;
	m->shared = id->shared;
	m->exec = id->exec;
	m->origin = id->origin;
	memory_clear(m);
	m->rss_start = MEMORY_UNKNOWN;
	map_set(&s->by_mapping, key, m);
	*s->mappings_end = m;
	s->mappings_end = &m->next;
	s->mapping_count++;
	return m;
}

/* The mapping of v without a look at its neighbours. */
static struct mapping *mapping_alone(struct session *s, struct vma *v)
{
	struct identity id = identity_of(v);

	return mapping_get(s, v->mm, &id);
}

/* What v had before the interval is nothing that to has got in it. */
static void previous_move(struct mapping *from, struct mapping *to, const struct vma *v)
{
	for (int c = 0; c < MMT_CLASS_COUNT; c++) {
		uint64_t n = stat_class_count(&v->faults, (enum mmt_class)c);
		uint32_t moved = n < from->previous[c] ? (uint32_t)n : from->previous[c];

		from->previous[c] -= moved;
		to->previous[c] += moved;
	}
}

static void mapping_set(struct vma *v, struct mapping *m)
{
	if (v->mapping) {
		v->mapping->dirty = true;
		previous_move(v->mapping, m, v);
	}
	v->mapping = m;
	m->dirty = true;
}

/* --- anonymous memory: what it came from --- */

static void place_key(uint64_t key[2], const struct vma *v)
{
	/* a guard may lie where it was before it moved */
	key[0] = (uint64_t)v->parts.main << 32 | v->mm->id;
	key[1] = v->v.pgoff; /* kept where a touched mapping moves; else its address */
}

static bool alike(const struct mapping *m, const struct vma *v)
{
	return m->form == MAPPING_ANON && m->kind == v->parts.main && m->shared == is_shared(v) &&
	       m->exec == !!(v->v.vm_flags & VM_EXEC);
}

/* The heap of an arena: accessible from an aligned address on, the rest reserved. */
static bool begins_arena(const struct vma *v, const struct vma *next)
{
	return v->parts.main == KIND_ANON && !(v->v.start % ARENA_BYTES) && next && next->live &&
	       next->parts.main == KIND_GUARD && next->v.start == v->v.end && next->v.end == v->v.start + ARENA_BYTES;
}

static struct mapping *place_of(const struct session *s, const struct vma *v)
{
	struct mapping *m;
	uint64_t key[2];

	place_key(key, v);
	m = map_get(&s->by_place, key);
	return m && alike(m, v) ? m : NULL;
}

/* Of one that lives all that lies inside: it was split. Of one that is gone what begins or ends
 * there: it grew, shrank or was mapped again. */
static bool is_part(const struct vma *v, const struct vma *owner)
{
	return v->v.start < owner->reach_end &&
	       (owner->live || v->v.start == owner->reach_start || v->v.end == owner->reach_end);
}

static struct mapping *anonymous_choose(struct session *s, struct vma *v, const struct vma *before,
					const struct vma *next, const struct vma *owner)
{
	struct mapping *m = place_of(s, v);
	struct identity id = identity_of(v);

	if (id.form == MAPPING_STACK)
		return mapping_get(s, v->mm, &id);
	if (m)
		return m;
	if (owner && is_part(v, owner) && alike(owner->mapping, v))
		return owner->mapping;
	if (begins_arena(v, next)) {
		id.form = MAPPING_ARENA;
		id.origin = v->v.start;
	} else if (before && before->live && before->mapping && before->mapping->form == MAPPING_ARENA &&
		   before->v.end == v->v.start && v->v.end <= before->mapping->origin + ARENA_BYTES) {
		return before->mapping;
	}
	return mapping_get(s, v->mm, &id);
}

static int by_reach(const void *a, const void *b)
{
	const struct vma *x = *(struct vma *const *)a, *y = *(struct vma *const *)b;

	return x->reach_start < y->reach_start ? -1 : x->reach_start > y->reach_start ? 1 : y->live - x->live;
}

/* By ascending address; the VMA that reaches farthest owns what begins inside it. */
static void anonymous_assign(struct session *s, struct mm *mm)
{
	struct vma **list = xmalloc((mm->vma_count + 1) * sizeof(*list));
	const struct vma *owner = NULL;
	uint64_t key[2];
	size_t n = 0;

	for (struct vma *v = mm->vmas; v; v = v->next)
		if (is_nameless(v))
			list[n++] = v;
	qsort(list, n, sizeof(*list), by_reach);
	for (size_t i = 0; i < n; i++) {
		struct vma *v = list[i];

		if (!v->mapping || !fits(v->mapping, v)) {
			mapping_set(v, anonymous_choose(s, v, i ? list[i - 1] : NULL, i + 1 < n ? list[i + 1] : NULL, owner));
			place_key(key, v);
			map_set(&s->by_place, key, v->mapping);
		}
		if (!owner || v->reach_end > owner->reach_end)
			owner = v;
	}
	free(list);
}

/* --- each tick --- */

static void reach(struct vma *v)
{
	if (!v->reach_end || v->v.start < v->reach_start)
		v->reach_start = v->v.start;
	if (v->v.end > v->reach_end)
		v->reach_end = v->v.end;
}

static void mm_assign(struct session *s, struct mm *mm)
{
	bool anonymous = false;

	for (struct vma *v = mm->vmas; v; v = v->next) {
		if (v->known && v->version > s->mapped)
			reach(v);
		if (!v->mapping || (v->version > s->mapped && !fits(v->mapping, v))) {
			if (is_nameless(v))
				anonymous = true;
			else
				mapping_set(v, mapping_alone(s, v));
		}
		if (v->mapping && v->version > s->mapped)
			v->mapping->dirty = true;
	}
	if (anonymous)
		anonymous_assign(s, mm);
}

static uint64_t pages_of(const struct vma *v)
{
	return v->known && !(v->v.kind & MMT_VMA_FILE) ? (v->reach_end - v->reach_start) >> 12 : 0;
}

/* First touches of anonymous memory beyond the pages that there are: it was given back (MADV_DONTNEED)
 * and touched again. */
static uint64_t again_of(const struct vma *v)
{
	uint64_t pages = pages_of(v), touched = stat_class_count(&v->faults, MMT_CLASS_ANON_READ) +
						stat_class_count(&v->faults, MMT_CLASS_ANON_WRITE) +
						512 * stat_class_count(&v->faults, MMT_CLASS_ANON_HUGE);

	return v->sum ? v->again : pages && touched > pages ? touched - pages : 0;
}

static void faults_clear(struct mapping *m)
{
	if (!m->lender)
		stat_free(&m->faults);
	m->lender = NULL;
	m->faults = (struct fault_stat){ 0 };
}

void mapping_merge(struct vma *v, struct vma *into)
{
	struct mapping *from = v->mapping, *to = into->mapping;

	from->dirty = to->dirty = true;
	from->mm->looked = to->mm->looked = true;
	from->only = NULL;
	from->into = to->id;
	if (from != to)
		previous_move(from, to, v);
}

void mapping_forget(const struct vma *v)
{
	if (v->mapping && v->mapping->lender == v)
		faults_clear(v->mapping);
}

/* Most mappings have one VMA: its classes, half a KiB each, are not copied. */
static void faults_add(struct mapping *m, const struct vma *v)
{
	const struct vma *lender = m->lender;

	if (m->members++ == 0) {
		m->faults = v->faults;
		m->lender = v;
		return;
	}
	if (lender) {
		m->lender = NULL;
		m->faults = (struct fault_stat){ 0 };
		stat_sum(&m->faults, &lender->faults);
	}
	stat_sum(&m->faults, &v->faults);
}

static void sums_clear(struct mapping *m)
{
	m->rss_time = 0;
	m->used = false;
	if (!m->dirty)
		return;
	faults_clear(m);
	m->members = m->live = m->gone = m->size = m->reserved = m->most = m->again = m->pages = m->gone_pages = 0;
	m->small_unaligned = m->small_refused = m->small_advised = 0;
	m->reads = (struct mapping_reads){ 0 };
	free(m->calls);
	m->calls = NULL;
	m->least = ~0ull;
	memory_clear(m);
	m->only = NULL;
	m->thread = 0;
}

/* Only of VMAs that are large enough: of others nobody expects huge pages. */
static void small_add(struct mapping *m, const struct vma *v)
{
	uint64_t small = stat_class_count(&v->faults, MMT_CLASS_ANON_WRITE), last = v->reach_end & ~(HUGE_BYTES - 1);

	if (!v->known || v->reach_end - v->reach_start < HUGE_BYTES)
		return;
	if (last < v->reach_start + HUGE_BYTES)
		m->small_unaligned += small;
	if (v->v.vm_flags & VM_NOHUGEPAGE)
		m->small_refused += small;
	if (v->v.vm_flags & VM_HUGEPAGE)
		m->small_advised += small;
}

static void memory_add(struct mapping *m, const struct vma *v)
{
	for (int i = 0; v->live && i < MEMORY_AMOUNTS; i++)
		if (v->memory[i] != MEMORY_UNKNOWN)
			m->memory[i] = v->memory[i] + (m->memory[i] == MEMORY_UNKNOWN ? 0 : m->memory[i]);
	m->rss_uncertain |= v->live && v->rss_uncertain;
}

static void sums_add(struct mapping *m, const struct vma *v)
{
	uint64_t bytes = v->known ? v->v.end - v->v.start : 0, had = v->reach_end - v->reach_start;
	uint64_t n = v->sum ? v->merged : v->piece ? 0 : 1;

	m->only = m->live + m->gone == 0 || (v->live && !m->live) ? v : v->live ? NULL : m->live == 1 ? m->only : NULL;
	if (v->live)
		m->live += n;
	else
		m->gone += n;
	if (v->live && v->v.vm_flags & VM_ACCESS)
		m->size += bytes;
	else if (v->live)
		m->reserved += bytes;
	memory_add(m, v);
	if (v->known && v->v.vm_flags & VM_ACCESS) {
		m->least = had < m->least ? had : m->least;
		m->most = had > m->most ? had : m->most;
	}
	if (v->thread && (!m->thread || v->live) && (m->form == MAPPING_STACK || m->form == MAPPING_ARENA))
		m->thread = v->thread;
	m->again += again_of(v);
	if (v->sum)
		m->gone_pages = PAGES_UNKNOWN;
	else if (v->live)
		m->pages += v->v.vm_flags & VM_ACCESS ? pages_of(v) : 0;
	else if (m->gone_pages != PAGES_UNKNOWN)
		m->gone_pages += pages_of(v);
	small_add(m, v);
	reads_sum(&m->reads, v);
	calls_add(&m->calls, v->calls);
	faults_add(m, v);
}

static void vmas_add(struct session *s)
{
	for (struct mapping *m = s->mappings; m; m = m->next)
		if (m->mm->touched)
			sums_clear(m);
	for (struct mm *mm = s->mms; mm; mm = mm->next)
		for (struct vma *v = mm->touched ? mm->vmas : NULL; v; v = v->next) {
			struct mapping *m = v->mapping;

			m->used = true;
			if (v->live && v->memory[MEMORY_RSS] != MEMORY_UNKNOWN && (!m->rss_time || v->rss_time < m->rss_time))
				m->rss_time = v->rss_time;
			if (m->dirty)
				sums_add(m, v);
		}
}

/* What it had at the first reading of its mm did not grow since. */
static void rss_grew(struct mapping *m)
{
	uint64_t rss = m->memory[MEMORY_RSS];

	m->rss_added = 0;
	if (rss == MEMORY_UNKNOWN && !m->live && m->rss_start != MEMORY_UNKNOWN)
		rss = 0; /* what was unmapped is no growth */
	if (rss == MEMORY_UNKNOWN)
		return;
	if (m->rss_start == MEMORY_UNKNOWN)
		m->rss_start = m->rss_previous = m->mm->memory_known ? 0 : rss;
	m->rss_added = (int64_t)(rss - m->rss_previous);
	m->rss_previous = rss;
}

static void interval_end(struct session *s, struct mapping *m)
{
	m->moving = false;
	for (int c = 0; c < MMT_CLASS_COUNT; c++) {
		uint32_t total = (uint32_t)stat_class_count(&m->faults, (enum mmt_class)c);
		int32_t added = (int32_t)(total - m->previous[c]);

		m->added[c] = s->base.ended || added < 0 ? 0 : (uint32_t)added;
		m->previous[c] = total;
		m->moving |= m->added[c] != 0;
	}
	rss_grew(m);
	m->moving |= m->rss_added != 0;
	if (m->dirty)
		m->version = s->base.version;
	m->dirty = false;
}

static void mapping_free(struct mapping *m)
{
	faults_clear(m);
	free(m->calls);
	free(m->name);
	free(m);
}

static bool is_used(void *ctx, void *value)
{
	(void)ctx;
	return ((struct mapping *)value)->used;
}

/* Without VMAs, and places where nothing of today began. */
static void unused_drop(struct session *s, bool any)
{
	size_t vmas = 0;
	uint64_t key[2];

	if (any) {
		map_filter(&s->by_mapping, is_used, NULL);
		map_filter(&s->by_place, is_used, NULL);
		s->mappings_end = &s->mappings;
	}
	for (struct mapping *m; any && (m = *s->mappings_end);) {
		if (m->used) {
			s->mappings_end = &m->next;
			continue;
		}
		*s->mappings_end = m->next;
		s->mapping_count--;
		mapping_free(m);
	}
	for (const struct mm *mm = s->mms; mm; mm = mm->next)
		vmas += mm->vma_count;
	if (s->by_place.used < 2 * vmas + PLACES_SPARE)
		return;
	map_free(&s->by_place);
	for (const struct mm *mm = s->mms; mm; mm = mm->next)
		for (const struct vma *v = mm->vmas; v; v = v->next)
			if (v->mapping && is_nameless(v)) {
				place_key(key, v);
				map_set(&s->by_place, key, v->mapping);
			}
}

void mappings_tick(struct session *s)
{
	bool unused = false;

	for (struct mm *mm = s->mms; mm; mm = mm->next) {
		mm->touched = mm->changed > s->mapped || mm->looked;
		mm->looked = false;
	}
	for (struct mm *mm = s->mms; mm; mm = mm->next)
		if (mm->touched)
			mm_assign(s, mm);
	vmas_add(s);
	for (struct mapping *m = s->mappings; m; m = m->next) {
		if (m->mm->touched || m->moving)
			interval_end(s, m);
		unused |= !m->used;
	}
	for (struct mm *mm = s->mms; mm; mm = mm->next)
		mm->memory_known |= mm->memory_read;
	unused_drop(s, unused);
	s->mapped = s->base.version;
}

/* --- what is merged --- */

/* What v counted stands in mm from now on, its own address space or what is left of it: by
 * name while there is room, then by kind. */
struct mapping *mapping_of_gone(struct session *s, struct mm *mm, struct vma *v)
{
	struct identity id = { .name = "[merged]", .kind = v->parts.main };
	bool room = s->mapping_count < s->limits.mappings;
	struct mapping *m;

	if (!v->mapping)
		mapping_set(v, mapping_alone(s, v));
	v->again = again_of(v);
	m = v->mapping;
	if (m->mm == mm && (m->stays || room))
		return m;
	if (m->mm != mm && room)
		id = (struct identity){ m->name, m->kind, m->form, m->known, m->shared, m->exec,
					m->form == MAPPING_ANON ? m->origin : 0 };
	m = mapping_get(s, mm, &id);
	m->rest |= !room;
	return m;
}

/* Of those that are left without a VMA: where their counts went.  They go at once, as their address
 * space may: a view may look before the next tick. */
void mappings_merged(struct session *s)
{
	for (struct mapping *m = s->mappings; m; m = m->next)
		m->used = false;
	for (const struct mm *mm = s->mms; mm; mm = mm->next)
		for (const struct vma *v = mm->vmas; v; v = v->next)
			if (v->mapping)
				v->mapping->used = true;
	for (const struct mapping *m = s->mappings; m; m = m->next)
		if (!m->used && m->into)
			merged_note(s, MERGED_MAPPING, m->id, m->into);
	unused_drop(s, true);
}

void mappings_free(struct session *s)
{
	for (struct mapping *m = s->mappings, *next; m; m = next) {
		next = m->next;
		mapping_free(m);
	}
	map_free(&s->by_mapping);
	map_free(&s->by_place);
}
