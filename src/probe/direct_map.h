/* SPDX-License-Identifier: GPL-2.0 */
/* Where the kernel maps physical memory (x86-64), without kallsyms or kcore:
 * a page of ours holds a magic word, its PFN is in /proc/self/pagemap, and a
 * BPF program looks for the word at 1 GiB-aligned bases. */
#ifndef PROBE_DIRECT_MAP_H
#define PROBE_DIRECT_MAP_H
#include <stdint.h>

#include "wire/config.h"

struct direct_map {
	uint64_t base;
	int levels; /* of page tables: 4 or 5 */
};
/* 0, or a negative errno: classes are then coarse. */
int direct_map_find(struct direct_map *out);
/* Does the walk of page tables (peek__sc, which reads and fills shared) find the
 * frame that the kernel shows? 0, -ENXIO: another one, or a negative errno. */
int direct_map_check(int prog_fd, struct mmt_peek *shared);
#endif
