/* SPDX-License-Identifier: GPL-2.0 */
/* What bpf/space.bpf.c says of an address space. */
#ifndef MMT_WIRE_SPACE_H
#define MMT_WIRE_SPACE_H

#include <linux/types.h>

enum mmt_mark {
#define MARK(ID, ...) MMT_MARK_##ID,
#include "marks.def"
#undef MARK
	MMT_MARKS
};

struct mmt_space {
	__u64 pgd;             /* kernel address of the highest page table */
	__u64 start_boottime;  /* of the process */
	__u64 mark[MMT_MARKS]; /* as they stand in mm_struct: pages are pages */
};

#endif
