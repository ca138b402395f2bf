/* SPDX-License-Identifier: GPL-2.0 */
#include "decode/order.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "wire/event.h"

/* Records one after another: u64 size, then the bytes, padded to 8. */
struct queue { unsigned char *bytes; size_t room, head, tail; };
struct order { struct queue ring[ORDER_RINGS]; };

#define PADDED(n) (((n) + 7) & ~(size_t)7)

struct order *order_new(void)
{
	return calloc(1, sizeof(struct order));
}

void order_free(struct order *o)
{
	for (int i = 0; o && i < ORDER_RINGS; i++)
		free(o->ring[i].bytes);
	free(o);
}

static int queue_grow(struct queue *q, size_t need)
{
	size_t room = q->room ? q->room : 1 << 16;
	unsigned char *bigger;

	if (q->head) { /* what was handed over makes room first */
		memmove(q->bytes, q->bytes + q->head, q->tail - q->head);
		q->tail -= q->head;
		q->head = 0;
	}
	while (room < q->tail + need)
		room *= 2;
	if (room == q->room)
		return 0;
	bigger = realloc(q->bytes, room);
	if (!bigger)
		return -ENOMEM;
	q->bytes = bigger;
	q->room = room;
	return 0;
}

int order_push(struct order *o, enum order_ring ring, const void *bytes, size_t size)
{
	struct queue *q = &o->ring[ring];
	uint64_t n = size;

	if (q->room - q->tail < sizeof(n) + PADDED(size) && queue_grow(q, sizeof(n) + PADDED(size)))
		return -ENOMEM;
	memcpy(q->bytes + q->tail, &n, sizeof(n));
	memcpy(q->bytes + q->tail + sizeof(n), bytes, size);
	q->tail += sizeof(n) + PADDED(size);
	return 0;
}

/* Time of the first record; ~0: the queue is empty. */
static uint64_t queue_time(const struct queue *q)
{
	struct mmt_head head;
	uint64_t n;

	if (q->head == q->tail)
		return ~0ull;
	memcpy(&n, q->bytes + q->head, sizeof(n));
	if (n < sizeof(head))
		return 0;
	memcpy(&head, q->bytes + q->head + sizeof(n), sizeof(head));
	return head.time == ~0ull ? ~0ull - 1 : head.time;
}

static void queue_pop(struct queue *q, record_fn fn, void *ctx)
{
	uint64_t n;

	memcpy(&n, q->bytes + q->head, sizeof(n));
	fn(ctx, q->bytes + q->head + sizeof(n), (size_t)n);
	q->head += sizeof(n) + PADDED((size_t)n);
	if (q->head == q->tail)
		q->head = q->tail = 0;
}

void order_release(struct order *o, uint64_t time, record_fn fn, void *ctx)
{
	for (;;) {
		uint64_t control = queue_time(&o->ring[ORDER_CONTROL]), data = queue_time(&o->ring[ORDER_DATA]);
		uint64_t first = control <= data ? control : data;

		if (first == ~0ull || (first > time && time != ~0ull))
			return;
		queue_pop(&o->ring[control <= data ? ORDER_CONTROL : ORDER_DATA], fn, ctx);
	}
}
