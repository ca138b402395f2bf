/* SPDX-License-Identifier: GPL-2.0 */
/* Faults by thread and mode: the slices of a VMA are all that it has, wherever its counts go. */
#include "unit/check.h"
#include "unit/fault.h"

#define APPLY(s, record) do { __typeof__(record) r_ = (record); session_apply(s, &r_, sizeof(r_)); } while (0)

static struct session *asked_session(const char *option)
{
	struct session *s = session_new();

	if (option)
		give_option(s, option, "");
	give_clock(s);
	return s;
}

static void fault(struct session *s, unsigned pid, unsigned mm, unsigned tid, uint64_t at, enum mmt_mode mode)
{
	struct mmt_fault f = make_fault(pid, mm, at, 7, MMT_CLASS_ANON_WRITE);

	f.head.tid = tid;
	f.addr = at;
	f.anchor = 0x10000;
	f.mode = (__u8)mode;
	session_apply(s, &f, sizeof(f));
}

/* Each VMA has what its slices have; the faults of a thread. */
static uint64_t of_thread(const struct session *s, pid_t tid)
{
	uint64_t n = 0;

	for (const struct mm *mm = s->mms; mm; mm = mm->next)
		for (const struct vma *v = mm->vmas; v; v = v->next) {
			uint64_t sum = 0;

			for (const struct slice *slice = slices_of(v); slice; slice = slice->next) {
				sum += stat_total(&slice->faults);
				n += slice->tid == tid ? stat_total(&slice->faults) : 0;
			}
			CHECK_EQ(sum, stat_total(&v->faults));
		}
	return n;
}

static void not_asked_for_they_cost_nothing(void)
{
	struct session *s = asked_session(NULL);

	APPLY(s, make_fork(9, 1, 1, 5, "x"));
	fault(s, 9, 1, 9, 0x10000, MMT_MODE_USER);
	CHECK_EQ(s->slice_count, 0);
	session_free(s);
}

static void aggregated_faults_are_of_no_known_thread(void)
{
	struct session *s = asked_session("by_thread");
	struct mmt_aggregate_key key = { .tgid = 9, .mm_id = 1, .anchor = 0x10000, .sig = 7, .cls = MMT_CLASS_ANON_WRITE,
					 .flags = MMT_FAULT_EXECUTOR };
	struct mmt_aggregate_row row = { .count = 5, .timed = 5, .ns_sum = 500, .ns_max = 100 };

	APPLY(s, make_fork(9, 1, 1, 5, "x"));
	fault(s, 9, 1, 9, 0x10000, MMT_MODE_USER);
	fault(s, 9, 1, 10, 0x10000, MMT_MODE_KERNEL);
	fault(s, 9, 1, 10, 0x10000, MMT_MODE_USER);
	session_row(s, &key, &row);
	CHECK_EQ(of_thread(s, 9), 1);
	CHECK_EQ(of_thread(s, 10), 2);
	CHECK_EQ(of_thread(s, THREAD_UNKNOWN), 5);
	session_free(s);
}

/* A VMA that loses addresses with faults leaves them in a row that is gone. */
static void they_go_where_the_counts_go(void)
{
	struct session *s = asked_session("by_thread");
	struct mmt_vma v = make_vma(0x10000, 0x20000, 3, MMT_VMA_ANON, 7);
	uint64_t added = 0;

	APPLY(s, make_fork(9, 1, 1, 5, "x"));
	APPLY(s, make_seen(9, 1, v, ""));
	fault(s, 9, 1, 10, 0x1f000, MMT_MODE_USER);
	fault(s, 9, 1, 11, 0x10000, MMT_MODE_USER);
	session_tick(s, 1000000000, false);
	v.end = 0x18000;
	APPLY(s, make_seen(9, 1, v, ""));
	fault(s, 9, 1, 11, 0x10000, MMT_MODE_USER);
	fault(s, 9, 1, 12, 0x17000, MMT_MODE_USER);
	v.end = 0x14000;
	APPLY(s, make_seen(9, 1, v, "")); /* cut again: the counts join those that are gone */
	fault(s, 9, 1, 11, 0x10000, MMT_MODE_USER);
	CHECK_EQ(of_thread(s, 10), 1);
	CHECK_EQ(of_thread(s, 11), 3);
	CHECK_EQ(of_thread(s, 12), 1);
	session_tick(s, 2000000000, false);
	for (const struct mm *mm = s->mms; mm; mm = mm->next)
		for (const struct vma *w = mm->vmas; w; w = w->next)
			for (const struct slice *slice = slices_of(w); slice; slice = slice->next)
				added += slice->added[MMT_CLASS_ANON_WRITE];
	CHECK_EQ(added, 3); /* not what moved */
	session_free(s);
}

static void rows_of_what_is_gone_keep_no_threads(void)
{
	struct session *s = asked_session("by_thread");

	for (unsigned i = 1; i <= 50; i++) {
		APPLY(s, make_fork(i, 1, i, i * 10, "x"));
		APPLY(s, make_seen(i, i, make_vma(0x10000, 0x20000, 3, MMT_VMA_ANON, 7), ""));
		fault(s, i, i, 1000 + i, 0x10000, MMT_MODE_USER);
		APPLY(s, make_exit(i));
		APPLY(s, ((struct mmt_mm_end){ .head = make_head(MMT_KIND_MM_END, i, i), .bounds = make_mm_bounds() }));
	}
	session_tick(s, 1000000000, false);
	CHECK_EQ(s->slice_count, 50);
	s->limits.vmas = s->limits.processes = 4;
	for (int i = 0; i < 3; i++)
		session_retain(s, 0, false);
	CHECK(of_thread(s, THREAD_ENDED) >= 40);
	CHECK(s->slice_count <= 10);
	session_free(s);
}

static void threads_beyond_the_limit_are_unknown(void)
{
	struct session *s = asked_session("by_thread");

	APPLY(s, make_fork(9, 1, 1, 5, "x"));
	for (unsigned i = 1; i <= SLICES_MAX + 10; i++)
		fault(s, 9, 1, i, 0x10000, MMT_MODE_USER);
	CHECK_EQ(of_thread(s, THREAD_UNKNOWN), 10);
	CHECK_EQ(of_thread(s, SLICES_MAX), 1);
	session_free(s);
}

static void modes_are_distinguished_where_asked_for(void)
{
	struct session *s = asked_session("by_mode");

	APPLY(s, make_fork(9, 1, 1, 5, "x"));
	fault(s, 9, 1, 9, 0x10000, MMT_MODE_USER);
	fault(s, 9, 1, 10, 0x10000, MMT_MODE_USER);
	fault(s, 9, 1, 10, 0x10000, MMT_MODE_KERNEL);
	CHECK_EQ(s->slice_count, 2);
	CHECK_EQ(of_thread(s, THREAD_UNKNOWN), 3);
	session_free(s);
}

/* A number that is used again is no longer the one that had it. */
static void a_thread_that_began_has_not_the_name_of_another(void)
{
	struct session *s = asked_session("by_thread");
	const struct input_thread named[] = { { .pid = 9, .tid = 11 }, { .pid = 9, .tid = 12 } };
	struct mmt_fork thread = make_fork(9, 9, 1, 6, "creator");

	APPLY(s, make_fork(9, 1, 1, 5, "x"));
	for (int i = 0; i < 2; i++)
		give(s, INPUT_THREAD, &named[i], sizeof(named[i]), "worker", 7);
	CHECK_STR(session_thread_name(s, 11), "worker");
	thread.head.tid = 11;
	thread.thread = 1;
	APPLY(s, thread);
	CHECK_STR(session_thread_name(s, 11), "creator");
	APPLY(s, make_fork(12, 9, 2, 7, "child"));
	CHECK_STR(session_thread_name(s, 12), "child");
	session_free(s);
}

int main(void)
{
	RUN("slice", not_asked_for_they_cost_nothing);
	RUN("slice", aggregated_faults_are_of_no_known_thread);
	RUN("slice", they_go_where_the_counts_go);
	RUN("slice", rows_of_what_is_gone_keep_no_threads);
	RUN("slice", threads_beyond_the_limit_are_unknown);
	RUN("slice", modes_are_distinguished_where_asked_for);
	RUN("slice", a_thread_that_began_has_not_the_name_of_another);
	return check_bad;
}
