/* SPDX-License-Identifier: GPL-2.0 */
/* Fields of whatever has memory.  Each file that includes this defines first
 *   static uint64_t memory_of(const void *row, enum memory_amount amount);
 * (MEMORY_UNKNOWN: not known) and puts MEMORY_FIELDS among its own. */
#include "input/input.h"

static struct value get_memory(const struct field *f, const void *row, const struct tick *t)
{
	uint64_t bytes = memory_of(row, (enum memory_amount)f->arg);

	(void)t;
	return bytes == MEMORY_UNKNOWN ? value_none() : value_uint(bytes);
}

#define MEMORY_FIELD(name, name_path, name_title, name_arg, name_help) \
	{ .key = name, .path = name_path, .title = name_title, .help = name_help, .unit = UNIT_BYTES, .width = 7, \
	  .flow = FLOW_LEVEL, .merge = MERGE_SUM, .flags = FIELD_SHOWS, .rank = RANK_ASKED, .get = get_memory, \
	  .arg = name_arg },

/* clang-format off */
#define MEMORY_FIELDS \
	MEMORY_FIELD("huge", "huge_bytes", "HUGE", MEMORY_HUGE, \
		     "of rss, mapped by huge entries: AnonHugePages, ShmemPmdMapped, FilePmdMapped of smaps") \
	MEMORY_FIELD("hugetlb", "hugetlb_bytes", "HUGETLB", MEMORY_HUGETLB, "of rss, pages of hugetlb") \
	MEMORY_FIELD("swap", "swap_bytes", "SWAP", MEMORY_SWAP, \
		     "swapped out; not known of shared memory where there is swap, as page tables do not show it") \
	MEMORY_FIELD("pss", "pss_bytes", "PSS", MEMORY_PSS, \
		     "rss, each page divided by the processes that map it; read if -s or --columns names it") \
	MEMORY_FIELD("copied", "copied_bytes", "COPIED", MEMORY_COPIED, \
		     "of rss, what a private mapping of a file has copied: its own pages, not the file's; " \
		     "read if -s or --columns names it")
/* clang-format on */
