/* SPDX-License-Identifier: GPL-2.0 */
/* What user space sets for the BPF programs before they are loaded. */
#ifndef MMT_WIRE_CONFIG_H
#define MMT_WIRE_CONFIG_H

#include <linux/types.h>

/* Which processes are traced. */
enum mmt_scope {
	MMT_SCOPE_LIST,   /* those in the targets map, and their children */
	MMT_SCOPE_CGROUP, /* those of a cgroup, at first sight put into the map */
	MMT_SCOPE_ALL,    /* every user process but self */
};

/* How frames are found. */
enum mmt_stack_mode {
	MMT_STACK_AUTO,  /* by tables; by frame pointers where code has no unwind information */
	MMT_STACK_TABLE, /* by tables only */
	MMT_STACK_FP,    /* by frame pointers only */
};

#define MMT_FAULT_ENTRIES 2

struct mmt_config {
	__u64 direct_map;  /* virtual address of physical page 0; 0 = no page-table peek */
	__u32 levels;      /* page-table levels: 4 or 5 */
	__u32 follow;      /* children become targets */
	__u32 wake_bytes;  /* wake the reader when the data ring holds this much */
	__u32 filter_tid;  /* only threads in the tids map */
	__u32 residual;    /* what the kernel counted beyond the faults seen is reported: GUP, sampling */
	__u32 calls;       /* report VMA-changing calls and stack growth */
	__u32 code;        /* faults and calls come with the user's instruction pointer */
	__u32 control_bytes; /* size of the control ring */
	__u32 scope;       /* enum mmt_scope */
	__u32 self;        /* tgid of mmtrace */
	__u32 keeper;      /* and of one of its children whose own open files for it; 0: there are none */
	__u32 stacks;      /* call stacks are taken: frames that each has at most; 0: none */
	__u32 stack_mode;  /* enum mmt_stack_mode */
	__u32 stack_user, stack_kernel; /* which of their frames */
	struct { __u64 from, size; } fault_entry[MMT_FAULT_ENTRIES]; /* functions from which each fault comes to the hooks */
	__u32 swap_marker, swap_special; /* types of entries without a page: markers; no swap areas from here on */
};

/* What user space may change while programs run. */
struct mmt_tuning {
	__u32 on;        /* faults and calls count: set when all hooks are in, cleared before the first goes */
	__u32 aggregate; /* aggregate everything, stream nothing */
	__u32 sample;    /* 1 in so many minor faults is looked at; 0 and 1: all */
	__u32 no_peek;   /* the walk of page tables does not work here */
	__u64 since;     /* CLOCK_BOOTTIME when it was set on: no fork was reported of older processes */
};

/* A page of user space's own, and what the walk of page tables says of it. */
struct mmt_peek {
	__u64 addr;
	__u64 entry;
	__u32 state; /* enum pte_state */
};

/* A target process: value of the targets map, key tgid. */
struct mmt_target {
	__u32 flags; /* 0 for now */
};

/* Data rings: CPU n writes to ring n modulo this; a power of two. */
#define MMT_RINGS 64

/* Bit of a key in target_filter and mm_filter (bpf/lib/maps.bpf.h). */
#define MMT_FILTER_HASH(key) ((__u64)(key) * 0x9e3779b97f4a7c15ull >> 48)

#endif
