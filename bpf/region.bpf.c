/* SPDX-License-Identifier: GPL-2.0 */
/* Learns the kernel's layout from what it does for us: the bounds it gives to a
 * vmalloc, and the struct page of a page whose number we can look up. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define REGION_PAGES 64

u32 region_tid;
u64 region_vmalloc_start, region_vmalloc_end;
u64 region_pages[REGION_PAGES]; /* the last struct pages given to our thread */
u32 region_page_count;

static __always_inline bool ours(void)
{
	return (u32)bpf_get_current_pid_tgid() == region_tid;
}

SEC("?raw_tp/alloc_vmap_area")
int BPF_PROG(region_vmap__rt, u64 addr, u64 size, u64 align, u64 vstart, u64 vend)
{
	if (ours()) {
		region_vmalloc_start = vstart;
		region_vmalloc_end = vend;
	}
	return 0;
}

SEC("?fexit/alloc_vmap_area")
int BPF_PROG(region_vmap__fx, u64 size, u64 align, u64 vstart, u64 vend)
{
	if (ours()) {
		region_vmalloc_start = vstart;
		region_vmalloc_end = vend;
	}
	return 0;
}

SEC("?raw_tp/mm_page_alloc")
int BPF_PROG(region_page__rt, u64 page)
{
	if (ours())
		region_pages[region_page_count++ & (REGION_PAGES - 1)] = page;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
