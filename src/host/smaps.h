/* SPDX-License-Identifier: GPL-2.0 */
/* /proc/PID/smaps and maps: the VMAs of a process as the kernel describes them. */
#ifndef HOST_SMAPS_H
#define HOST_SMAPS_H

#include <stdint.h>
#include <sys/types.h>

enum smaps_key {
#define SMAPS(ID, key) SMAPS_##ID,
#include "host/smaps.def"
#undef SMAPS
	SMAPS_KEYS
};

#define SMAPS_UNKNOWN UINT64_MAX

struct smaps_vma {
	uint64_t start, end, offset, ino;
	uint32_t dev;                /* major << 20 | minor */
	char perm[5];
	uint64_t amount[SMAPS_KEYS]; /* bytes; SMAPS_UNKNOWN: this kernel has no such line */
	char flags[128];             /* VmFlags, "rd ex mr"; empty in maps */
	const char *name;            /* as it stands there; "": none. Until fn() returns */
};

/* Calls fn for each VMA of a thread's /proc/TID/smaps, or maps; 0 or a negative errno. A process that has no
 * address space any more has none. */
int smaps_read(pid_t tid, void (*fn)(void *ctx, const struct smaps_vma *v), void *ctx);
int maps_read(pid_t tid, void (*fn)(void *ctx, const struct smaps_vma *v), void *ctx);

#endif
