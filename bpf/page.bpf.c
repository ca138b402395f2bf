/* SPDX-License-Identifier: GPL-2.0 */
/* Domain page: the page allocator. */

#define GFP_MIGRATE(gfp) (((gfp) >> 3) & 3) /* ___GFP_MOVABLE, ___GFP_RECLAIMABLE: gfp_migratetype() */

static __always_inline void page_event(struct hist_event *ev, u8 op, u32 order)
{
	ev->domain = MMT_DOMAIN_PAGE;
	ev->op = op;
	ev->order = order;
	ev->requested = ev->allocated = PAGE_SIZE << (order & 31);
	ev->node = hist_config.one_node ? 0 : -2; /* where there are more: not known */
}

SEC("?raw_tp/mm_page_alloc")
int BPF_PROG(page_alloc__rt, u64 page, u32 order, u64 gfp, u32 migrate)
{
	struct hist_event ev = { .gfp = (u32)gfp, .migrate = migrate };

	if (!hist_wanted())
		return 0;
	page_event(&ev, page ? MMT_OP_ALLOC : MMT_OP_FAILED, order);
	hist_add(ctx, &ev);
	return 0;
}

SEC("?raw_tp/mm_page_free")
int BPF_PROG(page_free__rt, u64 page, u32 order)
{
	struct hist_event ev = {};

	if (!hist_wanted())
		return 0;
	page_event(&ev, MMT_OP_FREE, order);
	hist_add(ctx, &ev);
	return 0;
}

/* Its keys are the two migrate types, whatever --by asks for. */
SEC("?raw_tp/mm_page_alloc_extfrag")
int BPF_PROG(page_frag__rt, u64 page, u32 alloc_order, u32 fallback_order, u32 wanted, u32 taken)
{
	struct mmt_hist_key key = { .k = { MMT_FALLBACK(wanted, taken) }, .domain = MMT_DOMAIN_PAGE,
				    .op = MMT_OP_FALLBACK };
	struct hist_event ev = {};
	u64 bytes = PAGE_SIZE << (alloc_order & 31);

	if (!hist_wanted())
		return 0;
	key.bucket = log2_bucket(bytes);
	hist_add_to(&key, hist_row_get(&key, &ev), bytes, PAGE_SIZE << (fallback_order & 31));
	return 0;
}
