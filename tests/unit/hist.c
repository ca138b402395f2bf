/* SPDX-License-Identifier: GPL-2.0 */
/* Cells of the kernel's histograms become lines. */
#include "model/hist.h"

#include <stdlib.h>

#include "unit/check.h"

static void add(struct hist_snapshot *s, uint64_t k, uint8_t bucket, uint64_t count, uint64_t size, bool other)
{
	struct mmt_hist_key key = { .k = { k }, .domain = MMT_DOMAIN_KMALLOC, .op = MMT_OP_ALLOC, .bucket = bucket };
	struct mmt_hist_row row = { count, count * size, count << bucket };

	hist_add(s, &key, &row, other);
}

static void cells_become_lines(void)
{
	struct hist_snapshot s = { 0 };
	const struct hist_line **lines;
	struct mmt_hist_row buckets[MMT_HIST_BUCKETS], sum;

	add(&s, 7, 6, 10, 48, false);
	add(&s, 3, 7, 5, 100, false);
	add(&s, 7, 4, 1, 9, false);
	add(&s, 9, 4, 0, 9, false); /* counts nothing */
	add(&s, 0, 5, 2, 20, true);
	hist_finish(&s);
	CHECK_EQ(s.line_count, 3);
	CHECK_EQ(hist_select(&s, MMT_DOMAIN_KMALLOC, MMT_OP_ALLOC, HIST_BY_COUNT, &lines), 3);
	CHECK_EQ(lines[0]->k[0], 7);
	CHECK_EQ(lines[0]->cell_count, 2);
	CHECK_EQ(lines[0]->cells[0].key.bucket, 4);
	CHECK_EQ(lines[0]->sum.count, 11);
	CHECK_EQ(lines[1]->k[0], 3);
	CHECK(lines[2]->other); /* last, whatever it counts */
	free(lines);
	sum = hist_total(&s, MMT_DOMAIN_KMALLOC, MMT_OP_ALLOC, buckets);
	CHECK_EQ(sum.count, 18);
	CHECK_EQ(buckets[6].count, 10);
	CHECK_EQ(hist_total(&s, MMT_DOMAIN_SLAB, MMT_OP_ALLOC, NULL).count, 0);
	hist_free(&s);
}

static void intervals_are_differences(void)
{
	struct hist_snapshot before = { 0 }, now = { 0 }, delta = { 0 };

	add(&before, 1, 6, 10, 48, false);
	add(&before, 2, 6, 4, 48, false);
	hist_finish(&before);
	add(&now, 0, 3, 1, 5, false); /* new, sorts before the others */
	add(&now, 1, 6, 15, 48, false);
	add(&now, 2, 6, 4, 48, false); /* did not move */
	hist_finish(&now);
	hist_subtract(&now, &before, &delta);
	CHECK_EQ(delta.line_count, 2);
	CHECK_EQ(delta.lines[0].sum.count, 1);
	CHECK_EQ(delta.lines[1].sum.count, 5);
	CHECK_EQ(delta.lines[1].sum.requested, 5 * 48);
	hist_free(&before);
	hist_free(&now);
	hist_free(&delta);
}

static void sorting_by_waste(void)
{
	struct hist_snapshot s = { 0 };
	const struct hist_line **lines;
	enum hist_sort sort;

	add(&s, 1, 6, 10, 63, false);
	add(&s, 2, 6, 5, 33, false);
	hist_finish(&s);
	CHECK(hist_sort_parse("waste", &sort));
	hist_select(&s, MMT_DOMAIN_KMALLOC, MMT_OP_ALLOC, sort, &lines);
	CHECK_EQ(lines[0]->k[0], 2);
	CHECK_EQ(hist_waste(&lines[0]->sum), 5 * 31);
	CHECK(!hist_sort_parse("colour", &sort));
	free(lines);
	hist_free(&s);
}

static void bounds_of_buckets(void)
{
	CHECK_EQ(hist_bucket_lo(0), 0);
	CHECK_EQ(hist_bucket_hi(0), 1);
	CHECK_EQ(hist_bucket_lo(7), 64);
	CHECK_EQ(hist_bucket_hi(7), 128);
	CHECK_EQ(hist_bucket_hi(62), 1ull << 62);
	CHECK_EQ(hist_bucket_lo(63), 1ull << 62); /* the last */
	CHECK_EQ(hist_bucket_hi(63), UINT64_MAX);
}

int main(void)
{
	RUN("hist", cells_become_lines);
	RUN("hist", intervals_are_differences);
	RUN("hist", sorting_by_waste);
	RUN("hist", bounds_of_buckets);
	return check_bad;
}
