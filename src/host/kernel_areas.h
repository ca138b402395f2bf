/* SPDX-License-Identifier: GPL-2.0 */
/* What /proc shows of the kernel's own memory. */
#ifndef HOST_KERNEL_AREAS_H
#define HOST_KERNEL_AREAS_H

#include <stddef.h>
#include <stdint.h>

/* Addresses of symbols of the kernel image, functions or not; 0: not shown. */
void kallsyms_find(const char *const *names, uint64_t *addr, size_t n);

/* A line of /proc/vmallocinfo; size: with its guard page. caller: without offset; "": none.
 * unpurged: it was freed, and the addresses are not reused yet. */
struct vmalloc_area { uint64_t size; char caller[96]; int unpurged; };
/* Calls fn for each; 0 or a negative errno. */
int vmalloc_each(void (*fn)(void *ctx, const struct vmalloc_area *a), void *ctx);
/* A line of /proc/modules; start 0: hidden. */
struct module_area { uint64_t start, size; char name[64]; };
int modules_each(void (*fn)(void *ctx, const struct module_area *m), void *ctx);
/* A line of /proc/meminfo in bytes; UINT64_MAX: not there. */
uint64_t meminfo_bytes(const char *key);

#endif
