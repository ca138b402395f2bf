/* SPDX-License-Identifier: GPL-2.0 */
#include "model/session.h"
#include "model/image.h"
#include "model/kind.h"
#include "model/ledger.h"

#include <stdlib.h>
#include <string.h>

void *must(void *p)
{
	if (!p)
		abort();
	return p;
}

struct session *session_new(void)
{
	struct session *s = must(calloc(1, sizeof(*s)));

	s->slot_count = 1024;
	s->slots = must(calloc(s->slot_count, sizeof(*s->slots)));
	return s;
}

void vma_free(struct vma *v)
{
	stat_free(&v->faults);
	free(v->name);
	free(v);
}

static void mm_free(struct mm *mm)
{
	for (struct vma *v = mm->vmas, *next; v; v = next) {
		next = v->next;
		vma_free(v);
	}
	free(mm);
}

void session_free(struct session *s)
{
	for (struct mm *m = s->mms, *next; m; m = next) {
		next = m->next;
		mm_free(m);
	}
	for (struct process *p = s->processes, *next; p; p = next) {
		next = p->next;
		stat_free(&p->faults);
		free(p);
	}
	stat_free(&s->faults);
	image_free(s);
	idmap_free(&s->by_pid);
	idmap_free(&s->by_mm);
	fold_free(s);
	free(s->slots);
	free(s);
}

/* --- processes and address spaces --- */

struct process *session_find(struct session *s, pid_t pid)
{
	struct process *p = idmap_get(&s->by_pid, (uint64_t)pid);

	return p && !p->dead ? p : NULL;
}

struct process *session_process(struct session *s, pid_t pid)
{
	struct process *p = session_find(s, pid);

	if (p)
		return p;
	p = must(calloc(1, sizeof(*p)));
	p->id = ++s->next_proc;
	p->pid = pid;
	p->changed = true;
	p->next = s->processes;
	s->processes = p;
	p->older = idmap_get(&s->by_pid, (uint64_t)pid);
	idmap_set(&s->by_pid, (uint64_t)pid, p);
	s->live_processes++;
	return p;
}

/* The process of a pid that started at that time (0: not known).  It may be known already, and
 * even have ended: /proc and layouts are read before records are drained. */
static struct process *process_started(struct session *s, pid_t pid, uint64_t start)
{
	struct process *p = idmap_get(&s->by_pid, (uint64_t)pid);

	if (!start)
		return session_process(s, pid);
	if (p && p->start_time == start)
		return p;
	if (p && p->start_time)
		process_exited(s, p); /* its exit was lost, the pid is in use again */
	p = session_process(s, pid);
	p->start_time = start;
	return p;
}

struct process *ledger_process(struct session *s, pid_t pid)
{
	struct process *p = idmap_get(&s->by_pid, (uint64_t)pid);

	return p ? p : session_process(s, pid);
}

void process_exited(struct session *s, struct process *p)
{
	if (p->dead)
		return;
	p->dead = true;
	p->changed = true;
	s->live_processes--;
}

struct mm *ledger_mm(struct session *s, uint32_t id, pid_t pid, bool own)
{
	struct mm *mm = s->last_mm && s->last_mm->id == id ? s->last_mm : idmap_get(&s->by_mm, id);

	if (!mm) {
		mm = must(calloc(1, sizeof(*mm)));
		mm->id = id;
		/* until its own process is heard of */
		mm->proc = own || !s->processes ? ledger_process(s, pid) : s->processes;
		mm->owned = own;
		mm->launcher = own && s->launcher && pid == s->launcher && (!s->launched_mm || id < s->launched_mm);
		s->launcher = mm->launcher ? 0 : s->launcher;
		mm->next = s->mms;
		s->mms = mm;
		idmap_set(&s->by_mm, id, mm);
	} else if (own && !mm->owned) {
		mm->proc = ledger_process(s, pid);
		mm->owned = true;
	}
	return s->last_mm = mm;
}

struct mm *process_mm(const struct session *s, const struct process *p)
{
	return idmap_get(&s->by_mm, p->mm_id);
}

bool session_layout_current(const struct session *s, pid_t pid, const struct mmt_watch *now)
{
	const struct process *p = idmap_get(&s->by_pid, (uint64_t)pid);
	const struct mm *mm = p && !p->dead && p->mm_id == now->mm_id ? process_mm(s, p) : NULL;

	return mm && mm->have_marks && !mm->racing && now->lock_seq != ~0ull && mm->lock_seq == now->lock_seq;
}

/* --- VMAs --- */

static int vma_order(const void *a, const void *b)
{
	const struct vma *x = *(struct vma *const *)a, *y = *(struct vma *const *)b;

	if (x->mm != y->mm)
		return x->mm->proc->id != y->mm->proc->id ? (x->mm->proc->id < y->mm->proc->id ? -1 : 1)
							  : (x->mm->id < y->mm->id ? -1 : 1);
	return x->v.start < y->v.start ? -1 : x->v.start > y->v.start ? 1 : x->id < y->id ? -1 : x->id > y->id;
}

struct vma **ledger_vmas(const struct session *s, size_t *count)
{
	size_t n = 0, i = 0;
	struct vma **all;

	for (const struct mm *mm = s->mms; mm; mm = mm->next)
		n += mm->vma_count;
	all = must(malloc((n + 1) * sizeof(*all)));
	for (const struct mm *mm = s->mms; mm; mm = mm->next)
		for (struct vma *v = mm->vmas; v; v = v->next)
			all[i++] = v;
	*count = n;
	return all;
}

struct vma **session_vmas(const struct session *s, size_t *count)
{
	struct vma **all = ledger_vmas(s, count);

	qsort(all, *count, sizeof(*all), vma_order);
	return all;
}

struct vma *session_vma_by_key(struct session *s, uint32_t mm_id, uint32_t sig, uint64_t anchor)
{
	return slot_find(s, mm_id, sig, anchor)->vma;
}

struct vma *session_vma_of(struct session *s, const struct mmt_fault *f)
{
	return f->flags & MMT_FAULT_NO_VMA ? NULL : session_vma_by_key(s, f->head.mm_id, f->sig, f->anchor);
}

void vma_name(struct vma *v, const char *name, size_t len)
{
	free(v->name);
	v->name = must(strndup(name, len));
}

/* The kernel's own rules, vma_is_initial_heap() and vma_is_initial_stack(), in
 * the order of show_map_vma(). Before 6.7 what touches the heap was [heap]. */
static const char *initial_name(const struct session *s, const struct mm *mm, const struct mmt_vma *v)
{
	const struct mmt_marks *m = &mm->marks;
	uint64_t slack = s->heap_touching;

	if (v->kind & (MMT_VMA_FILE | MMT_VMA_SPECIAL))
		return NULL;
	if (v->start < m->brk + slack && v->end + slack > m->start_brk)
		return "[heap]";
	return v->start <= m->start_stack && v->end >= m->start_stack ? "[stack]" : NULL;
}

/* For a VMA that no layout has shown: the break may have moved since the marks. */
static void vma_name_by_marks(const struct session *s, struct vma *v)
{
	const char *name = initial_name(s, v->mm, &v->v);

	if (!v->known || v->name[0])
		return;
	if (!name && v->v.start == v->mm->marks.start_brk && !(v->v.kind & (MMT_VMA_FILE | MMT_VMA_SPECIAL)))
		name = "[heap]";
	if (name)
		vma_name(v, name, strlen(name));
}

#define CHAIN_LOOK 32

static struct vma *vma_new(struct session *s, struct mm *mm, uint32_t sig, uint64_t anchor)
{
	struct vma *v = must(calloc(1, sizeof(*v)));

	v->id = ++s->next_vma;
	v->mm = mm;
	v->live = true;
	v->rss = RSS_UNKNOWN;
	v->v.sig = sig;
	v->v.anchor = anchor;
	vma_name(v, mm->launcher ? "[exec]" : "", mm->launcher ? 6 : 0);
	v->next = mm->vmas;
	mm->vmas = v;
	mm->vma_count++;
	slot_chain(s, v, sig);
	slot_set(s, v, sig, anchor);
	return v;
}

struct vma *ledger_vma(struct session *s, struct mm *mm, uint32_t sig, uint64_t anchor)
{
	struct vma *v = slot_find(s, mm->id, sig, anchor)->vma;

	if (!v && mm->launcher && mm->vmas) {
		v = mm->vmas;
		slot_set(s, v, sig, anchor);
	}
	return v ? v : vma_new(s, mm, sig, anchor);
}

/* A VMA that a merge or a growth moved: same identity, overlapping range. Looks
 * at the youngest only, since a program may map and unmap alike without end. */
static struct vma *vma_moved_start(struct session *s, struct mm *mm, const struct mmt_vma *now)
{
	struct vma *v = slot_youngest(s, mm->id, now->sig);

	for (int i = 0; v && i < CHAIN_LOOK; i++, v = v->same_sig)
		if (v->live && v->known && v->v.start < now->end && now->start < v->v.end)
			return v;
	return NULL;
}

static bool vma_is(const struct vma *v, const struct mmt_vma *now)
{
	return !v->known || !v->live || v->v.anchor == now->anchor ||
	       (v->v.start < now->end && now->start < v->v.end);
}

/* The row of a VMA that the kernel shows.  A slot may lead to a row that has
 * moved on since: then another VMA has come to its former place.  A row serves
 * one VMA of a layout (generation `placed`). */
static struct vma *vma_row(struct session *s, struct mm *mm, const struct mmt_vma *now, uint32_t placed)
{
	struct vma *v = slot_find(s, mm->id, now->sig, now->anchor)->vma;

	if (v && vma_is(v, now) && v->generation != placed)
		return v;
	v = mm->generation ? vma_moved_start(s, mm, now) : NULL;
	if (v && v->generation != placed) {
		slot_set(s, v, now->sig, now->anchor);
		return v;
	}
	return vma_new(s, mm, now->sig, now->anchor);
}

static void apply_vma_seen(struct session *s, const struct mmt_vma_seen *r)
{
	struct mm *mm = ledger_mm(s, r->head.mm_id, (pid_t)r->head.tgid, !r->foreign);
	struct vma *v = mm->launcher ? NULL : vma_row(s, mm, &r->vma, ~0u);
	bool current = r->head.time >= mm->layout_time;

	if (!v)
		return; /* all of it is [exec] */
	if (!current && v->known)
		return; /* the layout, read since, knows better */
	v->v = r->vma;
	if (!v->known)
		vma_name(v, r->name, strnlen(r->name, sizeof(r->name)));
	v->thread_stack &= v->live;
	v->known = v->changed = true;
	v->live = current && !mm->ended;
	if (mm->have_marks)
		vma_name_by_marks(s, v);
	kind_judge(s, v, NULL);
}

static void layout_vma(struct session *s, struct mm *mm, const struct layout_record *r, const char *path, size_t len,
		       struct kind_walk *walk)
{
	const struct mmt_vma *now = &r->vma->vma;
	struct vma *v = vma_row(s, mm, now, mm->generation);
	const char *initial = initial_name(s, mm, now);

	if (initial) {
		path = initial;
		len = strlen(initial);
	}
	if (!v->known || v->v.end != now->end || v->v.start != now->start || !v->live)
		v->changed = true;
	v->v = *now;
	v->thread_stack &= v->live;
	v->known = v->live = true;
	v->generation = mm->generation;
	if (strlen(v->name) != len || memcmp(v->name, path, len)) {
		vma_name(v, path, len);
		v->changed = true;
	}
	kind_judge(s, v, walk);
	mm->live_count++;
}

/* No mm holds the kernel's [vsyscall] page, yet every process sees it. */
static void layout_vsyscall(struct session *s, struct mm *mm)
{
	struct mmt_layout_vma gate = { .vma = { .start = s->vsyscall.start, .end = s->vsyscall.end,
						.vm_flags = s->vsyscall.vm_flags, .anchor = s->vsyscall.start,
						.kind = MMT_VMA_SPECIAL } };
	struct layout_record r = { .type = MMT_LAYOUT_VMA, .vma = &gate };

	if (s->vsyscall.end && !mm->launcher)
		layout_vma(s, mm, &r, "[vsyscall]", 10, NULL);
}

static void layout_finish(struct session *s, struct mm *mm)
{
	for (struct vma *v = mm->vmas; v; v = v->next) {
		if (v->generation != mm->generation) {
			v->changed |= v->live;
			v->live = false;
			if (v->known && !v->judged) /* gone before the marks were known */
				kind_judge(s, v, NULL);
		}
	}
}

/* The pid is in use again, and what its former process did is not applied yet: that
 * one ends by its records or, where they were lost, by the caller's look at /proc. */
static bool is_successor(const struct session *s, pid_t pid, uint64_t start)
{
	const struct process *p = idmap_get(&s->by_pid, (uint64_t)pid);

	return p && !p->dead && p->start_time && start && p->start_time != start;
}

bool session_layout(struct session *s, pid_t pid, const void *bytes, size_t size)
{
	struct layout_cursor c = { .bytes = bytes, .size = size };
	struct process *p = NULL;
	struct layout_record r;
	struct mm *mm = NULL;
	struct kind_walk walk = { 0 };
	const char *path = "";
	size_t len = 0;
	bool ended = false;

	while (decode_layout(&c, &r)) {
		if (r.type == MMT_LAYOUT_MM) {
			if (is_successor(s, pid, r.mm->start_boottime))
				return true; /* nothing is wrong with it: it comes too early */
			p = process_started(s, pid, r.mm->start_boottime);
			mm = ledger_mm(s, r.mm->mm_id, pid, true);
			mm->marks = r.mm->marks;
			mm->lock_seq = r.mm->lock_seq;
			mm->layout_time = r.mm->time;
			mm->have_marks = true;
			mm->generation++;
			mm->live_count = 0;
			p->mm_id = mm->id;
		} else if (mm && r.type == MMT_LAYOUT_END) {
			ended = r.end->lock_seq == mm->lock_seq;
		} else if (mm && !mm->launcher && r.type == MMT_LAYOUT_VMA) {
			if (r.vma->new_path) {
				path = r.path;
				len = r.vma->path_len;
			}
			layout_vma(s, mm, &r, path, len, &walk);
		}
	}
	if (c.at != c.size)
		s->decode_error++;
	if (!mm)
		return false;
	layout_vsyscall(s, mm);
	layout_finish(s, mm);
	mm->racing = !ended;
	return ended;
}

void session_stack_pointer(struct session *s, pid_t pid, uint64_t sp)
{
	const struct process *p = session_find(s, pid);
	const struct mm *mm = p ? process_mm(s, p) : NULL;

	for (struct vma *v = mm ? mm->vmas : NULL; v; v = v->next)
		if (v->live && v->known && v->v.start <= sp && sp < v->v.end)
			kind_stack_pointer(v);
}

/* --- records --- */

static void apply_fault(struct session *s, const struct mmt_fault *f)
{
	if (f->cls >= MMT_CLASS_COUNT || f->mode >= MMT_MODE_COUNT) {
		s->decode_error++;
		return;
	}
	if (f->flags & MMT_FAULT_EXECUTOR) {
		struct process *p = ledger_process(s, (pid_t)f->head.tgid);

		stat_add(&p->faults, f);
		stat_add(&s->faults, f);
		p->changed = true;
	}
	if (f->head.mm_id && !(f->flags & MMT_FAULT_NO_VMA)) {
		struct mm *mm = ledger_mm(s, f->head.mm_id, (pid_t)f->head.tgid, !(f->flags & MMT_FAULT_FOREIGN));
		struct vma *v = ledger_vma(s, mm, f->sig, f->anchor);

		stat_add(&v->faults, f);
		v->changed = true;
	}
}

static void apply_gup(struct session *s, const struct mmt_gup *g)
{
	struct process *p = ledger_process(s, (pid_t)g->head.tgid);

	/* signed: a record may take back an earlier one; unsigned wraps rightly */
	p->faults.gup_minor += (uint64_t)(int64_t)g->minor;
	p->faults.gup_major += (uint64_t)(int64_t)g->major;
	s->faults.gup_minor += (uint64_t)(int64_t)g->minor;
	s->faults.gup_major += (uint64_t)(int64_t)g->major;
	p->changed = true;
}

static void mm_born(struct session *s, struct mm *mm, const struct mmt_marks *marks)
{
	mm->marks = *marks;
	mm->have_marks = true;
	for (struct vma *v = mm->vmas; v; v = v->next) {
		vma_name_by_marks(s, v);
		if (v->known && !v->judged)
			kind_judge(s, v, NULL);
	}
}

static void apply_fork(struct session *s, const struct mmt_fork *f)
{
	struct process *p;

	p = session_find(s, (pid_t)f->head.tgid);
	if (f->thread) {
		if (p)
			p->threads_changed++;
		return;
	}
	p = process_started(s, (pid_t)f->head.tgid, f->start_boottime);
	p->ppid = (pid_t)f->parent_tgid;
	p->mm_id = f->head.mm_id;
	memcpy(p->comm, f->comm, sizeof(p->comm) - 1);
	mm_born(s, ledger_mm(s, f->head.mm_id, f->borrowed ? (pid_t)f->parent_tgid : p->pid, true), &f->marks);
}

/* What the launcher's own memory and the loading of the program cost is told
 * apart from the program's faults. */
static void launch_done(struct session *s, struct mm *launcher, struct mm *mm)
{
	struct vma *exec = ledger_vma(s, launcher, 0, 0);

	for (struct vma *v = s->rows_only ? NULL : mm->vmas; v; v = v->next) {
		stat_move(&exec->faults, &v->faults);
		v->previous = 0;
	}
	exec->changed = true;
	exec->live = false;
}

static void apply_exec(struct session *s, const struct mmt_exec *x)
{
	struct process *p = ledger_process(s, (pid_t)x->head.tgid);
	struct mm *mm, *old = process_mm(s, p);

	memcpy(p->comm, x->comm, sizeof(p->comm) - 1);
	p->mm_id = x->head.mm_id;
	p->changed = true;
	if (s->launcher && p->pid == s->launcher && !s->launched_mm)
		s->launched_mm = x->head.mm_id;
	mm = ledger_mm(s, x->head.mm_id, p->pid, true);
	mm->proc = p;
	if (old && old->launcher && old != mm)
		launch_done(s, old, mm);
	mm_born(s, mm, &x->marks);
}

static void apply_mm_end(struct session *s, const struct mmt_mm_end *r)
{
	struct mm *mm = ledger_mm(s, r->head.mm_id, (pid_t)r->head.tgid, true);

	mm->marks = r->marks;
	mm->have_marks = mm->ended = true;
	kind_judge_living(s, mm);
	for (struct vma *v = mm->vmas; v; v = v->next) {
		v->changed |= v->live;
		v->live = false;
	}
	mm->live_count = 0;
}

void session_apply(struct session *s, const void *bytes, size_t size)
{
	const struct mmt_head *h = decode_record(bytes, size);
	struct process *p;

	if (!h) {
		s->decode_error++;
		return;
	}
	switch ((enum mmt_kind)h->kind) {
	case MMT_KIND_FAULT:
		apply_fault(s, bytes);
		break;
	case MMT_KIND_GUP:
		apply_gup(s, bytes);
		break;
	case MMT_KIND_VMA_SEEN:
		apply_vma_seen(s, bytes);
		break;
	case MMT_KIND_FORK:
		apply_fork(s, bytes);
		break;
	case MMT_KIND_EXEC:
		apply_exec(s, bytes);
		break;
	case MMT_KIND_EXIT:
		p = session_find(s, (pid_t)h->tgid);
		if (p && ((const struct mmt_exit *)bytes)->group_dead)
			process_exited(s, p);
		else if (p)
			p->threads_changed++;
		break;
	case MMT_KIND_MM_END:
		apply_mm_end(s, bytes);
		break;
	case MMT_KIND_CALL:
		ledger_process(s, (pid_t)h->tgid)->calls++;
		break;
	case MMT_KIND_LIMIT:
		break;
	}
}
