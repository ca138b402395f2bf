/* SPDX-License-Identifier: GPL-2.0 */
/* The memory of VMAs: INPUT_MEMORY.  From page tables; where these cannot be read, and for
 * what they do not say, from smaps. */
#ifndef SOURCE_RESIDENT_H
#define SOURCE_RESIDENT_H

#include "model/fault/session.h"
#include "probe/probe.h"
#include "source/source.h"

/* next, smaps_next: ns of CLOCK_MONOTONIC, when they may be read again. */
struct resident {
	uint64_t next, smaps_next;
	bool failed; /* page tables cannot be read */
};

/* Of the processes whose VMAs are shown: wanted(). */
void resident_read(struct resident *r, struct source *s, struct probe *probe,
		   bool (*wanted)(const struct args *a, pid_t pid));

#endif
