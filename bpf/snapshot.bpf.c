/* SPDX-License-Identifier: GPL-2.0 */
/* The layout of a process, read from the kernel (iter/task_vma, by pid), and
 * small questions answered by a program run once (direct map, residuals). */
#include "lib/mm.bpf.h"
#include "lib/page_table.bpf.h"
#include "lib/thread.bpf.h"

struct { __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY); __uint(max_entries, 1);
	 __type(key, u32); __type(value, char[MMT_PATH_MAX + 256]); } path_buf SEC(".maps");

__u64 layout_last_file; /* the file whose path was written last in this pass */
__u64 layout_last_seq;  /* with that record: shown again if the buffer was full */
__u32 layout_tid;       /* one thread stands for all: without their leader each is shown */
__u64 layout_mm_read;   /* the mm of this pass */

static __always_inline u64 lock_seq(struct mm_struct *mm)
{
	struct mm_struct___v612 *old = (void *)mm;

	if (bpf_core_field_exists(mm->mm_lock_seq.sequence))
		return BPF_CORE_READ(mm, mm_lock_seq.sequence);
	if (bpf_core_field_exists(old->mm_lock_seq))
		return BPF_CORE_READ(old, mm_lock_seq);
	return ~0ull;
}

static __always_inline void layout_mm(struct seq_file *seq, struct mm_struct *mm, struct task_struct *task)
{
	struct mmt_layout_mm m = { .type = MMT_LAYOUT_MM, .size = sizeof(m) };

	m.time = bpf_ktime_get_ns();
	m.mm_id = mm_id_get(mm, pidns_tgid(task, BPF_CORE_READ(task, tgid)), true);
	m.start_boottime = BPF_CORE_READ(task, group_leader, start_boottime);
	m.map_count = BPF_CORE_READ(mm, map_count);
	m.lock_seq = lock_seq(mm);
	mm_bounds_fill(&m.bounds, mm);
	bpf_seq_write(seq, &m, sizeof(m));
	layout_mm_read = (u64)mm;
}

/* After the last VMA: has the layout changed meanwhile? */
static __always_inline void layout_end(struct seq_file *seq)
{
	struct mmt_layout_end end = { .type = MMT_LAYOUT_END, .size = sizeof(end) };

	end.lock_seq = lock_seq((struct mm_struct *)layout_mm_read);
	bpf_seq_write(seq, &end, sizeof(end)); /* once more if the buffer was full */
}

/* The VMA's name in *text; how long it is, or -1: as for the last VMA. */
static __always_inline long layout_name(struct vm_area_struct *vma, struct name_walk *w, char *buf, u32 kind,
					u64 seq_num)
{
	struct file *file = vma->vm_file;
	u64 at = (u64)vma;
	long len;

	if (!file || file_is_backing((u64)file) || name_anon(w, at, (u64)file)) {
		layout_last_file = 0;
		if (!w->used)
			name_fill(w, &at, kind, 0);
		return w->used;
	}
	if ((u64)file == layout_last_file && seq_num != layout_last_seq)
		return -1;
	layout_last_file = (u64)file;
	layout_last_seq = seq_num;
	len = bpf_d_path(&file->f_path, buf, MMT_PATH_MAX);
	if (len < 0)
		w->rec.name_flags = MMT_NAME_UNKNOWN;
	return len > 0 ? len : 0;
}

/* What the layout shows, a first fault need not announce again. */
static __always_inline void layout_announced(const struct mmt_vma *facts, u32 mm_id)
{
	u64 mark = announced_mark(facts, mm_id);

	if (!announced_has(mark))
		announced_add(mark);
}

/* Who reads wants to know the files alone. */
volatile bool layout_files;

SEC("?iter/task_vma")
int layout__it(struct bpf_iter__task_vma *ctx)
{
	struct task_struct *task = ctx->task;
	struct vm_area_struct *vma = ctx->vma;
	struct seq_file *seq = ctx->meta->seq;
	struct mmt_layout_vma rec = { .type = MMT_LAYOUT_VMA };
	u32 zero = 0;
	char *buf = bpf_map_lookup_elem(&path_buf, &zero);
	struct name_walk *w;
	long len;

	if ((!task || !vma) && layout_mm_read)
		layout_end(seq);
	if (!task || !vma || !buf)
		return 0;
	if (ctx->meta->seq_num && task->pid != layout_tid)
		return 0;
	if (ctx->meta->seq_num == 0) {
		layout_tid = task->pid;
		layout_last_file = 0;
		layout_mm(seq, vma->vm_mm, task);
	}
	vma_facts(vma, &rec.vma);
	if (!layout_files)
		layout_announced(&rec.vma, mm_id_get(vma->vm_mm, pidns_tgid(task, task->tgid), true));
	vma_file_facts((u64)vma, &rec.vma);
	w = name_slot();
	if (!w) {
		rec.name_flags = MMT_NAME_NEW | MMT_NAME_UNKNOWN;
		rec.size = sizeof(rec);
		bpf_seq_write(seq, &rec, sizeof(rec));
		layout_last_file = 0;
		return 0;
	}
	len = layout_name(vma, w, buf, rec.vma.kind, ctx->meta->seq_num);
	rec.name_flags = len >= 0 ? w->rec.name_flags | MMT_NAME_NEW : 0;
	rec.path_len = len > 0 ? len & (MMT_PATH_MAX - 1) : 0;
	rec.size = sizeof(rec) + rec.path_len;
	bpf_seq_write(seq, &rec, sizeof(rec));
	if (w->used)
		bpf_seq_write(seq, w->rec.name, rec.path_len & (MMT_NAME_ROOM - 1));
	else if (rec.path_len)
		bpf_seq_write(seq, buf, rec.path_len & (MMT_PATH_MAX - 1));
	name_slot_free(w);
	return 0;
}

static __always_inline void watch_unattributed(struct task_struct *task, u32 tid)
{
	struct thread_state *st = thread_get(task);
	struct task_faults faults;

	if (!st)
		return;
	st->tid = tid;
	st->executor = tid_passes(tid);
	st->borrows = (BPF_CORE_READ(task, flags) & PF_KTHREAD) != 0;
	if (!st->executor)
		return;
	if (st->counting) {
		unattributed_report(st, task, false, st->mm_id);
	} else {
		faults = task_faults(task);
		st->base_min = faults.minor;
		st->base_maj = faults.major;
		st->counting = 1;
	}
}

/* What user space asks of the targets at each interval: has the layout changed,
 * and (as a side effect) the residual of each thread, reported as records. */
SEC("?iter/task")
int watch__it(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task, *leader;
	struct mmt_watch w = {};
	struct mm_struct *mm;
	u32 tid, tgid;

	if (!task) {
		name_root_take();
		return 0;
	}
	mm = BPF_CORE_READ(task, mm);
	if (!mm)
		return 0;
	tid = pidns_tid(task, BPF_CORE_READ(task, pid));
	tgid = pidns_tgid(task, BPF_CORE_READ(task, tgid));
	if (!target_known(tgid)) {
		if (mmt_config.scope != MMT_SCOPE_ALL || !tgid || is_own(task, tgid))
			return 0;
		target_add(tgid, BPF_NOEXIST);
	}
	leader = BPF_CORE_READ(task, group_leader);
	/* once a process; the threads stand in for a leader that is gone */
	if (tid != tgid && BPF_CORE_READ(leader, mm))
		goto residual;
	w.tgid = tgid;
	w.mm_id = mm_id_get(mm, tgid, true);
	if (BPF_CORE_READ(task, mm) != mm) { /* it may have ended before its id was given */
		u64 key = (u64)mm;

		if (!BPF_CORE_READ(mm, mm_users.counter)) /* else other threads run on it */
			bpf_map_delete_elem(&mms, &key);
		return 0;
	}
	w.lock_seq = lock_seq(mm);
	w.start_boottime = BPF_CORE_READ(leader, start_boottime);
	bpf_probe_read_kernel(w.comm, sizeof(w.comm), leader->comm);
	bpf_seq_write(ctx->meta->seq, &w, sizeof(w));
residual:
	if (mmt_config.residual)
		watch_unattributed(task, tid);
	return 0;
}

/* Where the page tables of a thread's mm begin. */
SEC("?iter/task")
int root__it(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct mmt_root r = {};
	struct mm_struct *mm;

	mm = task ? BPF_CORE_READ(task, mm) : 0;
	if (!mm)
		return 0;
	r.pgd = (u64)BPF_CORE_READ(mm, pgd);
	r.mm_id = mm_id_get(mm, 0, false);
	bpf_seq_write(ctx->meta->seq, &r, sizeof(r));
	return 0;
}

struct mmt_peek peek_trial;

/* Walks to a page whose frame user space knows from /proc/self/pagemap: where
 * entries hold more than frames (memory encryption) or other frames (Xen PV),
 * another one is found, or none. */
SEC("?syscall")
int peek__sc(void *ctx)
{
	u64 entry;

	peek_trial.state = page_table_peek(bpf_get_current_task_btf()->mm, peek_trial.addr, &entry);
	peek_trial.entry = entry;
	return 0;
}
