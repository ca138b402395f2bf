/* SPDX-License-Identifier: GPL-2.0 */
/* The rings that records come by: one for control, and one of data for each CPU,
 * as CPUs that share a ring wait for each other (docs/overhead.md). */
#ifndef PROBE_RINGS_H
#define PROBE_RINGS_H

#include <bpf/libbpf.h>
#include <stdbool.h>
#include <stdint.h>

#include "decode/order.h"

struct rings;

/* Bytes of each data ring; total: of all of them, 0: the default. */
uint32_t rings_each(uint64_t total);

/* Makes the data rings, of `each` bytes, and maps all rings. NULL and errno. */
struct rings *rings_open(const struct bpf_map *control, uint32_t each);
void rings_free(struct rings *r); /* takes NULL */
/* Puts the data rings into the map of maps that the programs take them from; waits
 * for an RCU grace period, some 10 ms.  0 or a negative errno. */
/* What is not to wait for its turn in the order of time: called for each MMT_KIND_OBJECT as it is read, too. */
void rings_hurry(struct rings *r, record_fn fn, void *ctx);
int rings_publish(const struct rings *r, const struct bpf_map *data);

/* Readable when a ring has asked to be read, until the next rings_drain(). */
int rings_fd(const struct rings *r);

/* Takes what is in the rings and hands over, by time, what nothing older can
 * follow; all: everything. 0 or a negative errno. */
int rings_drain(struct rings *r, bool all, record_fn fn, void *ctx);
/* Data records taken so far. */
uint64_t rings_delivered(const struct rings *r);
/* What the data rings take in the kernel. */
uint64_t rings_bytes(const struct rings *r);

#endif
