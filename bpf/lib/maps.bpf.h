/* SPDX-License-Identifier: GPL-2.0 */
/* Maps that all programs share, the loss counters, and emission. */
#ifndef MMT_MAPS_BPF_H
#define MMT_MAPS_BPF_H

#include "count.bpf.h"
#include "kernel.bpf.h"
#include "pidns.bpf.h"
#include "wire/config.h"
#include "wire/event.h"

#define E2BIG 7

/* A thread of a target, or one that faults on a target's mm: its open fault and
 * its own fault accounting. */
enum fault_open { FAULT_CLOSED, FAULT_OPEN, FAULT_OPEN_VMA_LOCK /* the last attempt held the VMA's own lock */ };

struct thread_state {
	u64 t0;
	u64 addr;    /* of the fault that is open, or was last */
	u64 anchor;
	u64 pre;     /* page-table entry before */
	u32 sig;
	u32 mm_id;
	u32 vkind;   /* enum mmt_vma_flag */
	u16 flags;   /* enum mmt_fault_flag */
	u16 switches; /* nvcsw when it began, the low bits: moved means that it slept */
	u64 vm_flags;
	u8 pre_state; /* enum pte_state */
	u8 mode;
	u8 executor; /* a thread of a target that passes the filter: its faults count */
	u8 counting; /* the fields below hold */
	u8 borrows; /* a kernel thread: runs on one mm after the other */
	u8 skipped; /* the fault under way is sampled out (fentry) */
	u8 closed_error; /* the last fault closed was an error at last_error */
	u8 open; /* enum fault_open */
	u64 reported; /* residual reported so far: minor below, major in the upper half */
	u64 base_min, base_maj; /* min_flt and maj_flt when first seen */
	u64 seen_min, seen_maj;
	u64 last_error;
	u64 begun; /* min_flt + maj_flt when addr was set: moved means that it has ended */
	/* anchor, sig, vkind, vm_flags and mm_id above describe this VMA: */
	u64 cache_mm; /* 0: nothing cached */
	u64 cache_seq, cache_start, cache_end;
	u64 cache_pages, cache_pages_from; /* its page cache, 0: none is asked; the index there of address 0 */
	u64 found, found_seq; /* the VMA that was there as the fault began, 0: none was looked for; when (tracepoint) */
	u64 cache_vma, cache_pgoff, cache_file, cache_inode, cache_ino; /* fentry only */
	u64 mm_made; /* when an mm was last made for a child of it (trace) */
	u64 own_mm; /* the mm it runs on, until an exec; 0: not looked up */
	u32 own_mm_id;
	u32 tid; /* as user space calls it, until an exec; 0: not an executor so far */
	u16 lent; /* MMT_FAULT_FOREIGN where that is another process's: vfork, CLONE_VM; else 0 */
	/* a fault that is reported once its call stack has been taken: */
	u16 due_weight; /* 0: none */
	u32 due_ns, due_end;
	u64 due_time;
};

/* A known address space: value of mms, key the mm_struct's address. */
struct mm_state {
	u32 mm_id;
	u32 tgid; /* the process it was first seen with */
	u32 window, announced; /* VMAs of it in this stretch of time, while the ring is crowded */
};

const volatile struct mmt_config mmt_config = { .wake_bytes = 1 << 20, .control_bytes = 2 << 20 };

volatile struct mmt_tuning mmt_tuning;

/* Made by user space, as many as there are CPUs. */
struct data_ring { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 4096); };
struct { __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS); __uint(max_entries, MMT_RINGS); __type(key, u32);
	 __array(values, struct data_ring); } data_rings SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 2 << 20); } control_ring SEC(".maps");
/* User space sizes these three by how many processes there can be. */
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 8192);
	 __type(key, u32); __type(value, struct mmt_target); } targets SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 8192);
	 __type(key, u32); __type(value, u32); } tids SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 8192);
	 __type(key, u64); __type(value, struct mm_state); } mms SEC(".maps");
/* Kept with the thread itself: found in a few ns, gone with it. */
struct { __uint(type, BPF_MAP_TYPE_TASK_STORAGE); __uint(map_flags, BPF_F_NO_PREALLOC);
	 __type(key, int); __type(value, struct thread_state); } threads SEC(".maps");

struct { __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY); __uint(max_entries, MMT_LOSS_COUNT);
	 __type(key, u32); __type(value, u64); } losses SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1);
	 __type(key, u32); __type(value, u32); } next_mm_id SEC(".maps");

struct { __uint(type, BPF_MAP_TYPE_CGROUP_ARRAY); __uint(max_entries, 1);
	 __type(key, u32); __type(value, u32); } cgroup SEC(".maps");

static __always_inline void count_add(u32 which, u64 add)
{
	percpu_add(&losses, which, add);
}

static __always_inline void count(u32 which)
{
	count_add(which, 1);
}

/* A bit for each key that a hash map may hold, by hash, set before the key goes
 * in and never taken back: who is not traced pays no look into the map. */
#define FILTER_WORDS 1024
__u64 target_filter[FILTER_WORDS], mm_filter[FILTER_WORDS];

static __always_inline bool filter_has(const u64 *filter, u64 key)
{
	u64 h = MMT_FILTER_HASH(key);

	return filter[h >> 6] >> (h & 63) & 1;
}

static __always_inline void filter_add(u64 *filter, u64 key)
{
	u64 h = MMT_FILTER_HASH(key);

	__sync_fetch_and_or(&filter[h >> 6], 1ull << (h & 63));
}

static __always_inline bool target_known(u32 tgid)
{
	return filter_has(target_filter, tgid) && bpf_map_lookup_elem(&targets, &tgid);
}

/* 0 or a negative errno: -E2BIG where there is no room. */
static __always_inline int target_add(u32 tgid, u64 flags)
{
	struct mmt_target fresh = {};

	filter_add(target_filter, tgid);
	return (int)bpf_map_update_elem(&targets, &tgid, &fresh, flags); /* an int up to 6.3 */
}

/* Is it mmtrace, or one of the processes that work for it?  Only asked where all others are traced. */
static __always_inline bool is_own(struct task_struct *task, u32 tgid)
{
	struct task_struct *parent = BPF_CORE_READ(task, real_parent), *before;

	if (tgid == mmt_config.self)
		return true;
	if (!mmt_config.keeper)
		return false;
	/* keepers are its children, and the others theirs */
	before = BPF_CORE_READ(parent, real_parent);
	return pidns_tgid(parent, BPF_CORE_READ(parent, tgid)) == mmt_config.self ||
	       pidns_tgid(before, BPF_CORE_READ(before, tgid)) == mmt_config.self;
}

/* Is the current process traced?  Beyond a list, it joins the map at first sight. */
static __always_inline bool is_target(u32 tgid)
{
	if (target_known(tgid))
		return true;
	if (mmt_config.scope == MMT_SCOPE_LIST || !tgid || is_own((void *)bpf_get_current_task(), tgid))
		return false;
	if (mmt_config.scope == MMT_SCOPE_CGROUP && bpf_current_task_under_cgroup(&cgroup, 0) != 1)
		return false;
	if (target_add(tgid, BPF_NOEXIST) == -E2BIG) {
		count(MMT_LOSS_TARGETS_FULL);
		return false;
	}
	return true;
}

static __always_inline void head_fill(struct mmt_head *h, u16 kind, u32 mm_id, u64 now)
{
	struct task_struct *task = bpf_get_current_task_btf();
	u64 id = bpf_get_current_pid_tgid();

	h->kind = kind;
	h->cpu = bpf_get_smp_processor_id();
	h->tid = pidns_tid(task, id);
	h->tgid = pidns_tgid(task, id >> 32);
	h->mm_id = mm_id;
	h->time = now;
}

/* Flags to submit a record that can wait for the reader's timer: it is woken when
 * the ring fills up to the mark, not again by each record from there on, since
 * that costs an interrupt each; again at twice and three times the mark (a power of
 * two), should it not have heard.  A band no record steps over, nor do some at once. */
static __always_inline u64 wake_at(u64 ready, u64 mark, u64 band)
{
	return ready >= mark && (ready & (mark - 1)) < band ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP;
}

static __always_inline u64 control_lazy(void)
{
	return wake_at(bpf_ringbuf_query(&control_ring, BPF_RB_AVAIL_DATA), mmt_config.control_bytes / 4, 16384);
}

static __always_inline void *control_reserve(u64 size)
{
	void *rec = bpf_ringbuf_reserve(&control_ring, size, 0);

	if (!rec)
		count(MMT_LOSS_CONTROL_FULL);
	return rec;
}

#endif
