/* SPDX-License-Identifier: GPL-2.0 */
#include "probe/page_struct.h"

#include <bpf/btf.h>
#include <string.h>

#include "probe/kernel_btf.h"
#include "probe/region.h"

/* Offset in bytes of a member that stands in the struct itself; false: it has none. */
static bool member_offset(const struct btf *btf, const struct btf_type *type, const char *name, uint32_t *offset)
{
	for (int i = 0; i < btf_vlen(type); i++) {
		if (strcmp(btf__name_by_offset(btf, btf_members(type)[i].name_off), name))
			continue;
		*offset = btf_member_bit_offset(type, (__u32)i) / 8;
		return true;
	}
	return false;
}

void page_structs_find(struct page_structs *out, const char *path)
{
	struct mmt_range regions[MMT_REGIONS];
	const struct btf *btf = kernel_btf(path);
	int id = btf ? btf__find_by_name_kind(btf, "page", BTF_KIND_STRUCT) : -1;
	const struct btf_type *page = id > 0 ? btf__type_by_id(btf, (__u32)id) : NULL;

	*out = (struct page_structs){ 0 };
	if (!page || !member_offset(btf, page, "_refcount", &out->refcount))
		return;
	out->size = page->size;
	region_find(regions, 0, 0, path);
	out->base = regions[MMT_REGION_VMEMMAP].start;
}
