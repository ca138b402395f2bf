/* SPDX-License-Identifier: GPL-2.0 */
/* Page faults: begin, end, class.  One body, two backends: fentry+fexit on
 * handle_mm_fault, or page_fault tracepoints with perf software events.
 * Counting rule (mm_account_fault, mm/memory.c): RETRY counts nothing, errors
 * count nothing, major if VM_FAULT_MAJOR or FAULT_FLAG_TRIED. */
#include "lib/call.bpf.h"
#include "lib/class.bpf.h"
#include "lib/count.bpf.h"
#include "lib/emit.bpf.h"
#include "lib/mm.bpf.h"
#include "lib/page_cache.bpf.h"
#include "lib/page_table.bpf.h"
#include "lib/thread.bpf.h"

#define FAULT_FLAG_WRITE 0x1
#define FAULT_FLAG_TRIED 0x20
#define FAULT_FLAG_USER 0x40
#define FAULT_FLAG_INSTRUCTION 0x100
#define FAULT_FLAG_UNSHARE 0x400  /* since 6.0 */
#define FAULT_FLAG_VMA_LOCK 0x1000 /* since 6.4 */
#define VM_FAULT_ERROR 0x73 /* OOM 1, SIGBUS 2, HWPOISON 0x10, HWPOISON_LARGE 0x20, SIGSEGV 0x40 */
#define VM_FAULT_BUS 0x32
#define VM_FAULT_SEGV 0x40
#define VM_FAULT_MAJOR 0x4
#define VM_FAULT_RETRY 0x400
#define VM_FAULT_COMPLETED 0x4000
/* Programs that take the call stack of a fault that ended (bpf/stack.bpf.c), entered by those of the same kind. */
struct stack_entry { __uint(type, BPF_MAP_TYPE_PROG_ARRAY); __uint(max_entries, 1); __type(key, u32);
	__type(value, u32); };
struct stack_entry stack_entry_fx SEC(".maps"), stack_entry_pe SEC(".maps");

/* weight: how many faults this one stands for; stacks: it is reported with its call stack, by who comes after. */
static __always_inline void fault_close(struct thread_state *st, struct mm_struct *mm, bool major, bool error,
					u32 weight, bool stacks)
{
	u64 now = bpf_ktime_get_ns(), entry = 0, ns = st->t0 ? now - st->t0 : 0;
	u8 post = PTE_UNKNOWN, cls = MMT_CLASS_ERROR;
	u16 flags = st->flags | (major ? MMT_FAULT_MAJOR : 0) | st->lent;

	if (st->vkind & MMT_VMA_UFFD && st->switches != (u16)bpf_get_current_task_btf()->nvcsw)
		st->flags |= MMT_FAULT_WAITED;
	if (!error) {
		/* a first touch below an existing table needs no second look */
		if (st->pre_state != PTE_NONE)
			post = page_table_peek(mm, st->addr, &entry);
		cls = fault_class(st, post, entry);
	}
	if (post == PTE_HUGE_RO || post == PTE_HUGE_RW)
		flags |= MMT_FAULT_HUGE;
	if (weight > 1) { /* data_reserve() counts one */
		count_add(MMT_LOSS_SEEN, weight - 1);
		count_add(MMT_LOSS_SAMPLED_OUT, weight - 1);
	}
	if (st->flags & MMT_FAULT_NO_VMA && !error)
		count(MMT_LOSS_VMA_UNRESOLVED);
	ns = ns > 0xffffffffull ? 0xffffffffu : ns;
	if (mmt_config.stacks && stacks) {
		st->due_time = now;
		st->due_end = FAULT_END(cls, flags);
		st->due_ns = ns;
		st->due_weight = weight;
	} else {
		emit_fault(st, now, FAULT_END(cls, flags), ns, weight);
	}
	if (error)
		st->last_error = st->addr;
	st->open = FAULT_CLOSED;
	st->closed_error = error;
}

#define SAME_ATTEMPT (MMT_FAULT_WRITE | MMT_FAULT_INSTR | MMT_FAULT_FOREIGN | MMT_FAULT_UNSHARE)

/* Opens a fault. false: it is another attempt at the one that is open.  again: the kernel
 * tries for a second time.  One that was left open, by EFAULT or a signal, is no part of
 * a later fault of that page. */
static __always_inline bool fault_open(struct thread_state *st, struct task_struct *task, u64 addr, u8 mode, u16 flags,
				       bool again)
{
	u64 ended = task->min_flt + task->maj_flt;

	/* one number, as the verifier follows each branch */
	u64 differs = ((st->addr ^ addr) & PAGE_MASK) | (st->mode ^ mode) | (st->begun ^ ended) |
		      ((st->flags ^ flags) & SAME_ATTEMPT);

	if (again && st->open && !differs)
		return false;
	if (fault_abandoned(st, ended))
		count(MMT_LOSS_ABANDONED);
	st->begun = ended;
	st->t0 = bpf_ktime_get_ns();
	st->addr = addr;
	st->open = FAULT_OPEN;
	st->switches = (u16)task->nvcsw;
	st->mode = mode;
	st->flags = flags;
	st->closed_error = 0;
	st->found = 0;
	return true;
}

/* Takes what identifies the VMA at *vma into st. 1: it may be kept for the next
 * fault.  Global, so that the verifier looks at it once; an address by reference,
 * since a pointer that the kernel gave cannot be passed as a number. */
__noinline __weak int fault_set_vma(struct thread_state *st, const u64 *at, u32 mm_id)
{
	struct vm_area_struct *vma;
	struct mmt_vma facts = {};

	if (!st || !at)
		return 0;
	vma = (struct vm_area_struct *)*at;
	st->mm_id = mm_id;
	st->cache_mm = 0;
	st->cache_vma = 0;
	st->anchor = 0;
	st->sig = 0;
	st->vkind = 0;
	st->vm_flags = 0;
	st->cache_pages = 0;
	if (!vma) {
		st->flags |= MMT_FAULT_NO_VMA;
		return 0;
	}
	st->flags &= ~MMT_FAULT_NO_VMA;
	if (!vma_facts_of(at, st->addr, &facts)) { /* changed since it was found */
		st->flags |= MMT_FAULT_NO_VMA;
		return 0;
	}
	st->anchor = facts.anchor;
	st->sig = facts.sig;
	st->vkind = facts.kind;
	st->vm_flags = facts.vm_flags;
	st->cache_start = facts.start;
	st->cache_end = facts.end;
	page_cache_note(st, *at, &facts);
	return vma_announce(vma, &facts, mm_id);
}

/* Does st still describe the VMA at addr?  Only where mm_lock_seq is a
 * seqcount (6.13 and later): equal and even, so nothing changed the VMAs since
 * it was read, and nobody is at it. */
static __always_inline bool vma_cached(const struct thread_state *st, struct mm_struct *mm, u64 addr)
{
	return st->cache_mm == (u64)mm && st->cache_start <= addr && addr < st->cache_end &&
	       st->cache_seq == mm_seqcount(mm);
}

/* Id of the mm that an executor runs on. */
static __always_inline u32 own_mm_id(struct thread_state *st, struct task_struct *task, struct mm_struct *mm)
{
	u64 key = (u64)mm;
	u32 tgid;

	if (st->own_mm != key || st->borrows) {
		tgid = pidns_tgid(task, task->tgid);
		st->own_mm_id = mm_id_get(mm, tgid, true);
		st->own_mm = st->own_mm_id ? key : 0;
		st->lent = mm_is_lent(&key, tgid) * MMT_FAULT_FOREIGN;
	}
	return st->own_mm_id;
}

static __always_inline struct vm_area_struct *fault_look_up(struct thread_state *st, struct mm_struct *mm, u32 mm_id,
							    u64 seq)
{
	bool found = st->found && st->found_seq == seq;
	struct vm_area_struct *vma = found ? (struct vm_area_struct *)st->found : vma_find(mm, st->addr);
	u64 at = (u64)vma;

	if (fault_set_vma(st, &at, mm_id) && !(seq & 1)) {
		st->cache_seq = seq;
		st->cache_mm = (u64)mm;
	}
	return vma;
}

/* Done when the fault has been served: its VMA (or mm) is still locked then, so
 * what is found is what served it.  When the exception begins, another thread
 * may be about to map something else there. */
static __always_inline struct vm_area_struct *fault_find_vma(struct thread_state *st, struct mm_struct *mm,
							      struct task_struct *task)
{
	u64 seq = mm_seqcount(mm);
	struct vm_area_struct *vma;
	u32 mm_id;

	if (vma_cached(st, mm, st->addr)) {
		st->flags &= ~MMT_FAULT_NO_VMA;
		return 0;
	}
	mm_id = own_mm_id(st, task, mm);
	vma = fault_look_up(st, mm, mm_id, seq);
	/* at a signal nothing is locked: what was found may have been split just then */
	if (vma && st->flags & MMT_FAULT_NO_VMA)
		vma = fault_look_up(st, mm, mm_id, seq);
	return vma;
}

/* --- backend fentry --- */

/* A number may be another file's by now. */
static __always_inline u64 inode_identity(struct inode *inode)
{
	return inode->i_ino ^ (u64)inode->i_generation << 32;
}

/* Does st describe vma as it is now?  Its memory may serve another mapping
 * since, so each field that identifies it is compared. */
static __always_inline bool vma_same(const struct thread_state *st, struct vm_area_struct *vma)
{
	struct file *file = vma->vm_file;

	if (st->cache_vma != (u64)vma || st->cache_start != vma->vm_start || st->cache_end != vma->vm_end ||
	    st->vm_flags != vma->vm_flags || st->cache_pgoff != vma->vm_pgoff || st->cache_file != (u64)file)
		return false;
	return !file || (st->cache_inode == (u64)file->f_inode && st->cache_ino == inode_identity(file->f_inode));
}

static __always_inline void fault_take_vma(struct thread_state *st, struct vm_area_struct *vma, u32 mm_id)
{
	struct file *file = vma->vm_file;
	u64 at = (u64)vma;

	if (st->mm_id == mm_id && vma_same(st, vma)) {
		st->flags &= ~MMT_FAULT_NO_VMA;
		return;
	}
	st->flags &= ~MMT_FAULT_PAGE; /* of another VMA */
	if (!fault_set_vma(st, &at, mm_id))
		return;
	st->cache_vma = (u64)vma;
	st->cache_pgoff = vma->vm_pgoff;
	st->cache_file = (u64)file;
	st->cache_inode = file ? (u64)file->f_inode : 0;
	st->cache_ino = file ? inode_identity(file->f_inode) : 0;
}

/* What the kernel counted is the measure where faults are sampled. */
static __always_inline void fault_count_own(struct thread_state *st, struct task_struct *task, bool major, u32 weight)
{
	if (!st->counting) { /* mm_account_fault has already added this one */
		st->counting = 1;
		st->base_min = task->min_flt - !major;
		st->base_maj = task->maj_flt - major;
	}
	if (major)
		st->seen_maj += weight;
	else
		st->seen_min += weight;
}

/* Id of the mm of a fault; st: an executor, or 0.  0: not a target's mm. */
static __always_inline u32 fault_mm_id(struct thread_state *st, struct task_struct *task, struct mm_struct *mm)
{
	return st && mm == task->mm ? own_mm_id(st, task, mm) : mm_id_get(mm, 0, false);
}

/* After an attempt under the VMA's own lock the next one takes mmap_lock; after one under
 * that the kernel says TRIED (do_user_addr_fault(), arch/x86/mm/fault.c). */
static __always_inline bool is_again(const struct thread_state *st, unsigned int flags)
{
	return flags & FAULT_FLAG_TRIED || (st->open == FAULT_OPEN_VMA_LOCK && !(flags & FAULT_FLAG_VMA_LOCK));
}

SEC("?fentry/handle_mm_fault")
int BPF_PROG(fault_in__fe, struct vm_area_struct *vma, unsigned long address, unsigned int flags,
	     struct pt_regs *regs)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct thread_state *st = thread_executor(task);
	struct mm_struct *mm = vma->vm_mm;
	bool executor = st != 0, first;
	u32 mm_id = fault_mm_id(st, task, mm);
	u16 f = 0;

	if (!mmt_tuning.on)
		return 0;
	if (!executor && (!mm_id || !tid_passes(pidns_tid(task, task->pid))))
		return 0;
	if (!st)
		st = thread_get(task);
	if (!st)
		return 0;
	f |= flags & FAULT_FLAG_WRITE ? MMT_FAULT_WRITE : 0;
	f |= flags & FAULT_FLAG_INSTRUCTION ? MMT_FAULT_INSTR : 0;
	f |= executor ? MMT_FAULT_EXECUTOR : 0;
	f |= mm != task->mm ? MMT_FAULT_FOREIGN : 0;
	f |= (flags & FAULT_FLAG_UNSHARE) / FAULT_FLAG_UNSHARE * MMT_FAULT_UNSHARE;
	first = fault_open(st, task, address,
			   !regs ? MMT_MODE_GUP : flags & FAULT_FLAG_USER ? MMT_MODE_USER : MMT_MODE_KERNEL, f,
			   is_again(st, flags));
	if (first) {
		u32 n = mmt_tuning.sample;

		st->skipped = n > 1 && bpf_get_prandom_u32() % n != 0;
		st->pre_state = page_table_peek(mm, address, &st->pre);
	}
	st->open = FAULT_OPEN + (flags & FAULT_FLAG_VMA_LOCK) / FAULT_FLAG_VMA_LOCK; /* or FAULT_OPEN_VMA_LOCK */
	if (flags & FAULT_FLAG_TRIED)
		st->skipped = 0; /* a major one */
	if (!st->skipped)
		fault_take_vma(st, vma, mm_id); /* at each attempt: another may be there by now */
	if (first && !st->skipped && was_empty(st))
		page_cache_look(st);
	return 0;
}

SEC("?fexit/handle_mm_fault")
int BPF_PROG(fault_out__fx, struct vm_area_struct *vma, unsigned long address, unsigned int flags,
	     struct pt_regs *regs, unsigned int ret)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct thread_state *st = thread_find(task);
	bool major = ret & VM_FAULT_MAJOR || flags & FAULT_FLAG_TRIED, error = ret & VM_FAULT_ERROR;
	struct mm_struct *mm = task->mm;
	u32 weight = !major && !error && mmt_tuning.sample > 1 ? mmt_tuning.sample : 1;

	if (!st || !st->open || ((st->addr ^ address) & PAGE_MASK) || !mmt_tuning.on)
		return 0;
	if (ret & VM_FAULT_RETRY && !error) {
		/* handle_userfault() ends so, even if the answer came before it slept */
		if (!(flags & FAULT_FLAG_VMA_LOCK))
			st->flags |= MMT_FAULT_WAITED;
		return 0; /* stays open: the next attempt, or another fault, closes it */
	}
	if (st->skipped && ((!major && !error) || ret & VM_FAULT_COMPLETED)) {
		st->open = FAULT_CLOSED;
		return 0;
	}
	if (st->skipped) /* only minor ones are sampled; vma is locked still, as below */
		fault_take_vma(st, vma, fault_mm_id(st->executor ? st : 0, task, vma->vm_mm));
	/* vma must not be touched here: the lock may be gone (RETRY, COMPLETED).
	 * A foreign fault's page table is then out of reach. */
	if (st->flags & MMT_FAULT_FOREIGN && !(ret & VM_FAULT_COMPLETED))
		mm = vma->vm_mm;
	if (mmt_config.residual && !error && st->executor)
		fault_count_own(st, task, major, weight);
	if (error)
		st->flags |= ret & VM_FAULT_BUS ? MMT_FAULT_SIGBUS : ret & VM_FAULT_SEGV ? MMT_FAULT_SIGSEGV : 0;
	fault_close(st, mm, major, error, weight, true);
	if (mmt_config.residual && st->executor)
		unattributed_report(st, task, true, st->mm_id);
	if (mmt_config.stacks)
		bpf_tail_call(ctx, &stack_entry_fx, 0);
	return 0;
}

/* --- backend tracepoint --- */

#define PF_PROT 1
#define PF_WRITE 2
#define PF_USER 4
#define PF_INSTR 16

/* Whether the page is there.  Global: for both programs. */
__noinline __weak int page_foresee(struct thread_state *st, u32 cached)
{
	struct mm_struct *mm = bpf_get_current_task_btf()->mm;
	struct mmt_vma facts = {};

	if (!st || !mm)
		return 0;
	if (!cached) {
		st->found = (u64)vma_find(mm, st->addr);
		if (!st->found || !vma_facts_of(&st->found, st->addr, &facts))
			return 0;
		st->cache_mm = 0; /* what was noted of another one goes */
		page_cache_note(st, st->found, &facts);
	}
	page_cache_look(st);
	return 0;
}

/* That is known before the fault is served only, and the VMA for sure only after.  So it is
 * looked up now, and counts if nothing has changed the VMAs by the end, which is then spared
 * the look-up.  Before 6.13 that cannot be seen. */
static __always_inline void fault_foresee(struct thread_state *st, struct mm_struct *mm)
{
	u64 seq = mm_seqcount(mm);
	bool cached;

	if (seq & 1 || !was_empty(st) || mmt_tuning.sample > 1)
		return;
	st->found_seq = seq;
	cached = vma_cached(st, mm, st->addr);
	if (!cached || st->cache_pages)
		page_foresee(st, cached);
}

static __always_inline int page_fault_begin(u64 addr, u64 error_code)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct mm_struct *mm = task->mm;
	struct thread_state *st;
	u16 f = 0;

	if (!mm || (addr >> 63 && !(error_code & PF_USER)) || !mmt_tuning.on)
		return 0;
	if (!(error_code & PF_USER) && task->pagefault_disabled)
		return 0; /* goes to the exception table, never to handle_mm_fault */
	st = thread_executor(task);
	if (!st)
		return 0;
	f |= error_code & PF_WRITE ? MMT_FAULT_WRITE : 0;
	f |= error_code & PF_INSTR ? MMT_FAULT_INSTR : 0;
	f |= MMT_FAULT_EXECUTOR | MMT_FAULT_NO_VMA; /* until the end */
	fault_open(st, task, addr, error_code & PF_USER ? MMT_MODE_USER : MMT_MODE_KERNEL, f, false);
	if (mmt_config.calls) /* a hole now and none at the end: a stack has grown */
		fault_find_vma(st, mm, task);
	st->pre_state = page_table_peek(mm, addr, &st->pre);
	fault_foresee(st, mm);
	return 0;
}

SEC("?tp_btf/page_fault_user")
int BPF_PROG(fault_user__tb, unsigned long address, struct pt_regs *regs, unsigned long error_code)
{
	return page_fault_begin(address, error_code | PF_USER);
}

SEC("?tp_btf/page_fault_kernel")
int BPF_PROG(fault_kern__tb, unsigned long address, struct pt_regs *regs, unsigned long error_code)
{
	return page_fault_begin(address, error_code & ~PF_USER);
}

/* The event says nothing of address 0: perf_sample_data_init() leaves addr as it was then. */
static __always_inline bool ends_at(const struct thread_state *st, u64 addr)
{
	return ((st->addr ^ addr) & PAGE_MASK) == 0 || !(st->addr & PAGE_MASK);
}

static __always_inline int page_fault_end(struct mm_perf_ctx *ctx, bool major)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct mm_struct *mm = task->mm;
	struct thread_state *st = mmt_tuning.on ? thread_executor(task) : 0;
	u32 weight = !major && mmt_tuning.sample > 1 ? mmt_tuning.sample : 1;
	struct vm_area_struct *vma;
	bool hole;

	if (!st || !mm)
		return 0;
	fault_count_own(st, task, major, weight);
	if (!st->open || !ends_at(st, ctx->addr)) {
		/* begun before the hooks were in: counted, without latency */
		fault_open(st, task, ctx->addr, MMT_MODE_USER, MMT_FAULT_EXECUTOR | MMT_FAULT_NO_VMA, false);
		st->t0 = 0;
		st->pre_state = PTE_UNKNOWN;
		st->mm_id = own_mm_id(st, task, mm);
	}
	hole = st->flags & MMT_FAULT_NO_VMA;
	if (st->flags & MMT_FAULT_PAGE && st->found_seq != mm_seqcount(mm))
		st->flags &= ~MMT_FAULT_PAGE; /* of another VMA, maybe */
	vma = fault_find_vma(st, mm, task);
	if (mmt_config.calls && hole && st->t0 && vma && st->vm_flags & VM_GROWSDOWN)
		stack_growth_report(vma, st->addr);
	fault_close(st, mm, major, false, weight, true);
	unattributed_report(st, task, true, st->mm_id);
	return 0;
}

/* Compared with what the events counted: the kernel may skip the program. */
struct { __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY); __uint(max_entries, 1);
	 __type(key, u32); __type(value, u64); } event_runs SEC(".maps");

/* One program for both events: the cookie is 1 on PERF_COUNT_SW_PAGE_FAULTS_MAJ. */
SEC("?perf_event")
int fault_end__pe(struct mm_perf_ctx *ctx)
{
	percpu_add(&event_runs, 0, 1);
	page_fault_end(ctx, bpf_get_attach_cookie(ctx));
	if (mmt_config.stacks)
		bpf_tail_call(ctx, &stack_entry_pe, 0);
	return 0;
}

/* --- both: signals, the only trace of a SIGSEGV --- */

#define SIGBUS 7
#define SIGSEGV 11
/* 7 is 0111 and has bit 4, 11 is 1011 and has bit 8. */
#define SIGNAL_FLAG(sig) (((sig) & 12) << 7)
_Static_assert(SIGNAL_FLAG(SIGBUS) == MMT_FAULT_SIGBUS && SIGNAL_FLAG(SIGSEGV) == MMT_FAULT_SIGSEGV,
	       "flags are bits of signals");
#define SEGV_MAPERR 1
#define SEGV_ACCERR 2
#define SEGV_PKUERR 4
#define BUS_ADRERR 2
#define BUS_MCEERR_AR 4

/* Codes that a page fault gives, out of an exception in user mode: there orig_ax is -1.  In
 * a system call somebody queues the signal, and may say anything; a trap of alignment or
 * protection has codes of its own. */
static __always_inline bool signal_of_fault(struct task_struct *me, int sig, int code)
{
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(me);

	if (sig == SIGSEGV ? code != SEGV_MAPERR && code != SEGV_ACCERR && code != SEGV_PKUERR
			   : code != BUS_ADRERR && code != BUS_MCEERR_AR)
		return false;
	return (long)BPF_CORE_READ(regs, orig_ax) == -1;
}

SEC("?tp_btf/signal_generate")
int BPF_PROG(fault_sig__tb, int sig, struct kernel_siginfo *info, struct task_struct *task)
{
	struct task_struct *me = bpf_get_current_task_btf();
	struct mm_struct *mm = me->mm;
	struct thread_state *st;
	u64 addr;
	int code;

	if ((sig != SIGSEGV && sig != SIGBUS) || task != me || !mm || (u64)info < 4096 || !mmt_tuning.on)
		return 0;
	code = BPF_CORE_READ(info, si_code);
	addr = (u64)BPF_CORE_READ(info, _sifields._sigfault._addr);
	if (!signal_of_fault(me, sig, code))
		return 0;
	st = thread_executor(me);
	if (!st)
		return 0;
	if (st->closed_error && ((st->last_error ^ addr) & PAGE_MASK) == 0) {
		st->closed_error = 0; /* handle_mm_fault's own error, counted there */
		return 0;
	}
	if (!st->open || ((st->addr ^ addr) & PAGE_MASK)) {
		fault_open(st, me, addr, MMT_MODE_USER, MMT_FAULT_EXECUTOR, false);
		st->t0 = 0;
	}
	fault_find_vma(st, mm, me);
	st->flags |= SIGNAL_FLAG(sig); /* a branch would double what the verifier walks from here */
	fault_close(st, mm, false, true, 1, false);
	st->closed_error = 0;
	return 0;
}
