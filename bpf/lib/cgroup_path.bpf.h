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

struct path_walk { struct mmt_cgroup_path *path; u64 node, own; u32 used; };

/* One name.  1: it was the last. */
static long path_step(u32 i, struct path_walk *w)
{
	struct kernfs_node *kn = (void *)w->node, *parent = kernfs_parent(kn);
	u32 used = w->used;
	long n;

	if (!parent || BPF_CORE_READ(kn, id) == w->own) {
		w->path->end = parent ? MMT_CGROUP_OWN : MMT_CGROUP_ROOT;
		return 1;
	}
	if (used >= MMT_CGROUP_ROOM)
		return 1;
	n = bpf_probe_read_kernel_str(w->path->names + used, MMT_CGROUP_NAME, BPF_CORE_READ(kn, name));
	if (n <= 0 || n > MMT_CGROUP_NAME)
		return 1;
	w->used = used + n;
	w->node = (u64)parent;
	return 0;
}

/* The names from a cgroup's directory up to the one of that id, or to the root.  What is behind
 * path->size stays as it was.  A loop of the kernel's, which the verifier walks once. */
__noinline __weak int cgroup_path_read(struct mmt_cgroup_path *path, u64 node, u64 own)
{
	struct path_walk w = { .path = path, .node = node, .own = own };

	if (!path)
		return 0;
	path->end = MMT_CGROUP_CUT;
	bpf_loop(CGROUP_LEVELS, path_step, &w, 0);
	path->size = w.used;
	path->done = 1;
	return 0;
}
#endif
