/* SPDX-License-Identifier: GPL-2.0 */
/* What the programs of `mmtrace top` and user space share: one row per process,
 * only ever added to, and what the iterator reports of each thread. */
#ifndef MMT_WIRE_TOP_H
#define MMT_WIRE_TOP_H

#include <linux/types.h>

struct mmt_top_config {
	__u32 cpus;       /* CPUs that can exist */
	__u32 listed;     /* only processes that have a row already */
	__u32 cgroup;     /* only threads below this cgroup: */
	__u32 pad;
	__u64 cgroup_id;
};

/* A process: its id together with the start distinguishes reused ids. */
struct mmt_top_key {
	__u64 start_boottime; /* ns, CLOCK_BOOTTIME */
	__u32 tgid;
	__u32 pad;
};

/* Rows of tgid 0 are no processes: start_boottime is one of these. */
enum mmt_top_special {
	MMT_TOP_IRQ,  /* allocated in interrupts, or by an idle CPU */
	MMT_TOP_FULL, /* by processes that found no room in the table */
};

enum mmt_top_alloc { MMT_TOP_KMALLOC, MMT_TOP_SLAB, MMT_TOP_PAGES, MMT_TOP_ALLOCS };
enum mmt_top_stall { MMT_TOP_DIRECT, MMT_TOP_MEMCG, MMT_TOP_COMPACT, MMT_TOP_STALLS };

/* Totals since attach. */
struct mmt_top_row {
	__u64 alloc_count[MMT_TOP_ALLOCS], alloc_bytes[MMT_TOP_ALLOCS];
	__u64 stall_count[MMT_TOP_STALLS]; /* begun */
	__u64 stall_ns[MMT_TOP_STALLS];    /* ended */
	__u64 swap_ins;                    /* pages */
	__u64 mmap_bytes, munmap_bytes;    /* only when calls are asked for */
	__u64 exit_min, exit_maj;          /* of its threads that have ended */
	char comm[16];                     /* at the first event, then of the leader when a thread ended */
	__u32 dead;                        /* no thread is left that lives */
	__u32 pad;
};

enum mmt_top_task_flag {
	MMT_TOP_LEADER = 1, /* the numbers of the dead threads are here */
	MMT_TOP_MM = 2,     /* the numbers of the address space are here */
};

/* One thread, from the iterator. */
struct mmt_top_task {
	struct mmt_top_key key;
	__u32 tid;
	__u32 flags; /* enum mmt_top_task_flag */
	__u64 min_flt, maj_flt;   /* this thread's */
	__u64 dead_min, dead_maj; /* of the process's released threads */
	__u64 rss, vsize, brk;    /* bytes; brk: size of the heap */
	char comm[16];
};

enum mmt_top_loss {
	MMT_TOP_ROWS_FULL,   /* events added to the row MMT_TOP_FULL */
	MMT_TOP_STALLS_FULL, /* stalls counted without their time */
	MMT_TOP_LOSSES
};
#endif
