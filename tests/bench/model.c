/* SPDX-License-Identifier: GPL-2.0 */
/* Events a second that decode and model take from memory.
 * Usage: model VMAS PROCESSES; prints ns per event. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "decode/order.h"
#include "model/fault/session.h"

#define EVENTS (1u << 16)
#define ROUNDS 64

static int apply(void *ctx, const void *bytes, size_t size)
{
	struct input in = { .kind = INPUT_RECORD, .body = bytes, .size = size };

	model_input(ctx, &in);
	return 0;
}

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ull + (uint64_t)ts.tv_nsec;
}

int main(int argc, char **argv)
{
	unsigned vmas = argc > 1 ? (unsigned)atoi(argv[1]) : 100, processes = argc > 2 ? (unsigned)atoi(argv[2]) : 1;
	struct mmt_fault *events = calloc(EVENTS, sizeof(*events));
	struct model *m = model_new(&model_fault);
	struct order *o = order_new(2);
	uint64_t begin, best = ~0ull, x = 88172645463325252ull;

	if (!events || !o || !vmas || !processes)
		return 1;
	for (unsigned i = 0; i < EVENTS; i++) {
		unsigned v, p;

		x ^= x << 13, x ^= x >> 7, x ^= x << 17;
		/* faults come in runs: eight in a VMA, then another */
		v = (unsigned)((i & ~7u) * 2654435761u >> 4) % vmas;
		p = v % processes;
		events[i] = (struct mmt_fault){
			.head = { MMT_KIND_FAULT, 0, 100 + p, 100 + p, 1 + p, i + 1 },
			.addr = (0x7f0000000ull + v) << 12, .anchor = (0x7f0000000ull + v) << 12, .sig = v % 7, .ns = 500 + (x & 1023),
			.cls = MMT_CLASS_ANON_WRITE, .flags = MMT_FAULT_EXECUTOR | MMT_FAULT_WRITE,
		};
	}
	for (int r = 0; r < ROUNDS; r++) {
		begin = now();
		for (unsigned i = 0; i < EVENTS; i++)
			order_push(o, ORDER_DATA, &events[i], sizeof(events[i]));
		order_release(o, ~0ull, apply, m);
		begin = now() - begin;
		if (begin < best)
			best = begin;
	}
	if (stat_total(&session_of(m)->faults) != (uint64_t)EVENTS * ROUNDS)
		return 1;
	printf("%.1f\n", (double)best / EVENTS);
	order_free(o);
	model_free(m);
	free(events);
	return 0;
}
