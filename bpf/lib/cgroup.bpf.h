/* SPDX-License-Identifier: GPL-2.0 */
#ifndef MMT_CGROUP_BPF_H
#define MMT_CGROUP_BPF_H

#include "kernel.bpf.h"

#define CGROUP_DEPTH 32

/* Is the task, current or not, in the cgroup (v2) of that number or below it? */
static __always_inline bool task_in_cgroup(struct task_struct *task, u64 id)
{
	struct cgroup *c = BPF_CORE_READ(task, cgroups, dfl_cgrp);

	for (int i = 0; i < CGROUP_DEPTH && c; i++) {
		struct cgroup_subsys_state *parent;

		if (BPF_CORE_READ(c, kn, id) == id)
			return true;
		parent = BPF_CORE_READ(c, self.parent);
		c = parent ? BPF_CORE_READ(parent, cgroup) : 0;
	}
	return false;
}
#endif
