/* SPDX-License-Identifier: GPL-2.0 */
/* VMAs that were announced to user space: a mark of 64 bits for each, in one cache line,
 * where a hash map would cost a process of many VMAs some misses at each fault. */
#ifndef MMT_ANNOUNCED_BPF_H
#define MMT_ANNOUNCED_BPF_H

#include "maps.bpf.h"

#define ANNOUNCED_SETS 32768
#define ANNOUNCED_WAYS 8

/* A mark pushed out only makes its VMA be announced again. */
struct announced_set { u64 marks[ANNOUNCED_WAYS]; };
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, ANNOUNCED_SETS);
	 __type(key, u32); __type(value, struct announced_set); } vmas_announced SEC(".maps");

static __always_inline u64 announced_mix(u64 h, u64 v)
{
	h = (h ^ v) * 0x9e3779b97f4a7c15ull;
	return h ^ h >> 32;
}

/* Never 0.  The end of a stack is its anchor; other VMAs are announced again when they grew. */
static __always_inline u64 announced_mark(const struct mmt_vma *facts, u32 mm_id)
{
	return announced_mix(announced_mix(announced_mix(announced_mix(1, facts->anchor), facts->end), facts->sig), mm_id) | 1;
}

static __always_inline struct announced_set *announced_set(u64 mark)
{
	u32 number = mark >> 40 & (ANNOUNCED_SETS - 1);

	return bpf_map_lookup_elem(&vmas_announced, &number);
}

/* Global: its loop is verified once. */
__noinline __weak int announced_has(u64 mark)
{
	struct announced_set *set = announced_set(mark);

	for (int i = 0; set && i < ANNOUNCED_WAYS; i++)
		if (set->marks[i] == mark)
			return true;
	return false;
}

__noinline __weak int announced_add(u64 mark)
{
	struct announced_set *set = announced_set(mark);

	if (!set)
		return 0;
	for (int i = 0; i < ANNOUNCED_WAYS; i++)
		if (!set->marks[i]) {
			set->marks[i] = mark;
			return 0;
		}
	/* of two that share a set, none must push out the other again and again */
	set->marks[bpf_get_prandom_u32() & (ANNOUNCED_WAYS - 1)] = mark;
	return 0;
}
#endif
