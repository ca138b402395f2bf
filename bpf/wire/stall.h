/* SPDX-License-Identifier: GPL-2.0 */
/* A stall that goes on. */
#ifndef MMT_WIRE_STALL_H
#define MMT_WIRE_STALL_H

#include <linux/types.h>

struct mmt_stall_key { __u32 tid, kind; };
struct mmt_stall { __u64 begun; __u32 gfp, order; };

#endif
