/* SPDX-License-Identifier: GPL-2.0 */
/* Copies page tables to user space.  A table may be freed meanwhile: the kernel
 * clears the entry that points to it first, so that a copy is one of a page
 * table if that entry stands there still afterwards.  An object of its own that
 * needs no BTF, since few runs begin with it. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "wire/tables.h"

struct mmt_table_read table_reads[MMT_TABLES];
__u64 table_copies[MMT_TABLES][MMT_TABLE_ENTRIES];
__u32 table_count;

SEC("syscall")
int tables__sc(void *ctx)
{
	for (u32 i = 0; i < MMT_TABLES && i < table_count; i++) {
		struct mmt_table_read *r = &table_reads[i];
		u64 now = 1;

		if (bpf_probe_read_kernel(table_copies[i], sizeof(table_copies[i]), (void *)r->table))
			now = 0;
		else if (r->slot)
			bpf_probe_read_kernel(&now, sizeof(now), (void *)r->slot);
		r->now = now;
	}
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
