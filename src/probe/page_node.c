/* SPDX-License-Identifier: GPL-2.0 */
/* The configuration of a kernel is not always there to be read, but a type shows it: a
 * slab cache has an array of MAX_NUMNODES, 1 << CONFIG_NODES_SHIFT, pointers.  Numbers of
 * sections stand before the node only without CONFIG_SPARSEMEM_VMEMMAP, which x86-64 has. */
#include "probe/page_node.h"

#include <bpf/btf.h>
#include <string.h>

#include "probe/kernel_btf.h"

static __u32 max_nodes(const struct btf *btf)
{
	int id = btf__find_by_name_kind(btf, "kmem_cache", BTF_KIND_STRUCT);
	const struct btf_type *cache = id > 0 ? btf__type_by_id(btf, (__u32)id) : NULL;

	for (int i = 0; cache && i < btf_vlen(cache); i++) {
		const struct btf_member *m = &btf_members(cache)[i];
		const struct btf_type *type = btf__type_by_id(btf, m->type);

		if (!strcmp(btf__name_by_offset(btf, m->name_off), "node") && type && btf_is_array(type))
			return btf_array(type)->nelems;
	}
	return 0;
}

int page_node_bits(const char *path)
{
	const struct btf *btf = kernel_btf(path);
	__u32 nodes = btf ? max_nodes(btf) : 0;

	return nodes && !(nodes & (nodes - 1)) ? __builtin_ctz(nodes) : 0;
}
