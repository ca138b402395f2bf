/* SPDX-License-Identifier: GPL-2.0 */
/* Where the kernel keeps its struct pages, and what of them is read. */
#ifndef PROBE_PAGE_STRUCT_H
#define PROBE_PAGE_STRUCT_H

#include <stdint.h>

struct page_structs {
	uint64_t base;     /* address of that of frame 0; 0: not found */
	uint32_t size, refcount; /* bytes of one; offset of _refcount, a multiple of 4 */
};

/* btf: as for kernel_btf(). */
void page_structs_find(struct page_structs *out, const char *btf);

#endif
