/* SPDX-License-Identifier: GPL-2.0 */
/* Which numbers page-table entries without a page have: those of swap areas count up from 0,
 * special ones lie above, and how many there are depends on the kernel's configuration
 * (include/linux/swap.h: SWP_PTE_MARKER, SWP_MIGRATION_READ, MAX_SWAPFILES). */
#ifndef HOST_SWAP_TYPES_H
#define HOST_SWAP_TYPES_H

#include <stdint.h>

struct swap_types {
	uint32_t marker;  /* userfaultfd's write protection, poison, guard */
	uint32_t special; /* this and all above are no swap areas */
};

/* Looks at a marker of its own; where it can make none, the kernel's version decides. */
void swap_types_find(struct swap_types *out);
/* Areas in use. */
uint32_t swap_areas(void);

#endif
