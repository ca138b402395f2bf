/* SPDX-License-Identifier: GPL-2.0 */
/* The layout of a process, read from the kernel (iter/task_vma, by pid), and
 * small questions answered by a program run once (direct map, residuals). */
#include "lib/mm.bpf.h"
#include "lib/page_table.bpf.h"
#include "lib/thread.bpf.h"

struct { __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY); __uint(max_entries, 1);
	 __type(key, u32); __type(value, char[MMT_PATH_MAX + 256]); } path_buf SEC(".maps");

#define ANON_NAME_MAX 80 /* with the NUL: ANON_VMA_NAME_MAX_LEN */

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
	m.mm_id = mm_id_get(mm, BPF_CORE_READ(task, tgid), true);
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

/* prctl(PR_SET_VMA_ANON_NAME): length of "[anon:NAME]", NUL included, or 0. */
static __always_inline long anon_name(struct vm_area_struct *vma, char *buf)
{
	struct anon_vma_name *name;
	u32 len = 6;
	long n;

	if (!bpf_core_field_exists(vma->anon_name))
		return 0;
	if (vma->vm_file && bpf_core_field_offset(vma->anon_name) == bpf_core_field_offset(vma->shared))
		return 0; /* before 6.2 file mappings have no such name */
	name = BPF_CORE_READ(vma, anon_name);
	if (!name)
		return 0;
	__builtin_memcpy(buf, "[anon:", 6);
	if (vma->vm_file) {
		__builtin_memcpy(buf, "[anon_shmem:", 12);
		len = 12;
	}
	n = bpf_probe_read_kernel_str(buf + len, ANON_NAME_MAX, &name->name);
	if (n <= 1)
		return 0;
	n += len - 1;
	buf[n & 127] = ']';
	return n + 2;
}

/* Length of the VMA's path in buf, without the NUL; -1: as for the last VMA. */
static __always_inline long layout_path(struct vm_area_struct *vma, char *buf, u32 kind, u64 seq_num)
{
	struct file *file = vma->vm_file;
	long len = anon_name(vma, buf);

	if (len > 0) {
		layout_last_file = 0;
	} else if (file) {
		if ((u64)file == layout_last_file && seq_num != layout_last_seq)
			return -1;
		layout_last_file = (u64)file;
		layout_last_seq = seq_num;
		len = bpf_d_path(&file->f_path, buf, MMT_PATH_MAX);
	} else {
		layout_last_file = 0;
		if (kind & MMT_VMA_SPECIAL) {
			vma_short_name(vma, kind, buf, MMT_NAME_LEN);
			return buf[0] ? bpf_probe_read_kernel_str(buf + 128, MMT_NAME_LEN, buf) - 1 : 0;
		}
	}
	return len > 0 ? len - 1 : 0;
}

/* What the layout shows, a first fault need not announce again. */
static __always_inline void layout_announced(const struct mmt_vma *facts, u32 mm_id)
{
	u64 mark = announced_mark(facts, mm_id);

	if (!announced_has(mark))
		announced_add(mark);
}

SEC("?iter/task_vma")
int layout__it(struct bpf_iter__task_vma *ctx)
{
	struct task_struct *task = ctx->task;
	struct vm_area_struct *vma = ctx->vma;
	struct seq_file *seq = ctx->meta->seq;
	struct mmt_layout_vma rec = { .type = MMT_LAYOUT_VMA };
	u32 zero = 0;
	char *buf = bpf_map_lookup_elem(&path_buf, &zero);
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
	layout_announced(&rec.vma, mm_id_get(vma->vm_mm, task->tgid, true));
	len = layout_path(vma, buf, rec.vma.kind, ctx->meta->seq_num);
	rec.new_path = len >= 0;
	rec.path_len = len > 0 ? len & (MMT_PATH_MAX - 1) : 0;
	rec.size = sizeof(rec) + rec.path_len;
	bpf_seq_write(seq, &rec, sizeof(rec));
	if (rec.path_len)
		bpf_seq_write(seq, buf, rec.path_len & (MMT_PATH_MAX - 1));
	return 0;
}

static __always_inline void watch_unattributed(struct task_struct *task, u32 tid, u32 tgid)
{
	struct thread_state *st = thread_get(task);
	struct task_faults faults;

	if (!st)
		return;
	st->executor = tid_passes(tid);
	st->borrows = (BPF_CORE_READ(task, flags) & PF_KTHREAD) != 0;
	if (!st->executor)
		return;
	if (st->counting) {
		unattributed_report(st, task, false, st->mm_id, tid, tgid);
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

	if (!task)
		return 0;
	mm = BPF_CORE_READ(task, mm);
	if (!mm)
		return 0;
	tid = BPF_CORE_READ(task, pid);
	tgid = BPF_CORE_READ(task, tgid);
	if (!target_known(tgid)) {
		if (mmt_config.scope != MMT_SCOPE_ALL || is_own(task, tgid))
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
		watch_unattributed(task, tid, tgid);
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
