/* SPDX-License-Identifier: GPL-2.0 */
/* Domain page: the page allocator. */
#include "lib/hist.bpf.h"
#include "lib/cast.bpf.h"

#define GFP_MIGRATE(gfp) (((gfp) >> 3) & 3) /* ___GFP_MOVABLE, ___GFP_RECLAIMABLE: gfp_migratetype() */

#define NODE_UNKNOWN -2

/* The node is in the highest bits of a page's flags, its first word. */
static __always_inline s64 page_node(u64 page)
{
	u64 node;

	if (hist_config.one_node)
		return 0;
	if (!hist_config.node_bits || !page)
		return NODE_UNKNOWN;
	node = word_at(page) >> (64 - hist_config.node_bits);
	return node < hist_config.nodes ? (s64)node : NODE_UNKNOWN;
}

static __always_inline void page_event(struct hist_event *ev, u8 op, u32 order, u64 page)
{
	ev->domain = MMT_DOMAIN_PAGE;
	ev->op = op;
	ev->order = order;
	ev->requested = ev->allocated = PAGE_SIZE << (order & 31);
	ev->node = page_node(page);
}

/* A bulk allocation in progress, by thread. */
struct bulk_open { u32 tid; u32 filled; u32 reported; u32 pad; };
#define BULK_SLOTS 4096
#define BULK_PAGES 1024
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, BULK_SLOTS);
	 __type(key, u32); __type(value, struct bulk_open); } bulk_opens SEC(".maps");

/* Pages that the caller's array holds already: they are in the return value. */
static __always_inline u32 bulk_filled(void *const *pages, u64 count)
{
	u32 n = 0;
	u64 page;

	for (; n < BULK_PAGES; n++)
		if (n >= count || bpf_probe_read_kernel(&page, 8, pages + n) || !page)
			break;
	return n;
}

static __always_inline void bulk_entered(void *ctx, u64 count)
{
	u32 tid = (u32)bpf_get_current_pid_tgid();
	struct bulk_open *open = thread_slot(&bulk_opens, tid, BULK_SLOTS);
	void *const *pages = 0;

	if (!open || !hist_wanted())
		return;
	bpf_get_func_arg(ctx, 5, (u64 *)&pages); /* direct reads of a pointer to a pointer are refused */
	open->filled = pages ? bulk_filled(pages, count) : 0;
	open->reported = 0;
	open->tid = tid;
}

/* The page that came last, into the caller's array or its list; 0: not known.  All that
 * the quick way finds are of one zone. */
static __noinline u64 bulk_last(void *ctx, u64 populated)
{
	u64 list = 0, pages = 0, page = 0;

	if (bpf_get_func_arg(ctx, 4, &list) || bpf_get_func_arg(ctx, 5, &pages))
		return 0;
	if (pages)
		return bpf_probe_read_kernel(&page, sizeof(page), (void *)(pages + 8 * (populated - 1))) ? 0 : page;
	if (!list || bpf_probe_read_kernel(&page, sizeof(page), (void *)list) || page == list)
		return 0;
	return page - bpf_core_field_offset(struct page, lru);
}

/* Where the quick way has no pages, one comes from the ordinary way, which reports it. */
static __always_inline void bulk_returned(void *ctx, u64 gfp, u64 populated)
{
	u32 tid = (u32)bpf_get_current_pid_tgid();
	struct bulk_open *open = thread_slot(&bulk_opens, tid, BULK_SLOTS);
	struct hist_event ev = { .gfp = (u32)gfp, .migrate = GFP_MIGRATE(gfp), .lane = LANE_BULK };
	u64 known;

	if (!open || open->tid != tid)
		return;
	open->tid = 0;
	known = open->filled + (open->reported ? 1 : 0);
	if (populated <= known)
		return;
	page_event(&ev, MMT_OP_ALLOC, 0, hist_config.node_bits ? bulk_last(ctx, populated) : 0);
	hist_add_many(ctx, &ev, populated - known);
}

SEC("?fentry/__alloc_pages_bulk")
int BPF_PROG(bulk_in__fe, u32 gfp, int nid, void *mask, int count)
{
	bulk_entered(ctx, count);
	return 0;
}

SEC("?fexit/__alloc_pages_bulk")
int BPF_PROG(bulk_out__fx, u32 gfp, int nid, void *mask, int count, void *list, void **pages, u64 ret)
{
	bulk_returned(ctx, gfp, ret);
	return 0;
}

SEC("?fentry/alloc_pages_bulk_noprof")
int BPF_PROG(bulk_in_np__fe, u32 gfp, int nid, void *mask, int count)
{
	bulk_entered(ctx, count);
	return 0;
}

SEC("?fexit/alloc_pages_bulk_noprof")
int BPF_PROG(bulk_out_np__fx, u32 gfp, int nid, void *mask, int count, void *list, void **pages, u64 ret)
{
	bulk_returned(ctx, gfp, ret);
	return 0;
}

SEC("?raw_tp/mm_page_alloc")
int BPF_PROG(page_alloc__rt, u64 page, u32 order, u64 gfp, u32 migrate)
{
	struct hist_event ev = { .gfp = (u32)gfp, .migrate = migrate };

	if (!hist_wanted())
		return 0;
	if (hist_config.bulk) {
		u32 tid = (u32)bpf_get_current_pid_tgid();
		struct bulk_open *open = thread_slot(&bulk_opens, tid, BULK_SLOTS);

		if (open && open->tid == tid && page && !order)
			open->reported++;
	}
	page_event(&ev, page ? MMT_OP_ALLOC : MMT_OP_FAILED, order, page);
	hist_add(ctx, &ev);
	return 0;
}

SEC("?raw_tp/mm_page_free")
int BPF_PROG(page_free__rt, u64 page, u32 order)
{
	struct hist_event ev = { .lane = LANE_FREE };

	if (!hist_wanted())
		return 0;
	page_event(&ev, MMT_OP_FREE, order, page);
	hist_add(ctx, &ev);
	return 0;
}

/* Its keys are the two migrate types, whatever --by asks for. */
SEC("?raw_tp/mm_page_alloc_extfrag")
int BPF_PROG(page_steal__rt, u64 page, u32 alloc_order, u32 fallback_order, u32 wanted, u32 taken)
{
	struct mmt_hist_key key = { .k = { MMT_FALLBACK(wanted, taken) }, .domain = MMT_DOMAIN_PAGE,
				    .op = MMT_OP_FALLBACK };
	struct hist_event ev = {};
	u64 bytes = PAGE_SIZE << (alloc_order & 31);

	if (!hist_wanted() || hist_config.modules) /* no site */
		return 0;
	key.bucket = log2_bucket(bytes);
	hist_add_to(&key, hist_row_get(&key, &ev), bytes, PAGE_SIZE << (fallback_order & 31), 1, false);
	return 0;
}
