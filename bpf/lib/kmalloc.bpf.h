/* SPDX-License-Identifier: GPL-2.0 */
/* Whether a large kmalloc, one that takes whole pages, raises two events.
 *
 * Never on 6.1.  Since 6.10 it does where the size is not known to the compiler
 * (mm/slub.c: __do_kmalloc_node() reports it, and so does
 * __kmalloc_large_node_noprof(), which it calls): the event `kmalloc` comes twice
 * with one pointer, from one thread, no page allocated between: first with a call
 * site inside kmalloc itself, then with the caller's.  (Measured: once on 6.1,
 * twice on 6.12 and 6.18.)  No event kmem_cache_alloc or the like is raised.
 *
 * So a large one is counted once everywhere, by what each has at hand:
 * hist leaves out the event whose call site is inside kmalloc (it has the symbols);
 * leak lets the second replace the first in its table, by pointer, size and thread;
 * top leaves out the second, by pointer and thread without pages taken between. */
#ifndef MMT_KMALLOC_BPF_H
#define MMT_KMALLOC_BPF_H

#include "kernel.bpf.h"

#define KMALLOC_CACHE_MAX 8192 /* of x86-64: two pages */

/* May one with so many bytes, asked for or given, raise two events? */
static __always_inline bool kmalloc_is_large(u64 bytes)
{
	return bytes > KMALLOC_CACHE_MAX;
}
#endif
