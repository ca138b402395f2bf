/* SPDX-License-Identifier: GPL-2.0 */
/* Calls that change mappings are counted where they were made, and stay with the counts of the VMA. */
#include <stdlib.h>

#include "model/fault/internal.h"
#include "unit/check.h"
#include "unit/fault.h"

#define APPLY(s, record) do { __typeof__(record) r_ = (record); session_apply(s, &r_, sizeof(r_)); } while (0)
#define START 0x7f0000000000ull
#define END (START + 0x10000)

static struct session *with_area(bool asked)
{
	struct session *s = session_new();

	if (asked)
		give_option(s, "calls", "");
	give_clock(s);
	APPLY(s, make_fork(9, 1, 1, 5, "x"));
	APPLY(s, make_seen(9, 1, make_vma(START, END, 3, MMT_VMA_ANON, 7), ""));
	return s;
}

/* sig 0: of what is no more when the call returns. */
static struct mmt_call call(uint32_t nr, uint32_t sig, uint64_t at, uint64_t advice, int64_t ret)
{
	return (struct mmt_call){ .head = make_head(MMT_KIND_CALL, 9, 1), .nr = nr, .sig = sig, .anchor = sig ? START : 0,
				  .arg = { at, 4096, advice }, .ret = ret };
}

static uint64_t counted(const struct session *s, enum call_kind kind)
{
	uint64_t n = 0;

	for (const struct mapping *m = s->mappings; m; m = m->next)
		n += m->calls ? m->calls->n[kind] : 0;
	return n;
}

static void calls_are_counted_by_mapping(void)
{
	struct session *s = with_area(true);

	APPLY(s, call(28, 7, START, 4, 0));   /* MADV_DONTNEED */
	APPLY(s, call(28, 7, START, 24, 0));  /* of locked pages */
	APPLY(s, call(28, 7, START, 14, 0));  /* MADV_HUGEPAGE */
	APPLY(s, call(28, 7, START, 4, -22)); /* nothing happened */
	APPLY(s, call(10, 7, START, 0, 0));   /* mprotect */
	APPLY(s, call(11, 0, END - 4096, 0, 0)); /* munmap: by its address */
	APPLY(s, call(11, 0, END, 0, 0));     /* of what is not known */
	APPLY(s, call(12, 7, START, 0, 0));   /* brk is not counted so */
	session_tick(s, 1000000000, false);
	CHECK_EQ(counted(s, COUNT_DONTNEED), 2);
	CHECK_EQ(counted(s, COUNT_HUGEPAGE), 1);
	CHECK_EQ(counted(s, COUNT_MPROTECT), 1);
	CHECK_EQ(counted(s, COUNT_MUNMAP), 1);
	CHECK_EQ(s->calls_apart, 1);
	APPLY(s, call(28, 7, START, 4, 0));
	session_tick(s, 2000000000, false);
	CHECK_EQ(counted(s, COUNT_DONTNEED), 3);
	session_free(s);
}

static void not_asked_for_they_are_not_counted(void)
{
	struct session *s = with_area(false);

	APPLY(s, call(28, 7, START, 4, 0));
	session_tick(s, 1000000000, false);
	CHECK_EQ(counted(s, COUNT_DONTNEED), 0);
	CHECK_EQ(s->calls_apart, 0);
	session_free(s);
}

/* What goes into another row takes them along. */
static void they_move_with_the_counts(void)
{
	struct call_counts some = { .n[COUNT_FREE] = 2 }, *to = NULL;

	calls_add(&to, NULL);
	CHECK(!to);
	calls_add(&to, &some);
	calls_add(&to, &some);
	CHECK_EQ(to ? to->n[COUNT_FREE] : 0, 4);
	free(to);
}

int main(void)
{
	RUN("calls", calls_are_counted_by_mapping);
	RUN("calls", not_asked_for_they_are_not_counted);
	RUN("calls", they_move_with_the_counts);
	return check_bad;
}
