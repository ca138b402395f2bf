/* SPDX-License-Identifier: GPL-2.0 */
/* src/model/fault/stat.c, the bucket function that both sides share, and quantiles as
 * they are shown (src/view/rows/stat.c, src/view/field.c). */
#include "model/fault/stat.h"

#include "unit/check.h"
#include "unit/make.h"
#include "view/rows/stat.h"

/* ns; 0: nothing was timed. percent above 100: the maximum. */
static uint64_t quantile(const struct fault_stat *s, int percent)
{
	struct tick t = { .scratch = scratch_new() };
	struct value v = stat_latency(s, percent, &t);
	uint64_t ns = 0;

	if (v.type != VALUE_NONE)
		value_quantile(&v, &ns);
	scratch_free(t.scratch);
	return ns;
}

static uint64_t upper(uint32_t bucket)
{
	struct spread all = { .total = 1, .max = UINT64_MAX };
	struct value v = { .type = VALUE_QUANTILE, .quantile = { &all, 0.5 } };
	uint64_t ns = 0;

	all.bucket[bucket] = 1;
	value_quantile(&v, &ns);
	return ns;
}

/* Half octave of ns, by comparing with each border instead of by bits. */
static uint32_t bucket_by_borders(uint32_t ns)
{
	uint32_t bucket = 0;

	for (uint32_t k = 1; k < 32; k++) {
		uint64_t low = 1ull << k, middle = low + low / 2;

		if (ns >= low)
			bucket = ns >= middle ? 2 * k + 1 : 2 * k;
	}
	return bucket;
}

static void buckets_agree_with_their_borders(void)
{
	for (uint32_t k = 0; k < 32; k++)
		for (int64_t d = -2; d <= 2; d++) {
			int64_t a = (1ll << k) + d, b = (3ll << k) / 2 + d;

			if (a >= 0 && a <= UINT32_MAX)
				CHECK_EQ(mmt_latency_bucket((uint32_t)a), bucket_by_borders((uint32_t)a));
			if (b >= 0 && b <= UINT32_MAX)
				CHECK_EQ(mmt_latency_bucket((uint32_t)b), bucket_by_borders((uint32_t)b));
		}
	for (uint32_t i = 0, ns = 1; i < 100000; i++, ns = ns * 1664525u + 1013904223u)
		CHECK_EQ(mmt_latency_bucket(ns), bucket_by_borders(ns));
	CHECK_EQ(mmt_latency_bucket(UINT32_MAX), HIST_BUCKETS - 1);
}

static void upper_bounds_lie_right_above(void)
{
	for (uint32_t k = 1; k < 32; k++) {
		uint64_t low = 1ull << k, middle = low + low / 2;

		CHECK_EQ(upper(2 * k), middle);
		CHECK_EQ(upper(2 * k + 1), low * 2);
	}
	CHECK_EQ(upper(0), 2);
}

static void counts_by_class_and_mode(void)
{
	struct fault_stat s = { 0 };
	struct mmt_fault f = make_fault(1, 1, 0x1000, 1, MMT_CLASS_COW);

	stat_add(&s, &f);
	f.flags |= MMT_FAULT_MAJOR | MMT_FAULT_FOREIGN;
	f.mode = MMT_MODE_KERNEL;
	stat_add(&s, &f);
	f.cls = MMT_CLASS_ERROR;
	stat_add(&s, &f); /* neither minor nor major, whatever the flag says */
	CHECK_EQ(s.minor, 1);
	CHECK_EQ(s.major, 1);
	CHECK_EQ(s.error, 1);
	CHECK_EQ(s.foreign, 2);
	CHECK_EQ(s.mode[MMT_MODE_USER], 1);
	CHECK_EQ(s.mode[MMT_MODE_KERNEL], 1);
	CHECK_EQ(stat_total(&s), 3);
	CHECK_EQ(stat_class_count(&s, MMT_CLASS_COW), 2);
	CHECK_EQ(stat_class_count(&s, MMT_CLASS_ERROR), 1);
	CHECK_EQ(stat_class_count(&s, MMT_CLASS_SWAP), 0);
	stat_free(&s);
}

static void untimed_faults_have_no_latency(void)
{
	struct fault_stat s = { 0 };
	struct mmt_fault f = make_fault(1, 1, 0x1000, 1, MMT_CLASS_SWAP);

	f.ns = 0;
	stat_add(&s, &f);
	CHECK_EQ(stat_max(&s), 0);
	CHECK_EQ(quantile(&s, 50), 0);
	CHECK_EQ(s.cls[MMT_CLASS_SWAP]->timed, 0);
	f.ns = 700;
	stat_add(&s, &f);
	CHECK_EQ(quantile(&s, 0), 700);
	CHECK_EQ(quantile(&s, 100), 700);
	stat_free(&s);
}

static void quantiles(void)
{
	struct fault_stat s = { 0 };
	struct mmt_fault f = make_fault(1, 1, 0x1000, 1, MMT_CLASS_COW);

	CHECK_EQ(quantile(&s, 50), 0);
	for (int i = 0; i < 98; i++) {
		f.ns = 1100; /* in [1024, 1536) */
		stat_add(&s, &f);
	}
	f.cls = MMT_CLASS_FILE_READ;
	f.ns = 1u << 20; /* in [2^20, 1.5 * 2^20) */
	stat_add(&s, &f);
	f.ns = (1u << 20) + 5;
	stat_add(&s, &f);
	CHECK_EQ(quantile(&s, 50), 1536);
	CHECK_EQ(quantile(&s, 98), 1536);
	CHECK_EQ(quantile(&s, 99), (1u << 20) + 5); /* the bound, but at most the greatest seen */
	CHECK_EQ(quantile(&s, 200), (1u << 20) + 5);
	CHECK_EQ(stat_max(&s), (1u << 20) + 5);
	stat_free(&s);
}

static void a_folded_row_is_as_many_faults(void)
{
	struct fault_stat one = { 0 }, folded = { 0 };
	struct mmt_fault f = make_fault(1, 1, 0x1000, 1, MMT_CLASS_ANON_WRITE);
	struct mmt_aggregate_key key = { .cls = f.cls, .mode = f.mode, .flags = MMT_FAULT_MAJOR | MMT_FAULT_FOREIGN };
	struct mmt_aggregate_row row = { 0 };

	f.flags = key.flags;
	for (uint32_t i = 1; i <= 1000; i++) {
		f.ns = i * 37;
		stat_add(&one, &f);
		row.count++;
		row.timed++;
		row.ns_sum += f.ns;
		row.ns_max = f.ns;
		row.hist[mmt_latency_bucket(f.ns)]++;
	}
	stat_add_row(&folded, &key, &row);
	CHECK(!memcmp(one.cls[f.cls], folded.cls[f.cls], sizeof(*one.cls[f.cls])));
	CHECK_EQ(folded.major, one.major);
	CHECK_EQ(folded.foreign, one.foreign);
	CHECK_EQ(folded.mode[MMT_MODE_USER], 1000);
	CHECK_EQ(quantile(&folded, 90), quantile(&one, 90));
	key.mode = MMT_MODE_COUNT; /* not known: in no mode, but counted */
	stat_add_row(&folded, &key, &row);
	CHECK_EQ(folded.mode[MMT_MODE_USER], 1000);
	CHECK_EQ(folded.major, 2000);
	stat_free(&one);
	stat_free(&folded);
}

/* A bucket of the kernel's wraps at 2^32, what is added up here must not. */
static void histograms_hold_more_than_32_bits(void)
{
	struct fault_stat s = { 0 }, to = { 0 };
	struct mmt_aggregate_key key = { .cls = MMT_CLASS_ANON_WRITE };
	struct mmt_aggregate_row row = { .count = UINT32_MAX, .timed = UINT32_MAX, .hist = { [20] = UINT32_MAX } };

	for (int i = 0; i < 3; i++)
		stat_add_row(&s, &key, &row);
	stat_move(&to, &s);
	CHECK_EQ(to.cls[MMT_CLASS_ANON_WRITE]->hist[20], 3ull * UINT32_MAX);
	stat_free(&to);
}

static struct mmt_fault of_page(uint8_t cls, uint16_t flags)
{
	struct mmt_fault f = { .cls = cls, .flags = flags, .weight = 3 };

	return f;
}

/* Whether the page was there is counted by class, streamed or aggregated, and moves along. */
static void pages_that_were_there_and_new_ones(void)
{
	struct fault_stat s = { 0 }, sum = { 0 };
	const struct mmt_fault faults[] = { of_page(MMT_CLASS_SHMEM, MMT_FAULT_FRESH),
					    of_page(MMT_CLASS_SHMEM, MMT_FAULT_THERE),
					    of_page(MMT_CLASS_FILE_READ, MMT_FAULT_THERE), of_page(MMT_CLASS_ERROR, MMT_FAULT_FRESH),
					    of_page(MMT_CLASS_ANON_WRITE, 0) };
	const struct mmt_aggregate_key key = { .cls = MMT_CLASS_SHMEM, .flags = MMT_FAULT_FRESH & MMT_AGGREGATE_FLAGS };
	const struct mmt_aggregate_row row = { .count = 10 };

	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		stat_add(&s, &faults[i]);
	stat_add_row(&s, &key, &row);
	CHECK(!page_key(&faults[3]) && !page_key(&faults[4]));
	CHECK_STR(page_key(&faults[0]), "new");
	CHECK_STR(page_key(&faults[2]), "there");
	stat_sum(&sum, &s);
	stat_move(&sum, &s);
	CHECK_EQ(stat_pages(&sum, MMT_CLASS_SHMEM, stat_fresh).u, 26);
	CHECK_EQ(stat_pages(&sum, MMT_CLASS_COUNT, stat_fresh).u, 26);
	CHECK_EQ(stat_pages(&sum, MMT_CLASS_COUNT, stat_there).u, 12);
	CHECK_EQ(stat_pages(&sum, MMT_CLASS_ANON_WRITE, stat_fresh).type, VALUE_NONE);
	stat_free(&sum);
}

int main(void)
{
	RUN("stat", buckets_agree_with_their_borders);
	RUN("stat", upper_bounds_lie_right_above);
	RUN("stat", counts_by_class_and_mode);
	RUN("stat", untimed_faults_have_no_latency);
	RUN("stat", quantiles);
	RUN("stat", a_folded_row_is_as_many_faults);
	RUN("stat", pages_that_were_there_and_new_ones);
	RUN("stat", histograms_hold_more_than_32_bits);
	return check_bad;
}
