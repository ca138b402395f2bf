/* SPDX-License-Identifier: GPL-2.0 */
/* How the pages of a mapped file come in: in order or at random, and over again. */
#ifndef MODEL_FAULT_READS_H
#define MODEL_FAULT_READS_H

#include <stdint.h>

/* Major faults on a file whose addresses are known. */
struct reads {
	uint64_t last;    /* page that the last one read in; 0: none was */
	uint32_t seen;    /* how many */
	uint32_t ordered; /* of these, at most READ_STEP behind the one before */
	uint64_t again;   /* beyond the pages that there are, of rows that stand for VMAs that are gone */
};
/* What read-ahead brings in one go is seldom more; a page at random falls here seldom. */
#define READ_STEP (512u << 10)

struct mapping_reads {
	uint64_t seen, ordered, again; /* sums of the VMAs' */
	uint64_t pages;                /* of its file VMAs */
	uint64_t most;                 /* major faults of the VMA that has the most of them, */
	uint64_t vm_flags;             /* and its flags and device */
	uint32_t dev;
};

#endif
