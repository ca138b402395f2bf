/* SPDX-License-Identifier: GPL-2.0 */
/* Where the kernel maps physical memory (x86-64), without kallsyms or kcore:
 * a page of ours holds a magic word, its PFN is in /proc/self/pagemap, and a
 * BPF program looks for the word at 1 GiB-aligned bases. */
#ifndef PROBE_DIRECT_MAP_H
#define PROBE_DIRECT_MAP_H
#include <stdint.h>
struct direct_map {
	uint64_t base;
	int levels; /* of page tables: 4 or 5 */
};
/* 0, or a negative errno: classes are then coarse. */
int direct_map_find(struct direct_map *out);
#endif
