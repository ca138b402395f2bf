/* SPDX-License-Identifier: GPL-2.0 */
/* Times a thread loses between two hooks.  Preallocated: these hooks run where
 * memory is short. */
#ifndef MMT_STALL_BPF_H
#define MMT_STALL_BPF_H

#include "kernel.bpf.h"
#include "wire/stall.h"

struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 8192);
	 __type(key, struct mmt_stall_key); __type(value, struct mmt_stall); } stalls SEC(".maps");

/* false: no room for it. */
static __always_inline bool stall_open(u32 kind, u32 gfp, u32 order)
{
	struct mmt_stall_key key = { .tid = bpf_get_current_pid_tgid(), .kind = kind };
	struct mmt_stall s = { .begun = bpf_ktime_get_ns(), .gfp = gfp, .order = order };

	return !bpf_map_update_elem(&stalls, &key, &s, BPF_ANY);
}

/* ns since it was opened, and what was noted then; 0: it was not. */
static __always_inline u64 stall_close(u32 kind, struct mmt_stall *out)
{
	struct mmt_stall_key key = { .tid = bpf_get_current_pid_tgid(), .kind = kind };
	struct mmt_stall *s = bpf_map_lookup_elem(&stalls, &key);
	u64 ns;

	if (!s)
		return 0;
	*out = *s;
	ns = bpf_ktime_get_ns() - s->begun;
	bpf_map_delete_elem(&stalls, &key);
	return ns ? ns : 1;
}
#endif
