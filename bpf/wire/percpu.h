/* SPDX-License-Identifier: GPL-2.0 */
/* Where the kernel's per-CPU variables lie in each CPU's part, from the BTF. */
#ifndef MMT_WIRE_PERCPU_H
#define MMT_WIRE_PERCPU_H

#include <linux/types.h>

struct mmt_percpu {
	__u64 runqueues, current_task, this_cpu_off, preempt_count;
};
#endif
