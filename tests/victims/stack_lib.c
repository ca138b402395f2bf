/* SPDX-License-Identifier: GPL-2.0 */
/* A library without frame pointers: a frame whose size only its frame pointer knows, and a callback of qsort(). */
#include <alloca.h>
#include <stdlib.h>
#include <string.h>

#include "stack_chain.h"

static chain_fn touch_with;
static void *touch_at;
static size_t touch_size;
static volatile int calls;

__attribute__((noinline)) int chain_alloca(int n)
{
	char *room = alloca((size_t)n * 16);

	memset(room, n, (size_t)n * 16);
	touch_with(touch_at, touch_size);
	return room[n];
}

__attribute__((noinline)) int chain_compare(const void *a, const void *b)
{
	int n = calls++ ? 1 : chain_alloca(5 + (int)(touch_size & 3));

	return *(const int *)a - *(const int *)b + (n & 0);
}

__attribute__((noinline)) void chain_sort(chain_fn touch, void *at, size_t size)
{
	int two[2] = { 2, 1 };

	touch_with = touch;
	touch_at = at;
	touch_size = size;
	calls = 0;
	qsort(two, 2, sizeof(two[0]), chain_compare);
	calls = two[0];
}
