/* SPDX-License-Identifier: GPL-2.0 */
/* Values of maps: counters by CPU, rows made at first sight, slots by thread. */
#ifndef MMT_COUNT_BPF_H
#define MMT_COUNT_BPF_H

#include "kernel.bpf.h"

/* Adds to a counter in a per-CPU array.  Not atomic: an interrupt in the middle
 * may lose what another program counts under the same number. */
static __always_inline void percpu_add(void *map, u32 which, u64 add)
{
	u64 *n = bpf_map_lookup_elem(map, &which);

	if (n)
		*n += add;
}

/* Puts a value in for a key that has none.  0: no room. */
static __always_inline void *value_make(void *map, const void *key, const void *empty)
{
	bpf_map_update_elem(map, key, empty, BPF_NOEXIST);
	return bpf_map_lookup_elem(map, key); /* another CPU may have been first */
}

static __always_inline void *value_get(void *map, const void *key, const void *empty)
{
	void *value = bpf_map_lookup_elem(map, key);

	return value ? value : value_make(map, key, empty);
}

/* What a thread leaves between two hooks, in an array of a power of two slots: no
 * look-up in a hash, no deletion.  Threads may share a slot: the begin writes the
 * thread's id into it, and the end finds by that whether it is still its own. */
static __always_inline void *thread_slot(void *array, u32 tid, u32 slots)
{
	u32 slot = tid & (slots - 1);

	return bpf_map_lookup_elem(array, &slot);
}
#endif
