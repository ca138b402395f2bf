/* SPDX-License-Identifier: GPL-2.0 */
/* `mmtrace leak`: a table of kernel allocations that were not freed yet.
 * All maps are preallocated: these programs run inside the allocators. */
#include "lib/follow.bpf.h"
#include "lib/kernel.bpf.h"
#include "lib/kmalloc.bpf.h"
#include "wire/leak.h"

#define EEXIST 17
#define EBUSY 16
#define ENOENT 2
#define BULK_MAX 4096      /* pointers that one bulk call may have */

const volatile struct mmt_leak_config leak_config = {};

struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 1 << 20);
	 __type(key, u64); __type(value, struct mmt_leak_object); } objects SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 1 << 14);
	 __type(key, struct mmt_leak_key); __type(value, u32); } site_numbers SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1 << 14);
	 __type(key, u32); __type(value, struct mmt_leak_site); } sites SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY); __uint(max_entries, 1 << 14);
	 __type(key, u32); __type(value, struct mmt_leak_count); } site_counts SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_STACK_TRACE); __uint(max_entries, 1 << 14);
	 __uint(key_size, sizeof(u32)); __uint(value_size, MMT_LEAK_STACK * sizeof(u64)); } stacks SEC(".maps");
/* Two stacks that share a slot: the second one goes here. */
struct { __uint(type, BPF_MAP_TYPE_STACK_TRACE); __uint(max_entries, 1 << 12);
	 __uint(key_size, sizeof(u32)); __uint(value_size, MMT_LEAK_STACK * sizeof(u64)); } more_stacks SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY); __uint(max_entries, MMT_LEAK_LOSSES);
	 __type(key, u32); __type(value, u64); } losses SEC(".maps");
__u32 next_site = 1;
__u64 now_jiffies = 1; /* as leak_now__sc found it */

/* Atomic although per CPU: an interrupt may come in the middle. */
static __always_inline void count(u32 which)
{
	u64 *n = bpf_map_lookup_elem(&losses, &which);

	if (n)
		__sync_fetch_and_add(n, 1);
}

static __always_inline bool sampled(u64 ptr)
{
	u32 n = leak_config.sample;

	/* Fibonacci hashing: an allocation and its free decide alike. */
	return n <= 1 || (u32)((ptr * 0x9e3779b97f4a7c15ull) >> 32) % n == 0;
}

static __always_inline bool same_name(const char *name)
{
	for (int i = 0; i < MMT_LEAK_NAME; i++) {
		if (name[i] != leak_config.slab[i])
			return false;
		if (!name[i])
			return true;
	}
	return true;
}

static __always_inline bool wanted(const struct mmt_leak_site *s)
{
	if (s->bytes < leak_config.min_bytes || (leak_config.max_bytes && s->bytes > leak_config.max_bytes))
		return false;
	if (s->key.domain == MMT_LEAK_KMALLOC && (leak_config.slab[0] || leak_config.slab_bytes))
		return s->bytes == leak_config.slab_bytes;
	return s->key.domain != MMT_LEAK_SLAB || !leak_config.slab[0] || same_name(s->cache);
}

static __always_inline void site_fill(struct mmt_leak_site *s, const struct mmt_leak_key *key)
{
	s->key = *key;
	s->bytes = key->what;
	if (key->domain == MMT_LEAK_SLAB) {
		struct kmem_cache *cache = (void *)key->what;

		s->bytes = BPF_CORE_READ(cache, size);
		bpf_probe_read_kernel_str(s->cache, sizeof(s->cache), BPF_CORE_READ(cache, name));
	}
	s->wanted = wanted(s);
	s->ready = 1;
}

/* Number of a site, 0: no room. Two CPUs that see a new site at once may leave
 * a row unused: the number that got into the map is the site's. */
static __noinline u32 site_number(const struct mmt_leak_key *key)
{
	u32 *known, fresh;
	struct mmt_leak_site *s;

	if (!key)
		return 0;
	known = bpf_map_lookup_elem(&site_numbers, key);
	if (known)
		return *known;
	if (next_site >= 1 << 14)
		return 0;
	fresh = __sync_fetch_and_add(&next_site, 1);
	s = bpf_map_lookup_elem(&sites, &fresh);
	if (!s)
		return 0;
	site_fill(s, key);
	if (!bpf_map_update_elem(&site_numbers, key, &fresh, BPF_NOEXIST))
		return fresh;
	s->ready = 0;
	known = bpf_map_lookup_elem(&site_numbers, key);
	return known ? *known : 0;
}

/* The free of what was at ptr went by unseen, unless this is the second event of a
 * large kmalloc: its call site is the caller's own, so it replaces the first. */
static __noinline int object_replace(u64 ptr, u32 site, u64 bytes, u32 domain)
{
	struct mmt_leak_object *old = bpf_map_lookup_elem(&objects, &ptr);
	struct mmt_leak_site *before;
	struct mmt_leak_count *n;
	u32 number;

	if (!old)
		return 0;
	number = old->site;
	before = bpf_map_lookup_elem(&sites, &number);
	n = bpf_map_lookup_elem(&site_counts, &number);
	if (domain == MMT_LEAK_KMALLOC && kmalloc_is_large(bytes) && before && before->key.domain == domain &&
	    before->bytes == bytes && old->tid == (u32)bpf_get_current_pid_tgid()) {
		if (n)
			__sync_fetch_and_add(&n->held, -1ull);
		count(MMT_LEAK_REPORTED_TWICE);
	} else {
		if (n)
			__sync_fetch_and_add(&n->reused, 1);
		count(MMT_LEAK_REUSED);
		count(MMT_LEAK_SEEN);
	}
	old->site = site;
	old->tid = (u32)bpf_get_current_pid_tgid();
	old->jiffies = bpf_jiffies64();
	n = bpf_map_lookup_elem(&site_counts, &site);
	if (n)
		__sync_fetch_and_add(&n->held, 1);
	return 0;
}

static __always_inline bool by_target(void)
{
	u32 tgid = bpf_get_current_pid_tgid() >> 32;

	if (pidns_tgid(bpf_get_current_task_btf(), tgid) == leak_config.self)
		return false;
	return !leak_config.filter_pid || follow_has(tgid);
}

static __noinline int object_put(u64 ptr, const struct mmt_leak_key *key)
{
	struct mmt_leak_object fresh = {};
	struct mmt_leak_site *s;
	struct mmt_leak_count *n;
	u32 number;
	int err; /* before 6.4 the upper half of what the helper returns means nothing */

	if (!key)
		return 0;
	number = site_number(key);
	s = number ? bpf_map_lookup_elem(&sites, &number) : NULL;
	if (!s) {
		count(MMT_LEAK_SEEN);
		count(MMT_LEAK_SITES_FULL);
		return 0;
	}
	if (!s->wanted)
		return 0;
	fresh.jiffies = bpf_jiffies64();
	fresh.site = number;
	fresh.tid = (u32)bpf_get_current_pid_tgid();
	err = (int)bpf_map_update_elem(&objects, &ptr, &fresh, BPF_NOEXIST);
	if (err == -EEXIST)
		return object_replace(ptr, number, s->bytes, key->domain);
	count(MMT_LEAK_SEEN);
	if (err) {
		count(err == -EBUSY ? MMT_LEAK_BUSY : MMT_LEAK_TABLE_FULL);
		return 0;
	}
	n = bpf_map_lookup_elem(&site_counts, &number);
	if (n)
		__sync_fetch_and_add(&n->held, 1);
	return 0;
}

static __always_inline bool takes(u32 domain, u64 ptr)
{
	return ptr && (leak_config.domains & (1 << domain)) && sampled(ptr) && by_target();
}

static __always_inline s32 stack_of(void *ctx, bool want)
{
	s32 id;

	if (!want)
		return -1;
	id = (s32)bpf_get_stackid(ctx, &stacks, 0);
	if (id >= 0)
		return id;
	id = (s32)bpf_get_stackid(ctx, &more_stacks, 0);
	if (id >= 0)
		return id | MMT_LEAK_MORE_STACKS;
	count(MMT_LEAK_STACK_MISSING);
	return -1;
}

/* Forgets the object at ptr. order: of a block of pages, else -1. */
static __noinline int object_drop(u64 ptr, int order)
{
	struct mmt_leak_object *old;
	struct mmt_leak_site *s;
	struct mmt_leak_count *n;
	u32 number;

	if (!ptr || !sampled(ptr))
		return 0;
	count(MMT_LEAK_FREES);
	old = bpf_map_lookup_elem(&objects, &ptr);
	if (!old) {
		count(MMT_LEAK_UNKNOWN_FREE);
		return 0;
	}
	number = old->site;
	if ((int)bpf_map_delete_elem(&objects, &ptr)) {
		count(MMT_LEAK_BUSY_FREE);
		return 0;
	}
	n = bpf_map_lookup_elem(&site_counts, &number);
	if (n)
		__sync_fetch_and_add(&n->released, 1);
	s = order >= 0 ? bpf_map_lookup_elem(&sites, &number) : NULL;
	if (s && s->bytes != PAGE_SIZE << (order & 31))
		count(MMT_LEAK_SPLIT);
	return 0;
}

SEC("?raw_tp/kmalloc")
int BPF_PROG(kmalloc_put__rt, u64 site, u64 ptr, u64 requested, u64 bytes)
{
	struct mmt_leak_key key = { .site = site, .what = bytes, .domain = MMT_LEAK_KMALLOC };

	if (!takes(MMT_LEAK_KMALLOC, ptr))
		return 0;
	key.stack = stack_of(ctx, leak_config.stacks);
	return object_put(ptr, &key);
}

SEC("?raw_tp/kmem_cache_alloc")
int BPF_PROG(slab_put__rt, u64 site, u64 ptr, u64 cache)
{
	struct mmt_leak_key key = { .site = site, .what = cache, .domain = MMT_LEAK_SLAB };

	if (!takes(MMT_LEAK_SLAB, ptr))
		return 0;
	key.stack = stack_of(ctx, leak_config.stacks);
	return object_put(ptr, &key);
}

SEC("?raw_tp/kfree")
int BPF_PROG(kfree_drop__rt, u64 site, u64 ptr)
{
	return object_drop(ptr, -1);
}

SEC("?raw_tp/kmem_cache_free")
int BPF_PROG(slab_drop__rt, u64 site, u64 ptr)
{
	return object_drop(ptr, -1);
}

/* One page allocation in struct page * terms. */
SEC("?raw_tp/mm_page_alloc")
int BPF_PROG(page_put__rt, u64 page, u64 order)
{
	struct mmt_leak_key key = { .what = PAGE_SIZE << (order & 31), .domain = MMT_LEAK_PAGE };

	if (!takes(MMT_LEAK_PAGE, page))
		return 0;
	key.stack = stack_of(ctx, true);
	return object_put(page, &key);
}

SEC("?raw_tp/mm_page_free")
int BPF_PROG(page_drop__rt, u64 page, u64 order)
{
	return object_drop(page, order & 31);
}

SEC("?raw_tp/alloc_vmap_area")
int BPF_PROG(vmap_put__rt, u64 addr, u64 size, u64 align, u64 vstart, u64 vend, u64 failed)
{
	struct mmt_leak_key key = { .what = size, .domain = MMT_LEAK_VMALLOC };

	if (failed || !takes(MMT_LEAK_VMALLOC, addr))
		return 0;
	key.stack = stack_of(ctx, true);
	return object_put(addr, &key);
}

SEC("?raw_tp/free_vmap_area_noflush")
int BPF_PROG(vmap_drop__rt, u64 addr)
{
	return object_drop(addr, -1);
}

/* Before 6.3 the vmalloc tracepoints do not exist. */
SEC("?fexit/alloc_vmap_area")
int BPF_PROG(vmap_put__fx)
{
	struct mmt_leak_key key = { .domain = MMT_LEAK_VMALLOC };
	struct vmap_area *area;
	u64 ret = 0, start, size = 0;

	bpf_get_func_ret(ctx, &ret);
	bpf_get_func_arg(ctx, 0, &size);
	if (!ret || ret >= -4095ull)
		return 0;
	area = (void *)ret;
	start = BPF_CORE_READ(area, va_start);
	key.what = size;
	if (!takes(MMT_LEAK_VMALLOC, start))
		return 0;
	key.stack = stack_of(ctx, true);
	return object_put(start, &key);
}

SEC("?fentry/free_vmap_area_noflush")
int BPF_PROG(vmap_drop__fe)
{
	struct vmap_area *area;
	u64 arg = 0;

	bpf_get_func_arg(ctx, 0, &arg);
	area = (void *)arg;
	return object_drop(BPF_CORE_READ(area, va_start), -1);
}

struct bulk { u64 pointers; u64 cache; s32 stack; };

static long bulk_drop(u32 i, struct bulk *b)
{
	u64 ptr = 0;

	bpf_probe_read_kernel(&ptr, sizeof(ptr), (void *)(b->pointers + i * sizeof(u64)));
	object_drop(ptr, -1);
	return 0;
}

/* kfree_rcu ends here too, with cache NULL. */
SEC("?fentry/kmem_cache_free_bulk")
int BPF_PROG(bulk_drop__fe)
{
	struct bulk b = {};
	u64 n = 0;

	bpf_get_func_arg(ctx, 1, &n);
	bpf_get_func_arg(ctx, 2, &b.pointers);
	bpf_loop(n < BULK_MAX ? n : BULK_MAX, bulk_drop, &b, 0);
	return 0;
}

static long bulk_put(u32 i, struct bulk *b)
{
	struct mmt_leak_key key = { .what = b->cache, .domain = MMT_LEAK_SLAB, .stack = b->stack };
	u64 ptr = 0;

	bpf_probe_read_kernel(&ptr, sizeof(ptr), (void *)(b->pointers + i * sizeof(u64)));
	if (takes(MMT_LEAK_SLAB, ptr))
		object_put(ptr, &key);
	return 0;
}

static __always_inline int bulk_alloc(void *ctx)
{
	struct bulk b = {};
	u64 n = 0;

	bpf_get_func_ret(ctx, &n);
	bpf_get_func_arg(ctx, 0, &b.cache);
	bpf_get_func_arg(ctx, 3, &b.pointers);
	if ((s32)n <= 0)
		return 0;
	b.stack = stack_of(ctx, true);
	bpf_loop((u32)n < BULK_MAX ? (u32)n : BULK_MAX, bulk_put, &b, 0);
	return 0;
}

SEC("?fexit/kmem_cache_alloc_bulk")
int BPF_PROG(bulk_put__fx)
{
	return bulk_alloc(ctx);
}

SEC("?fexit/kmem_cache_alloc_bulk_noprof")
int BPF_PROG(bulk_put_np__fx)
{
	return bulk_alloc(ctx);
}

SEC("?tp_btf/sched_process_fork")
int BPF_PROG(leak_fork__tb, struct task_struct *parent, struct task_struct *child)
{
	if (leak_config.follow && !follow_fork(parent, child))
		count(MMT_LEAK_PROCESSES_FULL);
	return 0;
}

SEC("?tp_btf/sched_process_free")
int BPF_PROG(leak_free__tb, struct task_struct *task)
{
	follow_free(task);
	return 0;
}

/* Run on demand. */
SEC("?syscall")
int leak_now__sc(void *ctx)
{
	now_jiffies = bpf_jiffies64();
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
