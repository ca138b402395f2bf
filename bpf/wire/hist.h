/* SPDX-License-Identifier: GPL-2.0 */
/* What the hist object and user space share. */
#ifndef MMT_WIRE_HIST_H
#define MMT_WIRE_HIST_H

#include <linux/types.h>

enum mmt_hist_key_id {
#define HIST_KEY(NAME, n, ...) MMT_KEY_##NAME = n,
#include "wire/hist_keys.def"
#undef HIST_KEY
	MMT_KEY_COUNT,
	MMT_KEY_NONE = 0xff,
};

#define HK_BIT(n) (1u << (n))
enum mmt_hist_key_bit {
#define HIST_KEY(NAME, n, ...) HK_##NAME = HK_BIT(n),
#include "wire/hist_keys.def"
#undef HIST_KEY
};

enum mmt_domain {
#define DOMAIN(NAME, n, ...) MMT_DOMAIN_##NAME = n,
#include "wire/domains.def"
#undef DOMAIN
	MMT_DOMAIN_COUNT
};

/* What a domain is like. */
enum mmt_domain_flag {
	HD_SIZED = 1,           /* its events have sizes */
	HD_TIMED = 2,           /* and, or, durations */
	HD_DEFAULT = 4,         /* counted where none is named */
	HD_RECLAIM = 8,         /* counted by the word reclaim */
	HD_STALL = 16,          /* its times are lost to the thread */
	HD_WASTELESS = 32,      /* what is asked for is what is given */
	HD_FREES_SIZELESS = 64, /* its frees report no size */
	HD_SIZE_CLASSES = 128,  /* its caches are size classes */
};

/* What a row counts. */
enum mmt_hist_op {
	MMT_OP_ALLOC,    /* by size */
	MMT_OP_FREE,     /* by size where it is known, else bucket 0 */
	MMT_OP_FAILED,   /* allocations that failed, by size */
	MMT_OP_FALLBACK, /* page: taken from another migrate type, by order; k[0] = mmt_fallback */
	MMT_OP_NESTED,   /* vmalloc: its own arrays of pages */
	MMT_OP_LATENCY,  /* by duration; requested holds the sum of ns */
	MMT_OP_UNTIMED,  /* without a duration: faults that the kernel counted and no event came of */
	MMT_OP_COUNT
};

#define MMT_HIST_BUCKETS 64 /* bucket b > 0: [2^(b-1), 2^b), the last: from 2^62; 0: zero */
#define MMT_FALLBACK(from, to) ((__u64)(from) << 8 | (to))

struct mmt_hist_key {
	__u64 k[2]; /* values of the keys chosen, 0 where none */
	__u8 domain, op, bucket, pad;
	__u32 pad2;
};

/* Per CPU; sums over CPUs may wrap below zero on one of them. */
struct mmt_hist_row {
	__u64 count, requested, allocated;
};

/* Totals: slot of (domain, op, bucket); holds what has no row of its own. */
#define MMT_HIST_SLOT(domain, op, bucket) (((domain) * MMT_OP_COUNT + (op)) * MMT_HIST_BUCKETS + (bucket))
#define MMT_HIST_SLOTS (MMT_DOMAIN_COUNT * MMT_OP_COUNT * MMT_HIST_BUCKETS)

/* What is not in the counts, by cause. */
enum mmt_hist_loss {
	MMT_HIST_LOSS_UNPAIRED, /* faults whose start was not seen, or lost to another thread's */
	MMT_HIST_LOSS_STALLS,   /* no room to remember when a stall began */
	MMT_HIST_LOSS_OOMS,     /* no room for the line of an OOM kill */
	MMT_HIST_LOSS_PROCESSES, /* no room to follow a child */
	MMT_HIST_LOSS_THREADS, /* no room for what was counted for a thread */
	MMT_HIST_LOSS_COUNT
};

/* A process seen: key of the row is hist_process_id. */
struct mmt_hist_process {
	char comm[16];
	__u64 start_boottime;
	__u32 tgid;
	__u32 ended; /* nothing is counted for it any more */
};

struct mmt_hist_cache {
	char name[48];
	__u32 object_size, size;
};

#define MMT_REGIONS 8
enum mmt_region {
	MMT_REGION_LINEAR,  /* all physical memory: kmalloc, slab, pages */
	MMT_REGION_VMALLOC,
	MMT_REGION_VMEMMAP, /* struct pages */
	MMT_REGION_MODULES, /* and BPF programs */
	MMT_REGION_IMAGE,
	MMT_REGION_FIXMAP,
};
struct mmt_range { __u64 start, end; };

#define MMT_MODULE_RANGES 4
#define MMT_WRAPPERS 256 /* a power of two */

struct mmt_hist_config {
	__u8 by[2];          /* enum mmt_hist_key_id */
	__u8 filter_pid;     /* only processes in followed */
	__u8 filter_cgroup;  /* only tasks below hist_cgroup */
	__u8 follow;         /* children of processes in followed join them */
	__u8 look_through;   /* find the caller of wrapper functions on the stack */
	__u8 one_node;       /* the machine has node 0 only */
	__u8 bulk;           /* bulk page allocations have their own hook */
	__u8 node_bits;      /* of the number of a node, the highest of a struct page's flags; 0: not known */
	__u32 wrappers;      /* ranges in use in hist_wrappers */
	__u32 kmallocs;      /* ranges in use in kmalloc_inner */
	__u32 cpus, nodes;   /* that can exist */
	__u32 rows;          /* that hist_rows has room for */
	__u32 pad;
	__u64 cgroup_id;     /* of hist_cgroup */
	__u64 cgroup_root;   /* that user space sees as root (v2); 0: not known */
	__u64 size_min, size_max;
	struct mmt_range module[MMT_MODULE_RANGES]; /* only sites in these ... */
	__u64 modules;       /* ... if any are in use */
	struct mmt_range region[MMT_REGIONS]; /* index = region's number; end 0: not known */
	struct mmt_range kmalloc_inner[MMT_REGIONS]; /* call sites of the first of two events, see lib/kmalloc.bpf.h */
};
#endif
