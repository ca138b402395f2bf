/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SYM_VDSO_H
#define SYM_VDSO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The function at an offset in the kernel's [vdso], which each 64-bit process has alike, mmtrace too: from there, as it
 * is the kernel's own.  false: not known. */
bool vdso_find(uint64_t offset, char *name, size_t room, uint64_t *start);

#endif
