/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's address space as this kernel laid it out (x86-64, KASLR or not),
 * found by watching it serve allocations of ours. */
#ifndef PROBE_REGION_H
#define PROBE_REGION_H

#include "wire/hist.h"

/* Fills out[]: index = enum mmt_region; end 0: not known. text, end: bounds of
 * the kernel image from its symbols, 0: not shown. */
void region_find(struct mmt_range out[MMT_REGIONS], __u64 text, __u64 end, const char *btf);

#endif
