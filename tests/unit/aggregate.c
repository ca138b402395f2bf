/* SPDX-License-Identifier: GPL-2.0 */
/* src/model/fault/aggregate.c: rows that only grow, read again and again. */

#include <stdlib.h>

#include "unit/check.h"
#include "unit/fault.h"

static struct mmt_aggregate_key key_of(unsigned tgid, unsigned mm_id, enum mmt_class cls)
{
	return (struct mmt_aggregate_key){ .tgid = tgid, .mm_id = mm_id, .anchor = 0x10000, .sig = 7, .cls = (__u8)cls,
				      .mode = MMT_MODE_USER, .flags = MMT_FAULT_EXECUTOR };
}

static struct mmt_aggregate_row row_of(uint64_t count)
{
	struct mmt_aggregate_row r = { .count = count, .timed = count, .ns_sum = count * 1000, .ns_max = 1000 };

	r.hist[mmt_latency_bucket(1000)] = (__u32)count;
	return r;
}

static void a_row_adds_what_it_grew(void)
{
	struct session *s = session_new();
	struct mmt_aggregate_key key = key_of(42, 1, MMT_CLASS_ANON_WRITE);
	struct mmt_aggregate_row ten = row_of(10), fifteen = row_of(15);

	for (int again = 0; again < 3; again++)
		session_row(s, &key, &ten);
	CHECK_EQ(s->faults.minor, 10);
	session_row(s, &key, &fifteen);
	CHECK_EQ(s->faults.minor, 15);
	CHECK_EQ(session_find(s, 42)->faults.minor, 15);
	CHECK_EQ(session_vma_by_key(s, 1, 7, 0x10000)->faults.minor, 15);
	CHECK_EQ(s->faults.cls[MMT_CLASS_ANON_WRITE]->timed, 15);
	CHECK_EQ(s->faults.cls[MMT_CLASS_ANON_WRITE]->ns_sum, 15000);
	CHECK_EQ(s->faults.cls[MMT_CLASS_ANON_WRITE]->hist[mmt_latency_bucket(1000)], 15);
	session_free(s);
}

static void rows_and_records_add_up(void)
{
	struct session *s = session_new();
	struct mmt_aggregate_key key = key_of(42, 1, MMT_CLASS_COW);
	struct mmt_aggregate_row row = row_of(3);
	struct mmt_fault f = make_fault(42, 1, 0x10000, 7, MMT_CLASS_COW);

	session_apply(s, &f, sizeof(f));
	session_row(s, &key, &row);
	CHECK_EQ(s->faults.minor, 4);
	CHECK_EQ(session_vma_of(s, &f)->faults.minor, 4);
	session_free(s);
}

static void many_rows_keep_apart(void)
{
	struct session *s = session_new();
	struct mmt_aggregate_row row = row_of(2);

	for (int pass = 0; pass < 2; pass++)
		for (unsigned i = 0; i < 3000; i++) {
			struct mmt_aggregate_key key = key_of(100 + i % 10, 1 + i % 10, i % MMT_CLASS_ERROR);

			key.anchor = 0x1000ull * i;
			session_row(s, &key, &row);
		}
	CHECK_EQ(s->faults.minor, 6000);
	session_free(s);
}

static void damaged_rows_are_counted(void)
{
	struct session *s = session_new();
	struct mmt_aggregate_key key = key_of(42, 1, MMT_CLASS_COUNT);
	struct mmt_aggregate_row row = row_of(2);

	session_row(s, &key, &row);
	key.cls = MMT_CLASS_COW;
	key.mode = MMT_MODE_COUNT;
	session_row(s, &key, &row);
	CHECK_EQ(s->base.decode_errors, 2);
	CHECK_EQ(stat_total(&s->faults), 0);
	session_free(s);
}

static void process_rows_by_start_time(void)
{
	struct session *s = session_new();
	struct mmt_fork first = make_fork(42, 1, 1, 1000, "first"), second = make_fork(42, 1, 2, 2000, "second");
	struct mmt_exit end = make_exit(42);
	struct mmt_aggregate_process_key key = { .tgid = 42, .start_boottime = 1000 };
	struct mmt_aggregate_process row = { .gup_minor = 5, .count = { [MMT_CLASS_COW] = { 3, 1 } } };

	session_apply(s, &first, sizeof(first));
	session_apply(s, &end, sizeof(end));
	session_apply(s, &second, sizeof(second));
	session_row_process(s, &key, &row);
	session_row_process(s, &key, &row);
	CHECK_EQ(s->faults.minor, 3);
	CHECK_EQ(s->faults.major, 1);
	CHECK_EQ(s->faults.unattributed_minor, 5);
	CHECK_EQ(stat_total(&session_find(s, 42)->faults), 0); /* the dead one executed them */
	CHECK_EQ(session_find(s, 42)->older->faults.minor, 3);
	row.gup_minor = 2; /* a reading took back */
	session_row_process(s, &key, &row);
	CHECK_EQ(s->faults.unattributed_minor, 2);
	key = (struct mmt_aggregate_process_key){ 0 }; /* stands for the rest */
	session_row_process(s, &key, &row);
	CHECK_EQ(s->faults.minor, 6);
	CHECK_EQ(s->live_processes, 1);
	CHECK_STR(s->processes->comm, "(unknown)");
	session_free(s);
}

/* The clock may give one time to many. */
static void process_rows_with_one_start_time(void)
{
	struct session *s = session_new();
	struct mmt_aggregate_process row = { .count = { [MMT_CLASS_COW] = { 1, 0 } } };

	for (uint64_t start = 0; start < 30; start++)
		for (uint32_t tgid = 1; tgid <= 30; tgid++) {
			struct mmt_aggregate_process_key key = { .tgid = tgid, .start_boottime = 1000 + start };

			session_row_process(s, &key, &row);
			session_row_process(s, &key, &row);
		}
	CHECK_EQ(s->faults.minor, 900);
	session_free(s);
}

static void calls_are_counted_by_process(void)
{
	struct session *s = session_new();
	struct mmt_aggregate_key key = { .tgid = 42, .mm_id = 1, .sig = 9, .cls = MMT_AGGREGATE_CALL };
	struct mmt_aggregate_process_key process = { .tgid = 42 };
	struct mmt_aggregate_process beyond = { .calls = 3 };
	struct mmt_aggregate_row row = { .count = 5 };

	session_process(s, 42);
	session_row(s, &key, &row);
	row.count = 7;
	session_row(s, &key, &row);
	CHECK_EQ(session_find(s, 42)->calls, 7);
	session_row_process(s, &process, &beyond); /* those that found no row */
	session_row_process(s, &process, &beyond);
	CHECK_EQ(session_find(s, 42)->calls, 10);
	CHECK_EQ(stat_total(&s->faults), 0);
	session_free(s);
}

/* What was seen at once may have been timed only since, and the greatest is of all times. */
static void latencies_grow_too(void)
{
	struct session *s = session_new();
	struct mmt_aggregate_key key = key_of(42, 1, MMT_CLASS_SWAP);
	struct mmt_aggregate_row row = { .count = 1 };
	const struct class_stat *c;

	session_row(s, &key, &row);
	row.timed = 1;
	row.ns_sum = row.ns_max = 5000;
	row.hist[mmt_latency_bucket(5000)] = 1;
	session_row(s, &key, &row);
	c = s->faults.cls[MMT_CLASS_SWAP];
	CHECK_EQ(c->minor, 1);
	CHECK_EQ(c->timed, 1);
	CHECK_EQ(c->ns_sum, 5000);
	CHECK_EQ(c->ns_max, 5000);
	CHECK_EQ(c->hist[mmt_latency_bucket(5000)], 1);
	session_free(s);
}

int main(void)
{
	RUN("fold", a_row_adds_what_it_grew);
	RUN("fold", rows_and_records_add_up);
	RUN("fold", many_rows_keep_apart);
	RUN("fold", damaged_rows_are_counted);
	RUN("fold", calls_are_counted_by_process);
	RUN("fold", latencies_grow_too);
	RUN("fold", process_rows_by_start_time);
	RUN("fold", process_rows_with_one_start_time);
	return check_bad;
}
