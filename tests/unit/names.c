/* SPDX-License-Identifier: GPL-2.0 */
/* src/model/names.c: what numbers stand for, and that it is bounded. */
#include "model/names.h"

#include "unit/check.h"

#define READING 10000 /* names that a reading brings */

static struct model damage; /* counts what was refused */

static void put(struct names *n, uint32_t kind, uint64_t key, const char *text, size_t size)
{
	const struct input_name head = { .key = key, .extra = 16, .kind = kind };
	const struct input in = { .kind = INPUT_NAME, .head = &head, .head_size = sizeof(head), .body = text, .size = size };

	names_input(n, &damage, &in);
}

static void put_symbol(struct names *n, uint64_t key)
{
	put(n, INPUT_NAME_SYMBOL, key, "f\0m", 4);
}

static bool has(const struct names *n, uint64_t key)
{
	return name_find(n, INPUT_NAME_SYMBOL, key) != NULL;
}

static void a_name_is_found_until_another_replaces_it(void)
{
	struct names n;

	names_init(&n);
	put(&n, INPUT_NAME_SYMBOL, 7, "vfs_read\0ext4", 14);
	put(&n, INPUT_NAME_PROCESS, 7, "bash", 5);
	CHECK_STR(name_find(&n, INPUT_NAME_SYMBOL, 7)->text, "vfs_read");
	CHECK_STR(name_find(&n, INPUT_NAME_SYMBOL, 7)->more, "ext4");
	CHECK_EQ(name_find(&n, INPUT_NAME_SYMBOL, 7)->extra, 16);
	CHECK_STR(name_find(&n, INPUT_NAME_PROCESS, 7)->text, "bash");
	CHECK_STR(name_find(&n, INPUT_NAME_PROCESS, 7)->more, "");
	put(&n, INPUT_NAME_PROCESS, 7, "ls", 3);
	CHECK_STR(name_find(&n, INPUT_NAME_PROCESS, 7)->text, "ls");
	CHECK_EQ(n.by_key.used, 2);
	CHECK(!name_find(&n, INPUT_NAME_CACHE, 7));
	names_clean(&n);
	CHECK(!has(&n, 7));
	CHECK_EQ(n.by_key.used, 0);
}

static void damaged_names_are_counted(void)
{
	struct names n;

	names_init(&n);
	damage.decode_errors = 0;
	put(&n, 0, 1, "x", 2);
	put(&n, INPUT_NAME_CODE + 1, 1, "x", 2);
	put(&n, INPUT_NAME_SYMBOL, 1, "no end", 6);
	CHECK_EQ(damage.decode_errors, 3);
	CHECK_EQ(n.by_key.used, 0);
	names_clean(&n);
}

/* Readings that each bring names of their own; rows have one name of each reading and those of the last. */
static void names_without_rows_go(void)
{
	struct names n;

	names_init(&n);
	for (uint64_t reading = 0; reading < 20; reading++) {
		for (uint64_t i = 0; i < READING; i++)
			put_symbol(&n, reading * READING + i);
		for (uint64_t old = 0; old < reading; old++)
			names_use(&n, INPUT_NAME_SYMBOL, old * READING);
		names_retain(&n);
		CHECK(n.by_key.used <= NAMES_KEPT + 2 * READING);
	}
	for (uint64_t old = 0; old < 20; old++)
		CHECK(has(&n, old * READING)); /* in a row */
	CHECK(has(&n, 19 * READING + 1));
	CHECK(!has(&n, 1));
	CHECK(!has(&n, 16 * READING + 1));
	names_clean(&n);
}

/* They may be used again at any time. */
static void few_names_all_stay(void)
{
	struct names n;

	names_init(&n);
	for (uint64_t i = 0; i < NAMES_KEPT; i++)
		put_symbol(&n, i);
	for (int reading = 0; reading < 5; reading++)
		names_retain(&n);
	CHECK_EQ(n.by_key.used, NAMES_KEPT);
	CHECK(has(&n, 0) && has(&n, NAMES_KEPT - 1));
	put_symbol(&n, NAMES_KEPT); /* one too many: those of old readings go */
	names_retain(&n);
	CHECK_EQ(n.by_key.used, 1);
	CHECK(has(&n, NAMES_KEPT) && !has(&n, 0));
	names_clean(&n);
}

/* Whoever owns them lets go before more come than a reading may bring. */
static void too_many_new_ones_are_a_reading(void)
{
	struct names n;

	names_init(&n);
	for (uint64_t i = 0; i < 5 * NAMES_MAX; i++) {
		if (names_full(&n))
			names_retain(&n);
		put_symbol(&n, i);
		if (n.by_key.used > 3 * NAMES_MAX)
			check_that(false, __LINE__, "more than three readings' worth");
	}
	CHECK(!has(&n, 0));
	CHECK(has(&n, 5 * NAMES_MAX - 1));
	names_clean(&n);
}

int main(void)
{
	RUN("names", a_name_is_found_until_another_replaces_it);
	RUN("names", damaged_names_are_counted);
	RUN("names", names_without_rows_go);
	RUN("names", few_names_all_stay);
	RUN("names", too_many_new_ones_are_a_reading);
	return check_bad;
}
