/* SPDX-License-Identifier: GPL-2.0 */
/* Joins the records of all rings in order of time.  Within a ring the order
 * is the ring's own; a record waits until nothing older can come. */
#ifndef DECODE_ORDER_H
#define DECODE_ORDER_H

#include <stddef.h>
#include <stdint.h>

/* Numbers of rings: where times are equal the lower one is first. */
enum { ORDER_CONTROL, ORDER_DATA /* and from there on */ };

struct order;
typedef int (*record_fn)(void *ctx, const void *bytes, size_t size);

/* rings: all of them, that of control too. NULL when out of memory. */
struct order *order_new(int rings);
void order_free(struct order *o);
/* Keeps a copy of a record.  One too short for a head has no time: it is due as soon as it
 * is the first of its ring. 0 or -ENOMEM. */
int order_push(struct order *o, int ring, const void *bytes, size_t size);
/* Hands over records up to time (ns); ~0: all. */
void order_release(struct order *o, uint64_t time, record_fn fn, void *ctx);

#endif
