/* SPDX-License-Identifier: GPL-2.0 */
/* Names of slab caches. */
#ifndef HOST_SLAB_H
#define HOST_SLAB_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* Bytes of "kmalloc-128", "kmalloc-cg-4k" and the like; 0: no such name. */
uint64_t slab_kmalloc_bytes(const char *name);
/* The name that the kernel itself uses for the cache: caches may be merged, and
 * then go by the name of one of them. */
int slab_name(const char *name, char *out, size_t size, struct error *e);
/* The other names of a cache, as "a, b, c": the kernel merges those that are alike, and all go by one of
 * them.  What has no room is "...". Empty: it has none, or they cannot be read. */
void slab_aliases(const char *name, char *out, size_t size);
/* Calls fn for each cache of /proc/slabinfo with its objects in use.  Places in the slabs of
 * CPUs count as used: fewer may be.  0, or -errno. */
int slab_each(void (*fn)(void *ctx, const char *name, uint64_t objects), void *ctx);

#endif
