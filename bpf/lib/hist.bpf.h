/* SPDX-License-Identifier: GPL-2.0 */
/* Histograms kept in the kernel: rows by (domain, op, keys, log2 bucket) in
 * per-CPU maps.  All preallocated: an allocation inside an allocation's hook
 * would trace itself. */
#ifndef MMT_HIST_BPF_H
#define MMT_HIST_BPF_H

#include "lib/cast.bpf.h"
#include "lib/cgroup_path.bpf.h"
#include "lib/count.bpf.h"
#include "lib/follow.bpf.h"
#include "lib/kernel.bpf.h"
#include "wire/hist.h"

#define STACK_FRAMES 24

const volatile struct mmt_hist_config hist_config = {};

struct { __uint(type, BPF_MAP_TYPE_PERCPU_HASH); __uint(max_entries, 16384);
	 __type(key, struct mmt_hist_key); __type(value, struct mmt_hist_row); } hist_rows SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY); __uint(max_entries, MMT_HIST_SLOTS);
	 __type(key, u32); __type(value, struct mmt_hist_row); } hist_totals SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_CGROUP_ARRAY); __uint(max_entries, 1);
	 __type(key, u32); __type(value, u32); } hist_cgroup SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 16384);
	 __type(key, u64); __type(value, struct mmt_hist_process); } hist_processes SEC(".maps");
/* Such a process's id with the kernel's own number, to the one with that of mmtrace's namespace:
 * when the last thread is freed a namespace inside has no number for it any more. */
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 16384);
	 __type(key, u64); __type(value, u64); } hist_inner SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 2048);
	 __type(key, u64); __type(value, struct mmt_hist_cache); } hist_caches SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 2048);
	 __type(key, u64); __type(value, struct mmt_cgroup_path); } hist_cgroups SEC(".maps");
/* Rung where rows of ended processes are to be read out, so that others have room. */
struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 4096); } hist_bell SEC(".maps");
/* Rows ever made, and, counted by user space, read out; processes that ended since it looked. */
__u32 hist_made = 0, hist_removed = 0, hist_ended = 0;
/* Functions that only pass an allocation on, in order of address. */
struct hist_wrapper_list { struct mmt_range range[MMT_WRAPPERS]; };
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1);
	 __type(key, u32); __type(value, struct hist_wrapper_list); } hist_wrappers SEC(".maps");
/* A stack per program: an interrupt may come while one looks at its stack, and
 * allocate or free itself.  The kernel lets no program interrupt itself. */
enum hist_lane { LANE_ALLOC, LANE_FREE, LANE_BULK, LANE_COUNT };
struct { __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY); __uint(max_entries, MMT_DOMAIN_COUNT * LANE_COUNT);
	 __type(key, u32); __type(value, u64[STACK_FRAMES]); } hist_stack SEC(".maps");

struct { __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY); __uint(max_entries, MMT_HIST_LOSS_COUNT);
	 __type(key, u32); __type(value, u64); } hist_losses SEC(".maps");

static __always_inline void hist_lost(u32 which)
{
	percpu_add(&hist_losses, which, 1);
}

/* One allocation, as its hook reports it. */
struct hist_event {
	u64 site, ptr, cache;
	u64 requested, allocated;
	u64 gfp;
	s64 node;
	u64 order, migrate;
	u8 domain, op;
	u8 lane; /* enum hist_lane: which of the domain's programs this is */
};

static __always_inline u32 log2_bucket(u64 v)
{
	u32 b = 0;

	if (v >> 32) { b += 32; v >>= 32; }
	if (v >> 16) { b += 16; v >>= 16; }
	if (v >> 8) { b += 8; v >>= 8; }
	if (v >> 4) { b += 4; v >>= 4; }
	if (v >> 2) { b += 2; v >>= 2; }
	b += (v >> 1) + (v != 0);
	return b - b / MMT_HIST_BUCKETS; /* from 2^63 on the last; no branch, which each path would pay for */
}

static __always_inline bool hist_wanted(void)
{
	if (hist_config.filter_pid && !follow_has(bpf_get_current_pid_tgid() >> 32))
		return false;
	return !hist_config.filter_cgroup || bpf_current_task_under_cgroup(&hist_cgroup, 0) == 1;
}

static __always_inline u64 hist_id_with(struct task_struct *leader, u32 tgid)
{
	return (u64)(u32)(leader->start_boottime >> 10) << 32 | tgid;
}

/* A pid is used again; with the start time it stands for one process. */
static __always_inline u64 hist_id_of(struct task_struct *leader)
{
	return hist_id_with(leader, pidns_tid(leader, leader->tgid));
}

static __always_inline u64 hist_process_id(void)
{
	return hist_id_of(bpf_get_current_task_btf()->group_leader);
}

/* Global, so that the verifier looks at it once and not at each call. */
__noinline int hist_is_wrapper(u64 addr)
{
	struct hist_wrapper_list *list;
	u32 zero = 0, low = 0;

	list = bpf_map_lookup_elem(&hist_wrappers, &zero);
	if (!list)
		return false;
	/* how many ranges start at or below addr: unused ones start at the end of all */
#pragma unroll
	for (u32 step = MMT_WRAPPERS / 2; step; step /= 2)
		if (list->range[(low + step) & (MMT_WRAPPERS - 1)].start <= addr)
			low += step;
	low &= MMT_WRAPPERS - 1;
	return list->range[low].start <= addr && addr < list->range[low].end;
}

/* The first function on the stack above the allocator's own. 0: not found. */
static __noinline u64 hist_caller(void *ctx, u32 lane)
{
	u64 *stack = bpf_map_lookup_elem(&hist_stack, &lane);
	bool inside = false;
	long n;

	if (!stack || !ctx)
		return 0;
	n = bpf_get_stack(ctx, stack, STACK_FRAMES * 8, 0);
	for (int i = 0; i < STACK_FRAMES; i++) {
		if ((long)i * 8 >= n)
			break;
		if (hist_is_wrapper(stack[i]))
			inside = true;
		else if (inside)
			return stack[i];
	}
	return 0;
}

static __always_inline u64 hist_region(u64 ptr)
{
	for (u32 i = 0; i < MMT_REGIONS; i++)
		if (ptr >= hist_config.region[i].start && ptr < hist_config.region[i].end)
			return i;
	return MMT_REGIONS;
}

static __always_inline u64 hist_site(void *ctx, const struct hist_event *ev)
{
	u64 caller;

	if (ev->site && !(hist_config.look_through && hist_is_wrapper(ev->site)))
		return ev->site;
	caller = hist_caller(ctx, ev->domain * LANE_COUNT + ev->lane);
	return caller ? caller : ev->site;
}

static __always_inline u64 hist_key_value(void *ctx, u8 by, const struct hist_event *ev)
{
	switch (by) {
	case MMT_KEY_SITE: return hist_site(ctx, ev);
	case MMT_KEY_CACHE: return ev->cache ? ev->cache : ev->allocated;
	case MMT_KEY_PROCESS: return hist_process_id();
	case MMT_KEY_ORDER: return ev->order;
	case MMT_KEY_GFP: return ev->gfp;
	case MMT_KEY_NODE: return ev->node;
	case MMT_KEY_CGROUP: return bpf_get_current_cgroup_id();
	case MMT_KEY_REGION: return hist_region(ev->ptr);
	case MMT_KEY_MIGRATE: return ev->migrate;
	default: return 0;
	}
}

static __always_inline int hist_describe(struct task_struct *leader, u64 id)
{
	struct mmt_hist_process p = {};

	p.tgid = pidns_tid(leader, leader->tgid);
	p.start_boottime = leader->start_boottime;
	bpf_probe_read_kernel(p.comm, sizeof(p.comm), leader->comm);
	bpf_map_update_elem(&hist_processes, &id, &p, BPF_ANY);
	if (pidns_inner) {
		u64 outer = hist_id_with(leader, leader->tgid);

		bpf_map_update_elem(&hist_inner, &outer, &id, BPF_ANY);
	}
	return 0;
}

static __noinline int hist_describe_process(u64 id)
{
	return hist_describe(bpf_get_current_task_btf()->group_leader, id);
}

static __noinline int hist_describe_cache(u64 addr)
{
	struct kmem_cache *s = (void *)addr;
	struct mmt_hist_cache c = {};

	c.object_size = BPF_CORE_READ(s, object_size);
	c.size = BPF_CORE_READ(s, size);
	bpf_probe_read_kernel_str(c.name, sizeof(c.name), BPF_CORE_READ(s, name));
	bpf_map_update_elem(&hist_caches, &addr, &c, BPF_ANY);
	return 0;
}

static const struct mmt_cgroup_path hist_cgroup_empty;

/* At first sight: later it may be gone. */
static __noinline int hist_describe_cgroup(u64 id)
{
	struct kernfs_node *kn = BPF_CORE_READ((struct task_struct *)bpf_get_current_task(), cgroups, dfl_cgrp, kn);
	struct mmt_cgroup_path *path = bpf_map_lookup_elem(&hist_cgroups, &id);

	if (path || BPF_CORE_READ(kn, id) != id)
		return 0;
	if (bpf_map_update_elem(&hist_cgroups, &id, &hist_cgroup_empty, BPF_NOEXIST))
		return 0;
	path = bpf_map_lookup_elem(&hist_cgroups, &id);
	if (path)
		cgroup_path_read(path, (u64)kn, hist_config.cgroup_root);
	return 0;
}

static const struct mmt_hist_row hist_row_empty;

/* A row of its own for key, or 0 when the map is full. */
static __always_inline struct mmt_hist_row *hist_row_get(const struct mmt_hist_key *key, const struct hist_event *ev)
{
	struct mmt_hist_row *row = bpf_map_lookup_elem(&hist_rows, key);

	if (row)
		return row;
	for (int i = 0; i < 2 && key->op != MMT_OP_FALLBACK; i++) {
		if (hist_config.by[i] == MMT_KEY_PROCESS)
			hist_describe_process(key->k[i]);
		else if (hist_config.by[i] == MMT_KEY_CGROUP)
			hist_describe_cgroup(key->k[i]);
		else if (hist_config.by[i] == MMT_KEY_CACHE && ev->cache)
			hist_describe_cache(ev->cache);
	}
	row = value_make(&hist_rows, key, &hist_row_empty);
	if (row)
		__sync_fetch_and_add(&hist_made, 1);
	return row;
}

/* An interrupt may come between load and store of a row, but only a second
 * program can then add to the same one: the kernel lets none interrupt itself,
 * and programs differ in domain or op but for these.  kswapd's two run in
 * kswapd only, and so never in an interrupt, but there may be two of them. */
static __always_inline bool hist_row_shared(const struct hist_event *ev)
{
	return (ev->domain == MMT_DOMAIN_PAGE && hist_config.bulk) || ev->domain == MMT_DOMAIN_KSWAPD;
}

/* n events of the same sizes. */
static __always_inline void hist_add_to(const struct mmt_hist_key *key, struct mmt_hist_row *row, u64 requested,
					u64 allocated, u64 n, bool shared)
{
	if (!row) {
		u32 slot = MMT_HIST_SLOT(key->domain, key->op, key->bucket);

		row = bpf_map_lookup_elem(&hist_totals, &slot);
		if (!row)
			return;
	}
	if (shared) {
		__sync_fetch_and_add(&row->count, n);
		__sync_fetch_and_add(&row->requested, requested * n);
		__sync_fetch_and_add(&row->allocated, allocated * n);
		return;
	}
	row->count += n;
	row->requested += requested * n;
	row->allocated += allocated * n;
}

static __always_inline void hist_put(void *ctx, const struct hist_event *ev, u64 n)
{
	struct mmt_hist_key key = { .domain = ev->domain, .op = ev->op, .bucket = log2_bucket(ev->requested) };
	struct mmt_hist_row *row = 0;

	if (hist_config.by[0] != MMT_KEY_NONE) {
		key.k[0] = hist_key_value(ctx, hist_config.by[0], ev);
		if (hist_config.by[1] != MMT_KEY_NONE)
			key.k[1] = hist_key_value(ctx, hist_config.by[1], ev);
		row = hist_row_get(&key, ev);
	}
	hist_add_to(&key, row, ev->requested, ev->allocated, n, hist_row_shared(ev));
}

static __always_inline bool hist_of_module(void *ctx, const struct hist_event *ev)
{
	u64 site;

	if (!hist_config.modules)
		return true;
	site = hist_site(ctx, ev);
	for (u32 i = 0; i < MMT_MODULE_RANGES; i++)
		if (site >= hist_config.module[i].start && site < hist_config.module[i].end)
			return true;
	return false;
}

static __always_inline void hist_add_many(void *ctx, const struct hist_event *ev, u64 n)
{
	if (ev->requested >= hist_config.size_min && ev->requested <= hist_config.size_max && hist_of_module(ctx, ev))
		hist_put(ctx, ev, n);
}

static __always_inline void hist_add(void *ctx, const struct hist_event *ev)
{
	hist_add_many(ctx, ev, 1);
}

/* Counts a duration, however long. */
static __always_inline void hist_add_time(void *ctx, struct hist_event *ev, u64 ns)
{
	ev->op = MMT_OP_LATENCY;
	ev->requested = ns;
	ev->allocated = 0;
	hist_put(ctx, ev, 1);
}
#endif
