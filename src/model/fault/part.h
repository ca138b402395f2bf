/* SPDX-License-Identifier: GPL-2.0 */
/* The parts of a VMA in the terms of memory-management texts. */
#ifndef MODEL_PART_H
#define MODEL_PART_H

#include <stdint.h>

enum kind {
	KIND_UNKNOWN, KIND_TEXT, KIND_RODATA, KIND_RELRO, KIND_DATA, KIND_BSS, KIND_HEAP, KIND_STACK, KIND_THREAD_STACK,
	KIND_ANON, KIND_FILE, KIND_SHM, KIND_VDSO, KIND_VVAR, KIND_VSYSCALL, KIND_GUARD, KIND_DEVICE,
	KIND_HUGETLB, KIND_COUNT
};

/* Where the kind is known from. */
enum kind_source {
	SOURCE_UNKNOWN,
	SOURCE_MARKS, /* the mm's start_code .. brk */
	SOURCE_ELF,   /* the file's program headers */
	SOURCE_SP,    /* a thread's stack pointer */
	SOURCE_VMA,   /* the VMA itself: shared, special, a device, anonymous */
	SOURCE_PERM,  /* nothing but permissions: a guess */
};

#define PARTS_MAX 4
/* Without gaps, in order of address; count 0: nothing is known of the VMA. */
struct parts {
	struct { enum kind kind; uint64_t start, end; } part[PARTS_MAX];
	unsigned count;
	enum kind main; /* of the largest part */
	enum kind_source source;
};

#endif
