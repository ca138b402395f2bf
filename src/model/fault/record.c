/* SPDX-License-Identifier: GPL-2.0 */
/* Records of the rings. */
#include <string.h>

#include "model/fault/internal.h"
#include "model/fault/kind.h"

static void apply_fault(struct session *s, const struct mmt_fault *f)
{
	if (f->cls >= MMT_CLASS_COUNT || f->mode >= MMT_MODE_COUNT || anchor_is_own(f->anchor)) {
		s->base.decode_errors++;
		return;
	}
	if (f->flags & MMT_FAULT_EXECUTOR) {
		struct process *p = process_get(s, (pid_t)f->head.tgid);

		stat_add(&p->faults, f);
		stat_add(&s->faults, f);
		if (!f->head.mm_id && !(f->flags & MMT_FAULT_NO_VMA))
			stat_add(&s->outside, f);
		process_changed(s, p);
	}
	if (f->head.mm_id && !(f->flags & MMT_FAULT_NO_VMA)) {
		struct mm *mm = mm_get(s, f->head.mm_id, (pid_t)f->head.tgid, !(f->flags & MMT_FAULT_FOREIGN));

		vma_add_fault(s, mm, f);
	}
	failure_note(s, f);
}

static void apply_gup(struct session *s, const struct mmt_gup *g)
{
	struct process *p = process_get(s, (pid_t)g->head.tgid);

	/* signed: a record may take back an earlier one; unsigned wraps rightly */
	p->faults.unattributed_minor += (uint64_t)(int64_t)g->minor;
	p->faults.unattributed_major += (uint64_t)(int64_t)g->major;
	s->faults.unattributed_minor += (uint64_t)(int64_t)g->minor;
	s->faults.unattributed_major += (uint64_t)(int64_t)g->major;
	process_changed(s, p);
}

static void seen_name(struct vma *v, const struct mmt_vma_seen *r, size_t size)
{
	char name[NAME_ROOM];
	size_t len = decode_name(r->name_flags, r->vma.ino, r->name, size - offsetof(struct mmt_vma_seen, name), name);

	v->name_cut = r->name_flags & (MMT_NAME_CUT | MMT_NAME_UNKNOWN);
	vma_name(v, name, len);
}

static void apply_vma_seen(struct session *s, const struct mmt_vma_seen *r, size_t size)
{
	struct vma *v;
	struct mm *mm;
	bool current;

	if (anchor_is_own(r->vma.anchor)) {
		s->base.decode_errors++;
		return;
	}
	mm = mm_get(s, r->head.mm_id, (pid_t)r->head.tgid, !r->foreign);
	if (mm->child)
		return; /* all of it is [exec] */
	current = r->head.time >= mm->layout_time;
	v = current ? NULL : vma_former(s, mm, &r->vma, ~0u);
	if (v && v->known) {
		vma_had(s, v, &r->vma); /* the layout, read since, knows better */
		return;
	}
	v = vma_row(s, mm, &r->vma, ~0u);
	vma_set_bounds(s, v, &r->vma);
	if (!v->known || r->vma.kind & MMT_VMA_FILE)
		seen_name(v, r, size);
	v->thread_stack &= v->live;
	v->known = true;
	vma_changed(s, v);
	v->live = current && !mm->ended;
	if (mm_heap_begins(mm, &v->v) && v->v.end > mm->brk_top)
		mm->brk_top = v->v.end;
	if (mm->have_mm_bounds)
		vma_name_by_bounds(s, v);
	stacks_mapped(s, v);
	kind_judge(s, v, NULL);
}

static void apply_fork(struct session *s, const struct mmt_fork *f)
{
	struct process *p = session_find(s, (pid_t)f->head.tgid);
	const struct process *parent = session_find(s, (pid_t)f->parent_tgid);

	thread_began(s, f);
	if (f->thread) {
		if (p)
			p->threads_changed++;
		return;
	}
	p = process_started(s, (pid_t)f->head.tgid, f->start_boottime);
	p->ppid = (pid_t)f->parent_tgid;
	p->mm_id = f->head.mm_id;
	memcpy(p->comm, f->comm, sizeof(p->comm) - 1);
	if (parent) {
		memcpy(p->parent, parent->comm, sizeof(p->parent));
		if (!p->cgroup_read)
			process_cgroup(s, p, parent->cgroup);
	}
	mm_born(s, mm_get(s, f->head.mm_id, f->borrowed ? (pid_t)f->parent_tgid : p->pid, true), &f->bounds);
}

/* What the child's own memory and the loading of the program cost is kept
 * apart from the program's faults. */
static void child_executed(struct session *s, struct mm *child, struct mm *mm)
{
	struct vma *exec = vma_get(s, child, 0, 0);

	for (struct vma *v = s->rows_only ? NULL : mm->vmas; v; v = v->next) {
		vma_move_faults(s, exec, v);
		v->reads = (struct reads){ 0 };
		v->previous = 0;
		vma_changed(s, v);
	}
	vma_changed(s, exec);
	exec->live = false;
}

static void apply_exec(struct session *s, const struct mmt_exec *x)
{
	struct process *p = process_get(s, (pid_t)x->head.tgid);
	struct mm *mm, *old = process_mm(s, p);

	memcpy(p->comm, x->comm, sizeof(p->comm) - 1);
	p->mm_id = x->head.mm_id;
	process_changed(s, p);
	if (!p->cgroup_read) /* who starts a container moves its child before that executes a program */
		process_cgroup(s, p, NULL);
	p->cgroup_read = false;
	if (s->child && p->pid == s->child && !s->child_mm)
		s->child_mm = x->head.mm_id;
	mm = mm_get(s, x->head.mm_id, p->pid, true);
	mm->proc = p;
	if (old && old->child && old != mm)
		child_executed(s, old, mm);
	mm_born(s, mm, &x->bounds);
}

static void apply_named(struct session *s, const struct mmt_named *r)
{
	struct process *p = process_started(s, (pid_t)r->head.tgid, r->start_boottime);

	process_name(s, p, r->comm, sizeof(r->comm));
}

void record_apply(struct session *s, const void *bytes, size_t size)
{
	const struct mmt_head *h = decode_record(bytes, size);
	struct process *p;

	if (!h || h->mm_id >= MM_PAST_IDS) {
		s->base.decode_errors++;
		return;
	}
	switch ((enum mmt_kind)h->kind) {
	case MMT_KIND_FAULT:
	case MMT_KIND_FAULT_STACK: /* begins with it */
		apply_fault(s, bytes);
		break;
	case MMT_KIND_STACK:
		stack_apply(s, bytes, size);
		break;
	case MMT_KIND_OBJECT:
		object_apply(s, bytes);
		break;
	case MMT_KIND_GUP:
		apply_gup(s, bytes);
		break;
	case MMT_KIND_VMA_SEEN:
		apply_vma_seen(s, bytes, size);
		break;
	case MMT_KIND_FORK:
		apply_fork(s, bytes);
		s->fork_ns = size >= sizeof(struct mmt_fork_timed) ? ((const struct mmt_fork_timed *)bytes)->ns : 0;
		break;
	case MMT_KIND_EXEC:
		apply_exec(s, bytes);
		break;
	case MMT_KIND_NAMED:
		apply_named(s, bytes);
		break;
	case MMT_KIND_EXIT:
		p = session_find(s, (pid_t)h->tgid);
		if (p && ((const struct mmt_exit *)bytes)->group_dead)
			process_exited(s, p);
		else if (p)
			p->threads_changed++;
		break;
	case MMT_KIND_MM_END:
		mm_ended(s, mm_get(s, h->mm_id, (pid_t)h->tgid, true), &((const struct mmt_mm_end *)bytes)->bounds);
		break;
	case MMT_KIND_CALL:
		process_get(s, (pid_t)h->tgid)->calls++;
		calls_note(s, bytes);
		break;
	case MMT_KIND_LIMIT:
		break;
	}
	if (h->kind == MMT_KIND_FAULT || h->kind == MMT_KIND_FAULT_STACK || h->kind == MMT_KIND_CALL)
		code_note(s, h, size);
	filter_count(s, h);
}
