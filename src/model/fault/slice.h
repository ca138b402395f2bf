/* SPDX-License-Identifier: GPL-2.0 */
/* Faults on a VMA by who made them, thread and mode: counted only where --by asks for it.
 * The slices of a VMA are all that it has, so that they add up to it. */
#ifndef MODEL_SLICE_H
#define MODEL_SLICE_H

#include <stdint.h>
#include <sys/types.h>

#include "base/map.h"
#include "model/fault/stat.h"

#define SLICES_MAX 32768 /* beyond these threads are not distinguished: some 1 KiB each */

/* Instead of a thread's id. */
#define THREAD_UNKNOWN 0 /* counted in the kernel by no thread, or beyond SLICES_MAX */
#define THREAD_ENDED (-1) /* of processes that ended long ago */

struct slice {
	pid_t tid;    /* executing thread; THREAD_UNKNOWN where threads are not asked for */
	uint8_t mode; /* enum mmt_mode; MMT_MODE_COUNT where modes are not asked for */
	struct fault_stat faults;
	uint32_t previous[MMT_CLASS_COUNT], added[MMT_CLASS_COUNT]; /* as those of a mapping */
	struct slice *next;
};

struct slices { struct slice *first; struct map by; /* thread and mode */ };

#endif
