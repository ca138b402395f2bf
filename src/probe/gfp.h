/* SPDX-License-Identifier: GPL-2.0 */
/* What the kernel's BTF shows of the flags of allocations. */
#ifndef PROBE_GFP_H
#define PROBE_GFP_H

#include <stdbool.h>
#include <stdint.h>

/* Calls fn for each enumerator ___GFP_*_BIT; false: there are none (before 6.10).
 * btf: a file, or NULL for the kernel's own. */
bool gfp_each_bit(const char *btf, void (*fn)(void *ctx, const char *enumerator, uint64_t bit), void *ctx);

#endif
