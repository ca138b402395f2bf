/* SPDX-License-Identifier: GPL-2.0 */
/* Allocations that were not freed: rows, ages, trends. */
#include "model/outstanding.h"

#include <stdlib.h>

#include "unit/check.h"

#define SECOND 1000000000ull

static struct mmt_leak_site site_of(uint64_t address, uint64_t bytes)
{
	return (struct mmt_leak_site){ .key = { .site = address, .what = bytes, .stack = -1 }, .bytes = bytes, .ready = 1 };
}

static void add_site(struct outstanding *o, uint32_t number, uint64_t address, uint64_t bytes)
{
	struct mmt_leak_site s = site_of(address, bytes);
	uint64_t none[1] = { 0 };

	outstanding_site(o, number, &s, address, false, none, 0);
}

static void reading(struct outstanding *o, uint64_t now, uint32_t number, uint64_t held, uint64_t released, uint64_t reused)
{
	struct mmt_leak_count c = { held, released, reused };

	outstanding_sample_begin(o);
	outstanding_count(o, number, &c);
	outstanding_sample_end(o, now);
}

static void objects_become_rows(void)
{
	struct outstanding *o = outstanding_new(1, 0);
	struct outstanding_row **rows;
	size_t n;

	add_site(o, 3, 0x1000, 128);
	add_site(o, 700, 0x2000, 64);
	add_site(o, 4, 0x1000, 128); /* another way to the same call */
	add_site(o, 5, 0x1000, 256); /* another size of the same call */
	CHECK(outstanding_knows(o, 700) && !outstanding_knows(o, 6) && !outstanding_knows(o, 1u << 30));
	outstanding_walk_begin(o);
	outstanding_object(o, 3, SECOND / 20);
	outstanding_object(o, 4, 5 * SECOND);
	outstanding_object(o, 700, 4000 * SECOND);
	outstanding_object(o, 9999, SECOND); /* no such site: left out */
	outstanding_walk_end(o);
	rows = outstanding_rows(o, OUTSTANDING_BYTES, false, &n);
	CHECK_EQ(n, 2);
	CHECK_EQ(rows[0]->site, 0x1000);
	CHECK_EQ(rows[0]->count, 2);
	CHECK_EQ(rows[0]->bytes, 256);
	CHECK_EQ(rows[0]->ages[0], 1);
	CHECK_EQ(rows[0]->ages[2], 1);
	CHECK_EQ(rows[0]->oldest, 5 * SECOND);
	CHECK_EQ(rows[1]->ages[AGE_BUCKETS - 1], 1);
	CHECK_EQ(rows[0]->trend.kind, TREND_UNKNOWN);
	free(rows);
	rows = outstanding_rows(o, OUTSTANDING_AGE, false, &n);
	CHECK_EQ(rows[0]->site, 0x2000);
	free(rows);
	rows = outstanding_rows(o, OUTSTANDING_BYTES, true, &n);
	CHECK_EQ(rows[0]->site, 0x2000);
	free(rows);
	outstanding_walk_begin(o);
	outstanding_walk_end(o);
	free(outstanding_rows(o, OUTSTANDING_BYTES, false, &n));
	CHECK_EQ(n, 0);
	outstanding_free(o);
	outstanding_free(NULL);
}

static void young_ones_and_samples(void)
{
	struct outstanding *o = outstanding_new(8, SECOND);
	struct outstanding_row **rows;
	size_t n;

	add_site(o, 1, 0x1000, 100);
	reading(o, SECOND, 1, 10, 4, 0);
	outstanding_walk_begin(o);
	outstanding_object(o, 1, SECOND - 1);
	outstanding_object(o, 1, SECOND);
	outstanding_walk_end(o);
	rows = outstanding_rows(o, OUTSTANDING_COUNT, false, &n);
	CHECK_EQ(n, 1);
	CHECK_EQ(rows[0]->count, 8);
	CHECK_EQ(rows[0]->bytes, 800);
	CHECK_EQ(rows[0]->allocated, 80);
	CHECK_EQ(rows[0]->freed, 32);
	CHECK_EQ(outstanding_mismatch(o), 32); /* 6 should be there, 2 were found */
	free(rows);
	outstanding_free(o);
}

/* The trend of one site over readings, one a second. */
static struct trend trend_of(int readings, uint64_t (*held)(int i), uint64_t reused)
{
	struct outstanding *o = outstanding_new(1, 0);
	struct outstanding_row **rows;
	struct trend t;
	size_t n;

	add_site(o, 1, 0x1000, 100);
	for (int i = 0; i < readings; i++)
		reading(o, (uint64_t)i * SECOND, 1, held(i) + 1000 + reused, 1000, reused);
	outstanding_walk_begin(o);
	outstanding_object(o, 1, SECOND);
	outstanding_walk_end(o);
	rows = outstanding_rows(o, OUTSTANDING_BYTES, false, &n);
	t = rows[0]->trend;
	free(rows);
	outstanding_free(o);
	return t;
}

static uint64_t leaks(int i) { return 7 * (uint64_t)i; }
static uint64_t leaks_in_noise(int i) { return 1000 + 7 * (uint64_t)i + (uint64_t)(i * 37 % 11); }
static uint64_t fills_up(int i) { return i < 20 ? 50 * (uint64_t)i : 1000; }
static uint64_t saturates(int i) { return (uint64_t)(1000 - 1000 / (i + 1)); }
static uint64_t wobbles(int i) { return 500 + (uint64_t)(i * 37 % 11); }
static uint64_t stands(int i) { (void)i; return 77; }
static uint64_t falls(int i) { return 5000 - 20 * (uint64_t)i; }

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

static void long_runs_are_thinned(void)
{
	struct trend t = trend_of(10000, leaks, 0);

	CHECK_EQ(t.kind, TREND_GROWS);
	CHECK_EQ((uint64_t)(t.slope + 0.5), 700);
}

static void no_trend_where_frees_are_not_seen(void)
{
	CHECK_EQ(trend_of(40, leaks, 10).kind, TREND_GROWS); /* of more than 1000 */
	CHECK_EQ(trend_of(40, leaks, 500).kind, TREND_UNKNOWN);
}

static void rows_in_doubt_come_last(void)
{
	struct outstanding *o = outstanding_new(1, 0);
	struct mmt_leak_count sure = { 10, 9, 0 }, doubt = { 10000, 500, 9000 };
	struct outstanding_row **rows;
	size_t n;

	add_site(o, 1, 0x1000, 100);
	add_site(o, 2, 0x2000, 100);
	outstanding_sample_begin(o);
	outstanding_count(o, 1, &sure);
	outstanding_count(o, 2, &doubt);
	outstanding_sample_end(o, SECOND);
	outstanding_walk_begin(o);
	outstanding_object(o, 1, SECOND);
	for (int i = 0; i < 500; i++)
		outstanding_object(o, 2, SECOND);
	outstanding_walk_end(o);
	for (int reverse = 0; reverse < 2; reverse++) {
		rows = outstanding_rows(o, OUTSTANDING_BYTES, reverse, &n);
		CHECK_EQ(n, 2);
		CHECK(rows[0]->site == 0x1000 && !outstanding_doubt(rows[0]));
		CHECK(rows[1]->site == 0x2000 && outstanding_doubt(rows[1]));
		free(rows);
	}
	CHECK_EQ(outstanding_mismatch(o), 0);
	outstanding_free(o);
}

int main(void)
{
	RUN("outstanding", objects_become_rows);
	RUN("outstanding", young_ones_and_samples);
	RUN("outstanding", leak_or_cache);
	RUN("outstanding", long_runs_are_thinned);
	RUN("outstanding", rows_in_doubt_come_last);
	RUN("outstanding", no_trend_where_frees_are_not_seen);
	return check_bad;
}
