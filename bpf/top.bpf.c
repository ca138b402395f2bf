/* SPDX-License-Identifier: GPL-2.0 */
/* `mmtrace top`: everything is added up here, in one row per process; nothing
 * is streamed.  Faults, sizes and names cost nothing between two looks: the
 * iterator reads them from the tasks. */
#include "lib/cast.bpf.h"
#include "lib/cgroup.bpf.h"
#include "lib/count.bpf.h"
#include "lib/folio.bpf.h"
#include "lib/kernel.bpf.h"
#include "lib/kmalloc.bpf.h"
#include "lib/pidns.bpf.h"
#include "lib/rss.bpf.h"
#include "lib/stall.bpf.h"
#include "lib/syscall.bpf.h"
#include "wire/top.h"

#define CPU_LIMIT 8192

const volatile struct mmt_top_config config = {};

struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 16384);
	 __type(key, struct mmt_top_key); __type(value, struct mmt_top_row); } rows SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_CGROUP_ARRAY); __uint(max_entries, 1);
	 __type(key, u32); __type(value, u32); } cgroups SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY); __uint(max_entries, MMT_TOP_LOSSES);
	 __type(key, u32); __type(value, u64); } losses SEC(".maps");

struct last_large { u64 ptr; u32 tid; u32 pad; };
struct { __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY); __uint(max_entries, 1);
	 __type(key, u32); __type(value, struct last_large); } last_larges SEC(".maps");

static const struct mmt_top_row row_empty;

static __always_inline void count(u32 which)
{
	percpu_add(&losses, which, 1);
}

static __always_inline struct mmt_top_row *row_of(const struct mmt_top_key *key)
{
	struct mmt_top_row *row = bpf_map_lookup_elem(&rows, key);
	struct mmt_top_key full = { .start_boottime = MMT_TOP_FULL };

	if (row || config.listed)
		return row;
	row = value_make(&rows, key, &row_empty);
	if (row) {
		bpf_get_current_comm(row->comm, sizeof(row->comm)); /* keys are those of current */
		return row;
	}
	count(MMT_TOP_ROWS_FULL);
	return bpf_map_lookup_elem(&rows, &full);
}

/* The row that pays for what this thread does now; NULL: not asked for. */
static __always_inline struct mmt_top_row *row_current(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct mmt_top_key key = {};

	if (in_interrupt_context() || !task->tgid) {
		key.start_boottime = MMT_TOP_IRQ;
		return config.cgroup ? 0 : bpf_map_lookup_elem(&rows, &key);
	}
	if (config.cgroup && bpf_current_task_under_cgroup(&cgroups, 0) != 1)
		return 0;
	key.tgid = pidns_tgid(task, task->tgid);
	if (!key.tgid)
		return 0;
	key.start_boottime = task->group_leader->start_boottime;
	return row_of(&key);
}

static __always_inline void allocated(enum mmt_top_alloc kind, u64 bytes)
{
	struct mmt_top_row *row = row_current();

	if (!row)
		return;
	__sync_fetch_and_add(&row->alloc_count[kind], 1);
	__sync_fetch_and_add(&row->alloc_bytes[kind], bytes);
}

/* The second of two events of a large kmalloc.  Each kmalloc takes its pages first,
 * so with a page allocation between the same pointer is another one. */
static __always_inline bool kmalloc_came_before(u64 ptr)
{
	u32 zero = 0, tid = bpf_get_current_pid_tgid();
	struct last_large *last = bpf_map_lookup_elem(&last_larges, &zero);
	bool again = last && last->ptr == ptr && last->tid == tid;

	if (last) {
		last->ptr = again ? 0 : ptr;
		last->tid = tid;
	}
	return again;
}

SEC("?raw_tp/kmalloc")
int BPF_PROG(top_kmalloc__rt, u64 site, u64 ptr, u64 requested, u64 bytes)
{
	if (!ptr || (kmalloc_is_large(bytes) && kmalloc_came_before(ptr)))
		return 0;
	allocated(MMT_TOP_KMALLOC, bytes);
	return 0;
}

SEC("?raw_tp/kmem_cache_alloc")
int BPF_PROG(top_slab__rt, u64 site, u64 ptr, struct kmem_cache *cache)
{
	if (!ptr)
		return 0;
	if (bpf_rdonly_cast) {
		cache = bpf_rdonly_cast(cache, bpf_core_type_id_kernel(struct kmem_cache));
		allocated(MMT_TOP_SLAB, cache->size);
	} else {
		allocated(MMT_TOP_SLAB, BPF_CORE_READ(cache, size));
	}
	return 0;
}

SEC("?raw_tp/mm_page_alloc")
int BPF_PROG(top_page__rt, u64 page, u32 order)
{
	u32 zero = 0;
	struct last_large *last = bpf_map_lookup_elem(&last_larges, &zero);

	if (last)
		last->ptr = 0;
	if (page)
		allocated(MMT_TOP_PAGES, PAGE_SIZE << (order & 63));
	return 0;
}

static __always_inline int stalled(u32 kind)
{
	struct mmt_top_row *row = row_current();

	if (!row)
		return 0;
	__sync_fetch_and_add(&row->stall_count[kind], 1);
	if (!stall_open(kind, 0, 0))
		count(MMT_TOP_STALLS_FULL);
	return 0;
}

static __always_inline int goes_on(u32 kind)
{
	struct mmt_stall s = {};
	u64 ns = stall_close(kind, &s);
	struct mmt_top_row *row = ns ? row_current() : 0;

	if (row)
		__sync_fetch_and_add(&row->stall_ns[kind], ns);
	return 0;
}

#define STALL(name, kind, begin, end)                                          \
	SEC("?raw_tp/" begin)                                                  \
	int name##_in__rt(void *ctx) { return stalled(kind); }                 \
	SEC("?raw_tp/" end)                                                    \
	int name##_out__rt(void *ctx) { return goes_on(kind); }
STALL(direct, MMT_TOP_DIRECT, "mm_vmscan_direct_reclaim_begin", "mm_vmscan_direct_reclaim_end")
STALL(memcg, MMT_TOP_MEMCG, "mm_vmscan_memcg_reclaim_begin", "mm_vmscan_memcg_reclaim_end")
STALL(compact, MMT_TOP_COMPACT, "mm_compaction_begin", "mm_compaction_end")

static __always_inline int swapped_in(u64 pages)
{
	struct mmt_top_row *row = row_current();

	if (row)
		__sync_fetch_and_add(&row->swap_ins, pages);
	return 0;
}

SEC("?fentry/swap_readpage") /* to 6.4; one page */
int BPF_PROG(swap_page__fe, struct page *page)
{
	return swapped_in(1);
}

SEC("?fentry/swap_read_folio") /* from 6.5 on */
int BPF_PROG(swap_folio__fe, struct folio *folio)
{
	return swapped_in(folio_pages(folio));
}

static __always_inline void call_done(u32 nr, u64 length, long ret)
{
	struct mmt_top_row *row;

	if (ret < 0 && ret > -4096)
		return;
	row = row_current();
	if (row)
		__sync_fetch_and_add(nr == NR_MMAP ? &row->mmap_bytes : &row->munmap_bytes, length);
}

SEC("?fexit/__x64_sys_mmap")
int BPF_PROG(top_mmap__fx, const struct pt_regs *regs, long ret)
{
	call_done(NR_MMAP, regs->si, ret);
	return 0;
}

SEC("?fexit/__x64_sys_munmap")
int BPF_PROG(top_munmap__fx, const struct pt_regs *regs, long ret)
{
	call_done(NR_MUNMAP, regs->si, ret);
	return 0;
}

SEC("?tp_btf/sys_exit")
int BPF_PROG(top_sys__tb, struct pt_regs *regs, long ret)
{
	u32 nr = regs->orig_ax;

	struct call c;

	if (!syscall_is_compat()) {
		if (nr == NR_MMAP || nr == NR_MUNMAP)
			call_done(nr, regs->si, ret);
	} else if (call_set_compat(&c, regs, ret) && (c.nr == NR_MMAP || c.nr == NR_MUNMAP)) {
		call_done(c.nr, c.arg[1], ret);
	}
	return 0;
}

/* The exit of a thread: the last word on its faults. */
SEC("?tp_btf/sched_process_exit")
int BPF_PROG(top_exit__tb, struct task_struct *p)
{
	struct mmt_top_key key = { .tgid = pidns_tgid(p, p->tgid) };
	struct mmt_top_row *row;

	if (!key.tgid || (config.cgroup && bpf_current_task_under_cgroup(&cgroups, 0) != 1))
		return 0;
	key.start_boottime = p->group_leader->start_boottime;
	row = row_of(&key);
	if (!row)
		return 0;
	__sync_fetch_and_add(&row->exit_min, p->min_flt);
	__sync_fetch_and_add(&row->exit_maj, p->maj_flt);
	bpf_probe_read_kernel(row->comm, sizeof(row->comm), p->group_leader->comm);
	if (p->signal->live.counter == 0)
		row->dead = 1;
	return 0;
}

SEC("?iter/task")
int top_tasks__it(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct mmt_top_task rec = {};
	struct rss rss = {};
	struct mm_struct *mm;

	if (!task || (config.cgroup && !task_in_cgroup(task, config.cgroup_id)))
		return 0;
	rec.key.tgid = pidns_tgid(task, task->tgid);
	if (!rec.key.tgid)
		return 0;
	rec.key.start_boottime = task->group_leader->start_boottime;
	rec.tid = pidns_tid(task, task->pid);
	rec.min_flt = task->min_flt;
	rec.maj_flt = task->maj_flt;
	if (task->pid == task->tgid) {
		rec.flags |= MMT_TOP_LEADER;
		rec.dead_min = task->signal->min_flt;
		rec.dead_maj = task->signal->maj_flt;
	}
	bpf_probe_read_kernel(rec.comm, sizeof(rec.comm), task->comm);
	mm = task->mm;
	/* once a process; another thread stands in for a leader that is gone */
	if (mm && (rec.flags || !task->group_leader->mm)) {
		rec.flags |= MMT_TOP_MM;
		rss_read(mm, &rss, config.cpus);
		rec.rss = (rss.pages[RSS_FILE] + rss.pages[RSS_ANON] + rss.pages[RSS_SHMEM]) * PAGE_SIZE;
		rec.vsize = BPF_CORE_READ(mm, total_vm) * PAGE_SIZE;
		rec.brk = BPF_CORE_READ(mm, brk) - BPF_CORE_READ(mm, start_brk);
	}
	bpf_seq_write(ctx->meta->seq, &rec, sizeof(rec));
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
