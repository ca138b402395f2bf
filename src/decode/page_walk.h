/* SPDX-License-Identifier: GPL-2.0 */
/* The way of one address through the page tables, entry by entry.  What of it depends on the
 * processor stands in page_arch.c. */
#ifndef DECODE_PAGE_WALK_H
#define DECODE_PAGE_WALK_H

#include "decode/page_table.h"

enum page_state {
	PAGE_NONE,      /* nothing is there */
	PAGE_PRESENT,
	PAGE_PROT_NONE, /* there is a page that may not be used: mprotect(PROT_NONE), or a NUMA hint */
	PAGE_SWAPPED,
	PAGE_SPECIAL,   /* an entry without a page: migration, poisoned, a marker */
	PAGE_TABLE,     /* a table of the next level */
};

/* What an entry says. */
struct page_entry {
	enum page_state state;
	uint64_t phys; /* of the page, or of the table; 0: none */
	uint64_t pfn;  /* of the page */
	bool huge;     /* at an upper level: a large page */
	uint32_t swap_type; /* also of special ones */
	uint64_t swap_offset;
};

#define PAGE_LEVELS 5
struct page_step {
	int level;       /* 1: the last one */
	uint64_t table;  /* physical address of the table */
	uint32_t index;
	uint64_t entry;
};

struct page_walk {
	struct page_step step[PAGE_LEVELS];
	int count;
	struct page_entry page; /* what the last step says */
	bool racing;            /* the tables changed each time they were read */
};

/* pgd: kernel address of the highest table. 0 or a negative errno, -EINVAL where the address is not canonical. */
int page_walk(const struct page_tables *t, uint64_t pgd, uint64_t addr, struct page_walk *out);

/* --- page_arch.c --- */

/* A bit of an entry, by its name in the kernel. */
struct page_flag { uint64_t bit; const char *name, *help; };

struct page_arch {
	const struct page_flag *present; /* of entries that map a page or point to a table; ends with bit 0 */
	const struct page_flag *absent;  /* of others that are not 0 */
};

/* special: first type that is no swap area; 0: not known, all others are taken for areas. */
struct page_entry page_entry(int level, uint64_t entry, uint32_t special);
/* "PGD" to "PTE", where there are so many levels. */
const char *page_level_name(int level, int levels);
/* Bytes that an entry of a level covers. */
uint64_t page_span(int level);
/* Kernel addresses have all upper bits set. */
bool page_canonical(uint64_t addr, int levels);
extern const struct page_arch page_arch;
/* The flag's bit means this at that level (large pages have some elsewhere): NULL: nothing. */
const char *page_flag_name(int level, uint64_t entry, const struct page_flag *f);

#endif
