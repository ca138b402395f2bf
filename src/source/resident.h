/* SPDX-License-Identifier: GPL-2.0 */
/* The RSS of VMAs, from smaps: INPUT_RSS. */
#ifndef SOURCE_RESIDENT_H
#define SOURCE_RESIDENT_H

#include "model/fault/session.h"
#include "source/source.h"

struct resident { uint64_t next; }; /* ns of CLOCK_MONOTONIC: when smaps may be read again */

/* Of the processes whose VMAs are shown: wanted(). */
void resident_read(struct resident *r, struct source *s, bool (*wanted)(const struct args *a, pid_t pid));

#endif
