/* SPDX-License-Identifier: GPL-2.0 */
/* One OOM kill, at the moment the victim is chosen. */
#ifndef MMT_WIRE_OOM_H
#define MMT_WIRE_OOM_H

#include <linux/types.h>

#include "wire/cgroup.h"

#define MMT_OOM_FRAMES 32
#define MMT_OOM_UNKNOWN (~0ull)

struct mmt_oom {
	__u64 time;              /* CLOCK_MONOTONIC */
	__u64 start_boottime;    /* of the victim */
	__u32 pid, uid;          /* victim, initial namespaces */
	__u32 by_pid;            /* who asked for memory */
	__s32 oom_score_adj;
	__u64 anon, file, shmem, swap, vsize, pgtables; /* of the victim, bytes */
	__u64 free;              /* pages free in all zones, bytes; MMT_OOM_UNKNOWN */
	__u64 cgroup_usage, cgroup_max; /* nearest limit above the victim, bytes; MMT_OOM_UNKNOWN: none */
	__u64 stack[MMT_OOM_FRAMES]; /* says why: 0 ends it */
	char comm[16], by_comm[16];
	char cgroup[64];         /* name of the victim's: the last of its path */
};

/* As it comes from the kernel. */
struct mmt_oom_record { struct mmt_oom oom; struct mmt_cgroup_path path; };
#endif
