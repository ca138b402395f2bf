/* SPDX-License-Identifier: GPL-2.0 */
/* Domains kmalloc and slab.  Raw tracepoints: tp_btf cannot read their
 * `const void *` arguments before 6.13. */
#include "lib/hist.bpf.h"
#include "lib/kmalloc.bpf.h"

/* The first of two events of a large kmalloc. */
static __always_inline bool kmalloc_comes_again(u64 site)
{
	for (u32 i = 0; i < MMT_REGIONS; i++)
		if (site >= hist_config.kmalloc_inner[i].start && site < hist_config.kmalloc_inner[i].end)
			return true;
	return false;
}

SEC("?raw_tp/kmalloc")
int BPF_PROG(kmalloc__rt, u64 site, u64 ptr, u64 requested, u64 allocated, u64 gfp, s32 node)
{
	struct hist_event ev = { .domain = MMT_DOMAIN_KMALLOC, .op = ptr ? MMT_OP_ALLOC : MMT_OP_FAILED, .site = site,
				 .ptr = ptr, .requested = requested, .allocated = allocated, .gfp = (u32)gfp, .node = node };

	if (!hist_wanted() || (kmalloc_is_large(requested) && kmalloc_comes_again(site)))
		return 0;
	hist_add(ctx, &ev);
	return 0;
}

static __always_inline void slab_sizes(struct hist_event *ev, struct kmem_cache *s)
{
	ev->cache = (u64)s;
	if (bpf_rdonly_cast) {
		s = bpf_rdonly_cast(s, bpf_core_type_id_kernel(struct kmem_cache));
		ev->requested = s->object_size;
		ev->allocated = s->size;
		return;
	}
	ev->requested = BPF_CORE_READ(s, object_size);
	ev->allocated = BPF_CORE_READ(s, size);
}

SEC("?raw_tp/kmem_cache_alloc")
int BPF_PROG(slab_alloc__rt, u64 site, u64 ptr, struct kmem_cache *s, u64 gfp, s32 node)
{
	struct hist_event ev = { .domain = MMT_DOMAIN_SLAB, .op = ptr ? MMT_OP_ALLOC : MMT_OP_FAILED, .site = site,
				 .ptr = ptr, .gfp = (u32)gfp, .node = node };

	if (!hist_wanted())
		return 0;
	slab_sizes(&ev, s);
	hist_add(ctx, &ev);
	return 0;
}

SEC("?raw_tp/kmem_cache_free")
int BPF_PROG(slab_free__rt, u64 site, u64 ptr, struct kmem_cache *s)
{
	struct hist_event ev = { .domain = MMT_DOMAIN_SLAB, .op = MMT_OP_FREE, .lane = LANE_FREE,
				 .site = site, .ptr = ptr };

	if (!hist_wanted())
		return 0;
	slab_sizes(&ev, s);
	hist_add(ctx, &ev);
	return 0;
}

SEC("?raw_tp/kfree")
int BPF_PROG(kfree__rt, u64 site, u64 ptr)
{
	struct hist_event ev = { .domain = MMT_DOMAIN_KMALLOC, .op = MMT_OP_FREE, .lane = LANE_FREE,
				 .site = site, .ptr = ptr };

	if (ptr && hist_wanted()) /* kfree(NULL) raises the event too */
		hist_add(ctx, &ev);
	return 0;
}
