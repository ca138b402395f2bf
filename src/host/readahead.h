/* SPDX-License-Identifier: GPL-2.0 */
/* How far the kernel reads ahead on block devices. */
#ifndef HOST_READAHEAD_H
#define HOST_READAHEAD_H

#include <stdint.h>

/* Calls fn for each device and each of its partitions: KiB, of queue/read_ahead_kb. */
void readahead_each(void (*fn)(void *ctx, const char *device, uint64_t kib), void *ctx);

#endif
