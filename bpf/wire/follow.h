/* SPDX-License-Identifier: GPL-2.0 */
/* A process that hist or leak may follow. */
#ifndef MMT_WIRE_FOLLOW_H
#define MMT_WIRE_FOLLOW_H

#include <linux/types.h>

struct mmt_follow {
	__u32 kernel; /* what the kernel calls it, */
	__u32 seen;   /* and the pid namespace of mmtrace */
};
#endif
