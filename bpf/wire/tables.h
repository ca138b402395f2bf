/* SPDX-License-Identifier: GPL-2.0 */
/* What user space asks of bpf/tables.bpf.c. */
#ifndef MMT_WIRE_TABLES_H
#define MMT_WIRE_TABLES_H

#include <linux/types.h>

#define MMT_TABLES 16 /* that one run copies */
#define MMT_TABLE_ENTRIES 512

struct mmt_table_read {
	__u64 table; /* kernel address of a page table */
	__u64 slot;  /* of the entry that points to it; 0: none does */
	__u64 now;   /* out: that entry after the copy was made; without slot 1; 0 where the table cannot be read */
};

#endif
