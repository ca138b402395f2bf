/* SPDX-License-Identifier: GPL-2.0 */
/* Flags of allocations (gfp_t) by name.  Their bits differ by kernel version and
 * configuration. */
#ifndef SYM_GFP_H
#define SYM_GFP_H

#include <stddef.h>
#include <stdint.h>

#define GFP_BITS 32

struct gfp_names {
	char bit[GFP_BITS][24]; /* "ZERO"; "": no name */
};

/* Those that all kernels from 6.1 on have in the same place. */
void gfp_defaults(struct gfp_names *n);
/* Learns one from an enumerator of the kernel, as ___GFP_ZERO_BIT (6.10 and later). */
void gfp_learn(struct gfp_names *n, const char *enumerator, uint64_t bit);
/* "GFP_KERNEL|__GFP_ZERO"; bits without a name in hex. Returns out. */
char *gfp_text(const struct gfp_names *n, uint64_t gfp, char *out, size_t size);

#endif
