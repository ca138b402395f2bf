/* SPDX-License-Identifier: GPL-2.0 */
#include "probe/gfp.h"

#include <bpf/btf.h>
#include <string.h>

#include "probe/kernel_btf.h"

static bool is_gfp_enum(const struct btf *btf, const struct btf_type *t)
{
	const char *first = btf_is_enum(t) && btf_vlen(t) ? btf__name_by_offset(btf, btf_enum(t)[0].name_off) : NULL;

	return first && !strncmp(first, "___GFP_", 7);
}

bool gfp_each_bit(const char *btf_path, void (*fn)(void *ctx, const char *enumerator, uint64_t bit), void *ctx)
{
	const struct btf *btf = kernel_btf(btf_path);
	bool found = false;

	for (__u32 id = 1; btf && !found && id < btf__type_cnt(btf); id++) {
		const struct btf_type *t = btf__type_by_id(btf, id);

		found = is_gfp_enum(btf, t);
		for (__u16 i = 0; found && i < btf_vlen(t); i++)
			fn(ctx, btf__name_by_offset(btf, btf_enum(t)[i].name_off), (__u32)btf_enum(t)[i].val);
	}
	return found;
}
