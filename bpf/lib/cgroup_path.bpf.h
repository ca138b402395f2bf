/* SPDX-License-Identifier: GPL-2.0 */
#ifndef MMT_CGROUP_PATH_BPF_H
#define MMT_CGROUP_PATH_BPF_H

#include "kernel.bpf.h"
#include "wire/cgroup.h"

#define CGROUP_LEVELS 32

static __always_inline struct kernfs_node *kernfs_parent(struct kernfs_node *kn)
{
	struct kernfs_node___v614 *old = (void *)kn;

	return bpf_core_field_exists(kn->__parent) ? BPF_CORE_READ(kn, __parent) : BPF_CORE_READ(old, parent);
}

/* The names from a cgroup's directory up to the one of that id, or to the root.  What is behind
 * path->size stays as it was. */
__noinline __weak int cgroup_path_read(struct mmt_cgroup_path *path, u64 node, u64 own)
{
	struct kernfs_node *kn = (void *)node, *parent;
	u32 used = 0;
	long n;

	if (!path)
		return 0;
	path->end = MMT_CGROUP_CUT;
	for (int i = 0; i < CGROUP_LEVELS && kn; i++) {
		parent = kernfs_parent(kn);
		if (!parent || BPF_CORE_READ(kn, id) == own) {
			path->end = parent ? MMT_CGROUP_OWN : MMT_CGROUP_ROOT;
			break;
		}
		if (used >= MMT_CGROUP_ROOM)
			break;
		n = bpf_probe_read_kernel_str(path->names + used, MMT_CGROUP_NAME, BPF_CORE_READ(kn, name));
		if (n <= 0 || n > MMT_CGROUP_NAME)
			break;
		used += n;
		kn = parent;
	}
	path->size = used;
	path->done = 1;
	return 0;
}
#endif
