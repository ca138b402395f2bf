/* SPDX-License-Identifier: GPL-2.0 */
/* src/base/map.c against an array that holds the same. */
#include "base/map.h"

#include "unit/check.h"

#define KEYS 600

static int values[KEYS];

/* Few bits in many places: keys as addresses and ids are. */
static const uint64_t *key_of(unsigned i, uint64_t key[4])
{
	key[0] = (uint64_t)(i % 7) << 32 | i / 7;
	key[1] = (uint64_t)i << 12;
	key[2] = i % 3;
	key[3] = 0;
	return key;
}

static void same_as(const struct map *m, const bool *there)
{
	uint64_t key[4];
	size_t at = 0, n = 0, seen = 0;

	for (unsigned i = 0; i < KEYS; i++) {
		n += there[i];
		CHECK(map_get(m, key_of(i, key)) == (there[i] ? &values[i] : NULL));
	}
	CHECK_EQ(m->used, n);
	for (int *v; (v = map_next(m, &at, NULL)); seen++)
		CHECK(there[v - values]);
	CHECK_EQ(seen, n);
}

static void keys_come_and_go(unsigned words)
{
	struct map m = MAP(words);
	bool there[KEYS] = { false };
	uint64_t x = 88172645463325252ull, key[4];

	for (int step = 0; step < 60000; step++) {
		unsigned i;

		x ^= x << 13, x ^= x >> 7, x ^= x << 17;
		i = (unsigned)(x >> 20) % KEYS;
		if (there[i] && (x & 3)) {
			CHECK(map_remove(&m, key_of(i, key)) == &values[i]);
			there[i] = false;
		} else {
			map_set(&m, key_of(i, key), &values[i]);
			there[i] = true;
		}
		if (step % 6000 == 0)
			same_as(&m, there);
	}
	same_as(&m, there);
	map_free(&m);
	CHECK(!map_get(&m, key_of(0, key)) && m.words == words);
}

static void keys_of_each_size_come_and_go(void)
{
	for (unsigned words = 1; words <= 4; words++)
		keys_come_and_go(words);
}

static void what_came_and_went_takes_no_room(void)
{
	struct map m = MAP(1);

	for (uint64_t i = 1; i < 1000000; i++) {
		map_set_number(&m, i, values);
		if (i > 40)
			CHECK(map_remove(&m, &(uint64_t){ i - 40 }) == values);
	}
	CHECK_EQ(m.used, 40);
	CHECK_EQ(m.size, 64);
	CHECK(!map_remove(&m, &(uint64_t){ 5 }) && !map_get_number(&m, 5));
	map_free(&m);
}

static bool is_even(void *ctx, void *value)
{
	++*(int *)ctx;
	return ((int *)value - values) % 2 == 0;
}

static void a_filter_gives_room_back(void)
{
	struct map m = MAP(1);
	int asked = 0;

	map_filter(&m, is_even, &asked);
	for (uint64_t i = 0; i < 100000; i++)
		map_set_number(&m, i, &values[i < 8 ? i : 1]);
	map_filter(&m, is_even, &asked);
	CHECK_EQ(asked, 100000);
	CHECK_EQ(m.used, 4);
	CHECK_EQ(m.size, 64);
	CHECK(map_get_number(&m, 6) == &values[6] && !map_get_number(&m, 7) && !map_get_number(&m, 99999));
	map_free(&m);
}

static void a_later_value_replaces(void)
{
	struct map m = MAP(2);
	uint64_t key[4];
	const uint64_t *kept;
	size_t at = 0;

	map_set(&m, key_of(9, key), &values[1]);
	map_set(&m, key_of(9, key), &values[2]);
	CHECK_EQ(m.used, 1);
	CHECK(map_next(&m, &at, &kept) == &values[2] && kept[0] == key[0] && kept[1] == key[1]);
	map_free(&m);
}

int main(void)
{
	RUN("map", keys_of_each_size_come_and_go);
	RUN("map", what_came_and_went_takes_no_room);
	RUN("map", a_filter_gives_room_back);
	RUN("map", a_later_value_replaces);
	return check_bad;
}
