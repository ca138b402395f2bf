/* SPDX-License-Identifier: GPL-2.0 */
/* Domains direct, memcg, kswapd, compact: time between begin and end of a
 * thread.  Domains swapout and swapin: pages written to and read from swap. */
#include "lib/folio.bpf.h"
#include "lib/hist.bpf.h"
#include "lib/stall.bpf.h"

static __always_inline int reclaim_begin(u32 domain, u32 gfp, u32 order)
{
	if (hist_wanted() && !stall_open(domain, gfp, order))
		hist_lost(MMT_HIST_LOSS_STALLS);
	return 0;
}

static __always_inline int reclaim_end(void *ctx, u32 domain, s64 node)
{
	struct hist_event ev = { .domain = domain, .node = node };
	struct mmt_stall s = {};
	u64 ns = stall_close(domain, &s);

	if (!ns)
		return 0; /* begun before we were there */
	ev.gfp = s.gfp;
	ev.order = s.order;
	hist_add_time(ctx, &ev, ns);
	return 0;
}

SEC("?raw_tp/mm_vmscan_direct_reclaim_begin")
int BPF_PROG(direct_in__rt, u64 order, u64 gfp)
{
	return reclaim_begin(MMT_DOMAIN_DIRECT, gfp, order);
}

SEC("?raw_tp/mm_vmscan_direct_reclaim_end")
int BPF_PROG(direct_out__rt)
{
	return reclaim_end(ctx, MMT_DOMAIN_DIRECT, -1);
}

SEC("?raw_tp/mm_vmscan_memcg_reclaim_begin")
int BPF_PROG(memcg_in__rt, u64 order, u64 gfp)
{
	return reclaim_begin(MMT_DOMAIN_MEMCG, gfp, order);
}

SEC("?raw_tp/mm_vmscan_memcg_reclaim_end")
int BPF_PROG(memcg_out__rt)
{
	return reclaim_end(ctx, MMT_DOMAIN_MEMCG, -1);
}

/* A run, as the kernel counts them (pageoutrun), ends with the next or with sleep. */
SEC("?raw_tp/mm_vmscan_kswapd_wake")
int BPF_PROG(kswapd_in__rt, u64 node, u64 zone, u64 order)
{
	reclaim_end(ctx, MMT_DOMAIN_KSWAPD, (int)node);
	return reclaim_begin(MMT_DOMAIN_KSWAPD, 0, order);
}

SEC("?raw_tp/mm_vmscan_kswapd_sleep")
int BPF_PROG(kswapd_out__rt, u64 node)
{
	return reclaim_end(ctx, MMT_DOMAIN_KSWAPD, (int)node);
}

SEC("?raw_tp/mm_compaction_begin")
int BPF_PROG(compact_in__rt)
{
	return reclaim_begin(MMT_DOMAIN_COMPACT, 0, 0);
}

SEC("?raw_tp/mm_compaction_end")
int BPF_PROG(compact_out__rt)
{
	return reclaim_end(ctx, MMT_DOMAIN_COMPACT, -1);
}

static __always_inline int swap_pages(void *ctx, u32 domain, u64 pages)
{
	struct hist_event ev = { .domain = domain, .op = MMT_OP_ALLOC };

	ev.requested = ev.allocated = pages * PAGE_SIZE;
	if (hist_wanted())
		hist_add(ctx, &ev);
	return 0;
}

/* What is really written: neither what lost its place in swap meanwhile nor, from
 * 6.12 on, pages of zeros.  The kernel counts it there (pswpout). */
SEC("?fentry/__swap_writepage")
int BPF_PROG(swapout__fe, void *folio_or_page)
{
	return swap_pages(ctx, MMT_DOMAIN_SWAPOUT, folio_pages(folio_or_page));
}

SEC("?raw_tp/mm_vmscan_write_folio")
int BPF_PROG(swapout__rt, struct folio *folio)
{
	return swap_pages(ctx, MMT_DOMAIN_SWAPOUT, folio_pages(folio));
}

SEC("?fentry/swap_read_folio") /* from 6.5 on */
int BPF_PROG(swap_folio__fe, struct folio *folio)
{
	return swap_pages(ctx, MMT_DOMAIN_SWAPIN, folio_pages(folio));
}

SEC("?fentry/swap_readpage") /* to 6.4; one page */
int BPF_PROG(swap_page__fe, struct page *page)
{
	return swap_pages(ctx, MMT_DOMAIN_SWAPIN, 1);
}

SEC("?fentry/do_swap_page")
int BPF_PROG(swapin_in__fe, struct vm_fault *vmf)
{
	return reclaim_begin(MMT_DOMAIN_SWAPIN, 0, 0);
}

SEC("?fexit/do_swap_page")
int BPF_PROG(swapin_out__fx, struct vm_fault *vmf, unsigned int ret)
{
	return reclaim_end(ctx, MMT_DOMAIN_SWAPIN, -1);
}
