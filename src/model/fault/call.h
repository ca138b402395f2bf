/* SPDX-License-Identifier: GPL-2.0 */
/* Calls that change mappings, counted by what they were about (live --calls). */
#ifndef MODEL_CALLS_H
#define MODEL_CALLS_H

#include <stdint.h>

/* Of madvise each advice that programs give in numbers. */
enum call_kind {
	COUNT_MUNMAP, COUNT_MREMAP, COUNT_MPROTECT,
	COUNT_DONTNEED, COUNT_FREE, COUNT_WILLNEED, COUNT_HUGEPAGE, COUNT_NOHUGEPAGE, COUNT_COLLAPSE, COUNT_COLD,
	COUNT_PAGEOUT, COUNT_POPULATE, COUNT_ADVICE, /* any other */
	CALL_KINDS
};

struct call_counts { uint64_t n[CALL_KINDS]; };

#endif
