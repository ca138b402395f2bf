/* SPDX-License-Identifier: GPL-2.0 */
/* Mappings: the VMAs of one address space that a person would call one thing.  What has a
 * name is one by name, kind and sharing.  Anonymous memory is joined where it was split,
 * merged, moved, grown or mapped again at the same place, else by its size class: an
 * allocator's chunks are one row.  A glibc arena is one with what it has reserved. */
#ifndef MODEL_MAPPING_H
#define MODEL_MAPPING_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "input/input.h"
#include "model/fault/call.h"
#include "model/fault/part.h"
#include "model/fault/reads.h"
#include "model/fault/stat.h"

#define PAGES_UNKNOWN (~0ull)

struct mm;
struct vma;

enum mapping_form {
	MAPPING_NAMED, /* a file, [heap], [stack], a named anonymous VMA; or nothing is known of it */
	MAPPING_ANON,  /* anonymous VMAs of one size class, and what came of them */
	MAPPING_ARENA, /* a heap of glibc's malloc beside the main one */
	MAPPING_STACK, /* of a thread */
};

/* Sums are of the last INPUT_TICK. */
struct mapping {
	uint32_t id; /* unique, never reused */
	struct mm *mm;
	char *name;  /* owned: of its VMAs; "": they have none */
	enum kind kind;
	enum mapping_form form;
	bool known, shared, exec;
	uint64_t origin;            /* of arenas and stacks: where they begin; of MAPPING_ANON the log2 of the size */
	uint64_t least, most;       /* sizes that its VMAs had, in bytes */
	uint64_t live, gone;        /* VMAs; what is merged counts as so many, what a living one lost as none */
	uint64_t members;           /* rows of VMAs */
	uint64_t size, reserved;    /* bytes of living VMAs: accessible, and not */
	uint64_t memory[MEMORY_AMOUNTS]; /* MEMORY_UNKNOWN: of no living VMA */
	uint64_t rss_time;          /* of the oldest reading */
	bool rss_uncertain;         /* of a VMA */
	uint64_t rss_start;         /* RSS at the first reading of its mm, 0 if it came later; MEMORY_UNKNOWN: not read yet */
	uint64_t rss_previous;      /* when the interval began */
	int64_t rss_added;          /* in the last interval */
	uint64_t again, pages;      /* of anonymous memory: first touches beyond the pages of their VMA; pages of the live, */
	uint64_t gone_pages;        /* and of those that are gone, where that is known of all */
	/* first writes of small pages, by what keeps huge ones out of their VMA: no aligned 2 MiB in it,
	 * MADV_NOHUGEPAGE; and where MADV_HUGEPAGE was given */
	uint64_t small_unaligned, small_refused, small_advised;
	struct mapping_reads reads;
	struct call_counts *calls;  /* owned; NULL: none */
	const struct vma *only;     /* the one that lives, or the only one; NULL: there are several */
	struct fault_stat faults;
	const struct vma *lender;   /* whose classes faults borrows, as there is no other VMA; NULL: they are owned */
	/* By class: counts when the interval began (of 64 bits the lower half), and those of the last interval. */
	uint32_t previous[MMT_CLASS_COUNT], added[MMT_CLASS_COUNT];
	uint64_t version;           /* of its last change */
	pid_t thread;               /* of a stack whose; of an arena who was first seen to fault in it; 0: not known */
	bool dirty;                 /* sums are to be made anew */
	bool moving;                /* something was added in the last interval */
	bool used;                  /* it has VMAs */
	bool stays;                 /* a living one of them is not merged now */
	bool rest;                  /* it stands for those that found no room */
	uint32_t into;              /* where VMAs of it that were merged went last; 0: none was */
	struct mapping *next;
};

#endif
