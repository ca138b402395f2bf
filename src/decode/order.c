/* SPDX-License-Identifier: GPL-2.0 */
#include "decode/order.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "wire/event.h"

/* Records one after another: u64 size, then the bytes, padded to 8. */
struct queue { unsigned char *bytes; size_t room, head, tail; };
struct order { int rings; struct queue ring[]; };

#define PADDED(n) (((n) + 7) & ~(size_t)7)

struct order *order_new(int rings)
{
	struct order *o = calloc(1, sizeof(*o) + (size_t)rings * sizeof(o->ring[0]));

	if (o)
		o->rings = rings;
	return o;
}

void order_free(struct order *o)
{
	for (int i = 0; o && i < o->rings; i++)
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

int order_push(struct order *o, int ring, const void *bytes, size_t size)
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

/* Rings by the time of their first record: a heap. */
struct first { uint64_t time; int ring; };

static bool is_before(const struct first *a, const struct first *b)
{
	return a->time < b->time || (a->time == b->time && a->ring < b->ring);
}

static void sift(struct first *heap, int n, int at)
{
	for (int child; (child = 2 * at + 1) < n; at = child) {
		struct first swap = heap[at];

		child += child + 1 < n && is_before(&heap[child + 1], &heap[child]);
		if (!is_before(&heap[child], &swap))
			return;
		heap[at] = heap[child];
		heap[child] = swap;
	}
}

/* All: ~0, which is also the time of an empty ring. */
static bool is_due(uint64_t first, uint64_t time)
{
	return first != ~0ull && (first <= time || time == ~0ull);
}

void order_release(struct order *o, uint64_t time, record_fn fn, void *ctx)
{
	struct first heap[o->rings];
	int n = 0;

	for (int r = 0; r < o->rings; r++) {
		heap[n] = (struct first){ queue_time(&o->ring[r]), r };
		n += is_due(heap[n].time, time);
	}
	for (int i = n / 2 - 1; i >= 0; i--)
		sift(heap, n, i);
	while (n) {
		struct queue *q = &o->ring[heap[0].ring];

		queue_pop(q, fn, ctx);
		heap[0].time = queue_time(q);
		if (!is_due(heap[0].time, time))
			heap[0] = heap[--n];
		sift(heap, n, 0);
	}
}
