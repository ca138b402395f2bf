/* SPDX-License-Identifier: GPL-2.0 */
/* Kernel functions that only pass an allocation on: as a call site they show
 * nothing, their caller does. */
#ifndef SYM_WRAPPER_H
#define SYM_WRAPPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sym/ksym.h"

struct wrapper_range { uint64_t start, end; };

bool wrapper_is(const char *function);
/* Where the running kernel has them, by address; returns their number, max at
 * most. */
size_t wrapper_ranges(const struct ksym_table *t, struct wrapper_range *out, size_t max);
/* Functions within which the first of two events of a large kmalloc has its call
 * site (bpf/lib/kmalloc.bpf.h). */
size_t wrapper_kmalloc_ranges(const struct ksym_table *t, struct wrapper_range *out, size_t max);

#endif
