/* SPDX-License-Identifier: GPL-2.0 */
/* Allocations that were not freed: rows, ages, trends. */
#include "model/leak.h"

#include <stdlib.h>
#include <string.h>

#include "unit/check.h"

#define SECOND 1000000000ull

static struct mmt_leak_site site_of(uint64_t address, uint64_t bytes)
{
	return (struct mmt_leak_site){ .key = { .site = address, .what = bytes, .stack = -1 }, .bytes = bytes, .ready = 1 };
}

static void add_site(struct leak_table *o, uint32_t number, uint64_t address, uint64_t bytes)
{
	struct mmt_leak_site s = site_of(address, bytes);
	uint64_t none[1] = { 0 };

	leak_table_site(o, number, &s, address, false, none, 0);
}

static void reading(struct leak_table *o, uint64_t now, uint32_t number, uint64_t held, uint64_t released,
		    uint64_t reused)
{
	struct mmt_leak_count c = { held, released, reused };

	leak_table_sample_begin(o);
	leak_table_count(o, number, &c);
	leak_table_sample_end(o, now);
}

static void objects_become_rows(void)
{
	struct leak_table *o = leak_table_new(1, 0);
	struct leak_row *const *rows;
	size_t n;

	add_site(o, 3, 0x1000, 128);
	add_site(o, 700, 0x2000, 64);
	add_site(o, 4, 0x1000, 128); /* another way to the same call */
	add_site(o, 5, 0x1000, 256); /* another size of the same call */
	CHECK(leak_table_knows(o, 700) && !leak_table_knows(o, 6) && !leak_table_knows(o, 1u << 30));
	leak_table_walk_begin(o);
	leak_table_object(o, 3, SECOND / 20);
	leak_table_object(o, 4, 5 * SECOND);
	leak_table_object(o, 700, 4000 * SECOND);
	leak_table_object(o, 9999, SECOND); /* no such site: left out */
	leak_table_walk_end(o);
	n = leak_table_rows(o, &rows);
	CHECK_EQ(n, 3); /* in the order in which their sites came */
	CHECK_EQ(rows[2]->count, 0);
	CHECK_EQ(rows[0]->site, 0x1000);
	CHECK_EQ(rows[0]->count, 2);
	CHECK_EQ(rows[0]->bytes, 256);
	CHECK_EQ(rows[0]->ages[0], 1);
	CHECK_EQ(rows[0]->ages[2], 1);
	CHECK_EQ(rows[0]->oldest, 5 * SECOND);
	CHECK_EQ(rows[1]->ages[AGE_BUCKETS - 1], 1);
	CHECK_EQ(rows[0]->trend.kind, TREND_UNKNOWN);
	CHECK_EQ(rows[1]->site, 0x2000);
	leak_table_walk_begin(o);
	leak_table_walk_end(o);
	CHECK_EQ(rows[0]->count, 0);
	leak_table_free(o);
	leak_table_free(NULL);
}

static void young_ones_and_samples(void)
{
	struct leak_table *o = leak_table_new(8, SECOND);
	struct leak_row *const *rows;
	size_t n;

	add_site(o, 1, 0x1000, 100);
	reading(o, SECOND, 1, 10, 4, 0);
	leak_table_walk_begin(o);
	leak_table_object(o, 1, SECOND - 1);
	leak_table_object(o, 1, SECOND);
	leak_table_walk_end(o);
	n = leak_table_rows(o, &rows);
	CHECK_EQ(n, 1);
	CHECK_EQ(rows[0]->count, 8);
	CHECK_EQ(rows[0]->bytes, 800);
	CHECK_EQ(rows[0]->allocated, 80);
	CHECK_EQ(rows[0]->freed, 32);
	CHECK_EQ(leak_table_mismatch(o), 32); /* 6 should be there, 2 were found */
	leak_table_free(o);
}

/* From its lower bound on, and to just before its upper one. */
static void ages_end_before_their_bounds(void)
{
	struct leak_table *o = leak_table_new(1, 0);
	struct leak_row *const *rows;

	add_site(o, 1, 0x1000, 100);
	leak_table_walk_begin(o);
	for (int i = 0; i < AGE_BUCKETS - 1; i++) {
		leak_table_object(o, 1, age_bounds[i] - 1);
		leak_table_object(o, 1, age_bounds[i]);
	}
	leak_table_walk_end(o);
	leak_table_rows(o, &rows);
	for (int i = 0; i < AGE_BUCKETS; i++)
		CHECK_EQ(rows[0]->ages[i], i == 0 || i == AGE_BUCKETS - 1 ? 1 : 2);
	CHECK_EQ(rows[0]->oldest, age_bounds[AGE_BUCKETS - 2]);
	leak_table_free(o);
}

/* The trend of one site over readings, one a second. */
static struct trend trend_of(int readings, uint64_t (*held)(int i), uint64_t reused)
{
	struct leak_table *o = leak_table_new(1, 0);
	struct leak_row *const *rows;
	struct trend t;

	add_site(o, 1, 0x1000, 100);
	for (int i = 0; i < readings; i++)
		reading(o, (uint64_t)i * SECOND, 1, held(i) + 1000 + reused, 1000, reused);
	leak_table_walk_begin(o);
	leak_table_object(o, 1, SECOND);
	leak_table_walk_end(o);
	leak_table_rows(o, &rows);
	t = rows[0]->trend;
	leak_table_free(o);
	return t;
}

static uint64_t leaks(int i) { return 7 * (uint64_t)i; }
static uint64_t leaks_in_noise(int i) { return 1000 + 7 * (uint64_t)i + (uint64_t)(i * 37 % 11); }
static uint64_t fills_up(int i) { return i < 20 ? 50 * (uint64_t)i : 1000; }
static uint64_t saturates(int i) { return (uint64_t)(1000 - 1000 / (i + 1)); }
static uint64_t wobbles(int i) { return 500 + (uint64_t)(i * 37 % 11); }
static uint64_t stands(int i) { (void)i; return 77; }
static uint64_t falls(int i) { return 5000 - 20 * (uint64_t)i; }

static uint64_t one_step(int i) { return i < 28 ? 0 : 1; }
static uint64_t late_step(int i) { return i < 22 ? 100 : 150; }
static uint64_t two_steps(int i) { return i < 10 ? 10 : i < 30 ? 20 : 30; }
static uint64_t sawtooth(int i) { return 10 + (uint64_t)(i % 8) * 20; }
static uint64_t growing_teeth(int i) { return 10 + (uint64_t)(i % 8) * 20 + 15 * (uint64_t)i; }
static uint64_t turns(int i) { return i < 20 ? 100 * (uint64_t)i : 2000 - 10 * (uint64_t)(i - 20); }
static uint64_t early_peak(int i) { return i < 3 ? 5000 : 10 * (uint64_t)i; }
static uint64_t last_drop(int i) { return i < 15 ? 1 : 0; }
static uint64_t one_less(int i) { return i < 30 ? 1 : 0; }
static uint64_t comes_and_goes(int i) { return i > 10 && i < 20; }
static uint64_t late_rise(int i) { return i < 39 ? 0 : 1000; }
static uint64_t slow_start(int i) { return i < 15 ? 1000 - 40 * (uint64_t)i : 400 + (uint64_t)i; }
static uint64_t few_rises(int i) { return 10 * (uint64_t)(i / 8); }

/* Confidence that chance is not at work says nothing of what goes on: growth needs rises. */
static void a_step_is_no_leak(void)
{
	CHECK_EQ(trend_of(40, one_step, 0).kind, TREND_STEPS);
	CHECK_EQ(trend_of(40, one_step, 0).confidence * 100, 0);
	CHECK_EQ(trend_of(40, late_step, 0).kind, TREND_STEPS);
	CHECK_EQ(trend_of(40, two_steps, 0).kind, TREND_STEPS);
	CHECK_EQ(trend_of(40, sawtooth, 0).kind, TREND_SAWS);
	CHECK_EQ(trend_of(40, growing_teeth, 0).kind, TREND_GROWS);
	CHECK_EQ(trend_of(40, few_rises, 0).kind, TREND_GROWS);
}

/* A second of a program that fills and empties looks like growth. */
static void a_moment_shows_nothing(void)
{
	double time[40], value[40];
	struct trend t;

	for (int i = 0; i < 40; i++) {
		time[i] = i * 0.025;
		value[i] = i;
	}
	trend_fit(time, value, 40, &t);
	CHECK_EQ(t.kind, TREND_UNKNOWN);
}

static void sign_and_trend_agree(void)
{
	struct trend t = trend_of(40, turns, 0);

	static uint64_t (*const all[])(int i) = {
		turns, leaks, fills_up, saturates, falls, one_step, late_step, two_steps, few_rises, growing_teeth, early_peak,
		last_drop, comes_and_goes, late_rise, one_less, slow_start,
	};

	CHECK_EQ(t.kind, TREND_FALLS);
	CHECK(t.slope < 0);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		for (int n = TREND_MIN; n <= 60; n++) {
			t = trend_of(n, all[i], 0);
			CHECK(t.slope >= 0 || (t.kind != TREND_GROWS && t.kind != TREND_LEVELS));
			CHECK(t.slope <= 0 || t.kind != TREND_FALLS);
		}
	t = trend_of(40, late_step, 0);
	CHECK(t.slope > 0);
	t = trend_of(40, comes_and_goes, 0);
	CHECK_EQ(t.kind, TREND_STEPS);
	CHECK(t.slope == 0);
}

/* One that is freed is no trend, whatever the test says of so many equal readings. */
static void one_object_gives_no_confidence(void)
{
	for (int n = TREND_MIN; n <= 60; n++) {
		CHECK_EQ(trend_of(n, one_less, 0).confidence * 100, 0);
		CHECK_EQ(trend_of(n, last_drop, 0).confidence * 100, 0);
		CHECK_EQ(trend_of(n, one_step, 0).confidence * 100, 0);
		CHECK_EQ(trend_of(n, comes_and_goes, 0).confidence * 100, 0);
	}
	CHECK_EQ(trend_of(40, one_less, 0).kind, TREND_STEPS);
}

static void leak_or_cache(void)
{
	struct trend t = trend_of(40, leaks, 0);

	CHECK_EQ(t.kind, TREND_GROWS);
	CHECK_EQ((uint64_t)(t.slope + 0.5), 700); /* bytes a second */
	CHECK(t.confidence > 0.99 && t.r2 > 0.999);
	CHECK_EQ(trend_of(40, leaks_in_noise, 0).kind, TREND_GROWS);
	CHECK_EQ(trend_of(40, fills_up, 0).kind, TREND_LEVELS);
	CHECK_EQ(trend_of(40, saturates, 0).kind, TREND_LEVELS);
	CHECK_EQ(trend_of(40, wobbles, 0).kind, TREND_STEADY);
	CHECK_EQ(trend_of(40, stands, 0).kind, TREND_STEADY);
	CHECK_EQ(trend_of(40, falls, 0).kind, TREND_FALLS);
	CHECK_EQ(trend_of(TREND_MIN - 1, leaks, 0).kind, TREND_UNKNOWN);
	CHECK_EQ(trend_of(TREND_MIN, leaks, 0).kind, TREND_GROWS);
}

#define LONG_RUN 10000
static uint64_t speeds_up(int i) { return (uint64_t)i * (uint64_t)i; }
static uint64_t early_growth(int i) { return 7 * (uint64_t)(i < LONG_RUN / 2 ? i : LONG_RUN / 2); }

/* Readings of the whole run, at equal distances: the slope of a curve shows where they stand. */
static void long_runs_are_thinned(void)
{
	struct trend t = trend_of(LONG_RUN, leaks, 0);

	CHECK_EQ(t.kind, TREND_GROWS);
	CHECK_EQ((uint64_t)(t.slope + 0.5), 700);
	CHECK_EQ(trend_of(LONG_RUN, early_growth, 0).kind, TREND_LEVELS);
	t = trend_of(LONG_RUN, speeds_up, 0);
	CHECK_EQ(t.kind, TREND_GROWS);
	/* i squared grows by LONG_RUN a second in the mean, each of 100 bytes */
	CHECK(t.slope > 0.95 * LONG_RUN * 100 && t.slope < 1.05 * LONG_RUN * 100);
}

static void no_trend_where_frees_are_not_seen(void)
{
	CHECK_EQ(trend_of(40, leaks, 10).kind, TREND_GROWS); /* of more than 1000 */
	CHECK_EQ(trend_of(40, leaks, 500).kind, TREND_UNKNOWN);
}

static void frees_that_were_not_seen_raise_doubt(void)
{
	struct leak_table *o = leak_table_new(1, 0);
	struct mmt_leak_count sure = { 10, 9, 0 }, doubt = { 10000, 500, 9000 };
	struct leak_row *const *rows;
	size_t n;

	add_site(o, 1, 0x1000, 100);
	add_site(o, 2, 0x2000, 100);
	leak_table_sample_begin(o);
	leak_table_count(o, 1, &sure);
	leak_table_count(o, 2, &doubt);
	leak_table_sample_end(o, SECOND);
	leak_table_walk_begin(o);
	leak_table_object(o, 1, SECOND);
	for (int i = 0; i < 500; i++)
		leak_table_object(o, 2, SECOND);
	leak_table_walk_end(o);
	n = leak_table_rows(o, &rows);
	CHECK_EQ(n, 2);
	CHECK(rows[0]->site == 0x1000 && !leak_table_doubt(rows[0]));
	CHECK(rows[1]->site == 0x2000 && leak_table_doubt(rows[1]));
	CHECK_EQ(leak_table_mismatch(o), 0);
	leak_table_free(o);
}

static void frees_in_bulk_are_at_most(void)
{
	for (int unseen = 0; unseen < 2; unseen++) {
		struct leak_table *o = leak_table_new(1, 0);
		struct mmt_leak_site s = { .key = { .domain = MMT_LEAK_SLAB, .what = 7 }, .bytes = 256,
					   .cache = "skbuff_head_cache" };
		uint64_t none[1] = { 0 };
		struct leak_row *const *rows;

		if (unseen)
			leak_table_bulk_unseen(o);
		leak_table_site(o, 1, &s, 0x1000, false, none, 0);
		memcpy(s.cache, "filp", 5);
		leak_table_site(o, 2, &s, 0x2000, false, none, 0);
		leak_table_rows(o, &rows);
		CHECK_EQ(leak_table_doubt(rows[0]), unseen);
		CHECK_EQ(leak_table_doubt(rows[1]), 0);
		leak_table_free(o);
	}
}

/* Sums over the sites of a cache, against the greatest count before and after the walk. */
static void more_than_the_cache_has_is_at_most(void)
{
	struct leak_table *o = leak_table_new(1, 0);
	struct leak_row *const *rows;
	const char no_name[MMT_LEAK_NAME] = "";

	add_site(o, 1, 0x1000, 64);
	add_site(o, 2, 0x2000, 64);
	add_site(o, 3, 0x3000, 128);
	for (uint64_t in_use = 4; in_use <= 5; in_use++) {
		leak_table_cache(o, no_name, 64, in_use);
		leak_table_cache(o, no_name, 64, 1);
		leak_table_walk_begin(o);
		for (int i = 0; i < 5; i++)
			leak_table_object(o, 1 + (i & 1), SECOND);
		leak_table_object(o, 3, SECOND);
		leak_table_walk_end(o);
		leak_table_rows(o, &rows);
		CHECK_EQ(leak_table_doubt(rows[0]), in_use < 5);
		CHECK_EQ(leak_table_doubt(rows[1]), in_use < 5);
		CHECK_EQ(rows[0]->in_use, in_use);
		CHECK_EQ(leak_table_doubt(rows[2]), 0);
		CHECK(rows[2]->in_use == LEAK_UNKNOWN);
	}
	leak_table_walk_begin(o);
	leak_table_walk_end(o);
	CHECK(rows[0]->in_use == LEAK_UNKNOWN);
	leak_table_free(o);
}

static void put(struct model *m, enum input_kind kind, const void *head, size_t head_size, const void *body,
		size_t size)
{
	const struct input in = { .kind = kind, .head = head, .head_size = head_size, .body = body, .size = size };

	model_input(m, &in);
}

static void put_name(struct model *m, uint64_t address)
{
	const struct input_name name = { .key = address, .kind = INPUT_NAME_SYMBOL };

	put(m, INPUT_NAME, &name, sizeof(name), "name\0", 6);
}

static const struct name *name_of(const struct model *m, uint64_t address)
{
	return name_find(&leak_of(m)->names, INPUT_NAME_SYMBOL, address);
}

/* They are announced once: those of rows must stay, whatever comes. */
static void names_of_rows_stay(void)
{
	struct model *m = model_new(&model_leak);
	const struct input_clock clock = { .t0 = 0 };
	struct input_site site = { .number = 1, .site = site_of(0x1000, 64), .caller = 0x1000, .frames = { 0x1000, 0x2000 },
				   .frame_count = 2 };
	uint64_t next = 1 << 20;

	put(m, INPUT_CLOCK, &clock, sizeof(clock), NULL, 0);
	put_name(m, 0x1000);
	put_name(m, 0x2000);
	put(m, INPUT_LEAK_SITE, &site, sizeof(site), NULL, 0);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 2 * NAMES_MAX; i++)
			put_name(m, next++);
		CHECK(name_of(m, 0x1000) && name_of(m, 0x2000) && name_of(m, next - 1));
		CHECK(leak_of(m)->names.by_key.used <= 3 * NAMES_MAX + 2);
		put(m, INPUT_LEAK_WALK, NULL, 0, NULL, 0);
		put(m, INPUT_LEAK_WALKED, NULL, 0, NULL, 0);
	}
	CHECK(name_of(m, 0x1000) && name_of(m, 0x2000) && !name_of(m, 1 << 20));
	model_free(m);
}

int main(void)
{
	RUN("leak", names_of_rows_stay);
	RUN("leak", objects_become_rows);
	RUN("leak", ages_end_before_their_bounds);
	RUN("leak", young_ones_and_samples);
	RUN("leak", leak_or_cache);
	RUN("leak", long_runs_are_thinned);
	RUN("leak", frees_that_were_not_seen_raise_doubt);
	RUN("leak", a_step_is_no_leak);
	RUN("leak", sign_and_trend_agree);
	RUN("leak", one_object_gives_no_confidence);
	RUN("leak", frees_in_bulk_are_at_most);
	RUN("leak", more_than_the_cache_has_is_at_most);
	RUN("leak", a_moment_shows_nothing);
	RUN("leak", no_trend_where_frees_are_not_seen);
	return check_bad;
}
