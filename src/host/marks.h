/* SPDX-License-Identifier: GPL-2.0 */
/* The bounds and sizes of an address space as /proc has them. */
#ifndef HOST_MARKS_H
#define HOST_MARKS_H

#include <stdint.h>
#include <sys/types.h>

#include "wire/space.h"

#define MARK_UNKNOWN UINT64_MAX

/* Fields 26 to 28 and 45 to 51 of /proc/PID/stat, and what status has: bytes. What is not there is MARK_UNKNOWN.
 * 0 or a negative errno. */
int marks_read(pid_t pid, uint64_t mark[MMT_MARKS]);

/* RssFile, RssAnon, RssShmem, VmSwap of status, in this order: bytes, exact; MARK_UNKNOWN: not there. */
int marks_rss(pid_t pid, uint64_t rss[4]);

#endif
