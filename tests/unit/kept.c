/* SPDX-License-Identifier: GPL-2.0 */
/* Rows of processes that ended: kept beside the kernel's table, and bounded. */
#include "source/hist_kept.h"

#include <stdlib.h>

#include "unit/check.h"

static struct hist_kept *kept_new(void)
{
	struct hist_kept *k = calloc(1, sizeof(*k));

	hist_kept_init(k);
	return k;
}

static void kept_end(struct hist_kept *k)
{
	hist_kept_free(k);
	free(k);
}

static struct mmt_hist_key key_of(uint64_t process)
{
	return (struct mmt_hist_key){ .k = { process }, .domain = MMT_DOMAIN_PAGE, .op = MMT_OP_FREE, .bucket = 13 };
}

static void a_late_row_joins_what_is_kept(void)
{
	const struct mmt_hist_row one = { 1, 4096, 4096 };
	struct mmt_hist_key a = key_of(1), b = key_of(2), key;
	struct mmt_hist_row live = { 10, 40960, 40960 }, row;
	struct hist_kept *k = kept_new();
	size_t at = 0;

	hist_kept_row(k, &a, &one);
	hist_kept_row(k, &b, &one);
	hist_kept_row(k, &a, &one); /* its rows were read out twice: something came between */
	for (int reading = 0; reading < 2; reading++) {
		hist_kept_begin(k);
		row = live;
		hist_kept_join(k, &a, &row);
		CHECK_EQ(row.count, 12);
		CHECK_EQ(row.requested, 12 * 4096);
		at = 0;
		CHECK(hist_kept_next(k, &at, &key, &row) && key.k[0] == 2 && row.count == 1);
		CHECK(!hist_kept_next(k, &at, &key, &row));
	}
	kept_end(k);
}

static void processes_are_known_by_id(void)
{
	struct mmt_hist_process p = { .comm = "short", .tgid = 7, .ended = 1 };
	struct hist_kept *k = kept_new();

	hist_kept_process(k, 99, &p);
	p.tgid = 8;
	hist_kept_process(k, 99, &p);
	CHECK(hist_kept_find(k, 99) && hist_kept_find(k, 99)->tgid == 8);
	CHECK(!hist_kept_find(k, 98));
	kept_end(k);
}

static void what_finds_no_room_is_counted_without_a_row(void)
{
	const struct mmt_hist_row one = { 1, 4096, 4096 };
	const struct mmt_hist_process p = { .ended = 1 };
	struct hist_kept *k = kept_new();
	struct mmt_hist_key key = key_of(0);
	uint32_t slot = MMT_HIST_SLOT(key.domain, key.op, key.bucket);

	for (uint64_t i = 0; i < KEPT_ROWS + 5; i++) {
		key = key_of(i);
		hist_kept_row(k, &key, &one);
	}
	hist_kept_process(k, 1, &p);
	CHECK(!hist_kept_find(k, 1));
	CHECK_EQ(k->rows.used, KEPT_ROWS);
	CHECK_EQ(k->other[slot].count, 5);
	CHECK_EQ(k->other[slot].allocated, 5 * 4096);
	key = key_of(3);
	hist_kept_row(k, &key, &one); /* has a row */
	CHECK_EQ(k->other[slot].count, 5);
	kept_end(k);
}

int main(void)
{
	RUN("kept", a_late_row_joins_what_is_kept);
	RUN("kept", processes_are_known_by_id);
	RUN("kept", what_finds_no_room_is_counted_without_a_row);
	return check_bad;
}
