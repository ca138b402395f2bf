/* SPDX-License-Identifier: GPL-2.0 */
/* What `mmtrace leak` and its BPF programs agree on.  Fixed width, no pointers
 * but kernel addresses as numbers. */
#ifndef MMT_WIRE_LEAK_H
#define MMT_WIRE_LEAK_H

#include <linux/types.h>

enum mmt_leak_domain {
	MMT_LEAK_KMALLOC, /* kmalloc, large kmalloc too; objects by address */
	MMT_LEAK_SLAB,    /* kmem_cache_alloc; objects by address */
	MMT_LEAK_VMALLOC, /* areas of the vmalloc range, by address */
	MMT_LEAK_PAGE,    /* blocks of the page allocator, by struct page */
	MMT_LEAK_DOMAINS
};

enum mmt_leak_loss {
#define LEAK_LOSS(NAME, lost, key, help) MMT_LEAK_##NAME,
#include "leak_loss.def"
#undef LEAK_LOSS
	MMT_LEAK_LOSSES
};

struct mmt_leak_config {
	__u64 min_bytes, max_bytes; /* only allocations of this size; max 0: any */
	__u64 slab_bytes;  /* only kmalloc of this size; 0: any */
	char slab[32];     /* only kmem_cache_alloc from the cache of this name; "": any */
	__u32 domains;     /* bits 1 << enum mmt_leak_domain */
	__u32 sample;      /* one of so many addresses; 0 and 1: all */
	__u32 filter_pid;  /* only allocations by processes in followed */
	__u32 follow;      /* their children join them */
	__u32 stacks;      /* kernel stacks of slab and kmalloc too */
	__u32 self;        /* tgid of mmtrace: not traced */
};

/* Where allocations come from. */
struct mmt_leak_key {
	__u64 site;   /* address that the kernel gives as call site; 0: see the stack */
	__u64 what;   /* slab: the kmem_cache; else the bytes of each allocation */
	__u32 domain; /* enum mmt_leak_domain */
	__s32 stack;  /* id in the stacks map; with MMT_LEAK_MORE_STACKS, in the other one; negative: none */
};
#define MMT_LEAK_MORE_STACKS (1 << 24)

#define MMT_LEAK_STACK 24 /* frames, innermost first; the first ones are the tracer's and the allocator's */
#define MMT_LEAK_NAME 32

/* A row of the sites map; its index is the site's number, 0 is none. */
struct mmt_leak_site {
	struct mmt_leak_key key;
	__u64 bytes;   /* that each allocation takes */
	__u32 wanted;  /* the filters take it */
	__u32 ready;   /* filled */
	char cache[MMT_LEAK_NAME];
};

/* Per-CPU counters of a site. In the table now: held - released - reused. */
struct mmt_leak_count {
	__u64 held;     /* put into the table */
	__u64 released; /* freed */
	__u64 reused;   /* its address was allocated again: the free was not seen */
};

/* An allocation that was not freed yet. */
struct mmt_leak_object {
	__u64 jiffies; /* when it was allocated: much cheaper than a clock, and enough for an age */
	__u32 site;
	__u32 tid;  /* who allocated */
};

#endif
