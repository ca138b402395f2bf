/* SPDX-License-Identifier: GPL-2.0 */
/* Faults that failed are shown with what was mapped there. */
#include "unit/check.h"
#include "unit/fault.h"
#include "view/rows/fault.h"

#define APPLY(s, record) do { __typeof__(record) r_ = (record); session_apply(s, &r_, sizeof(r_)); } while (0)

static struct mmt_fault failed(uint64_t addr, uint16_t flags, enum mmt_mode mode)
{
	struct mmt_fault f = make_fault(9, 1, 0x10000, 7, MMT_CLASS_ERROR);

	f.head.tid = 10;
	f.addr = addr;
	f.flags |= flags;
	f.mode = (__u8)mode;
	return f;
}

static bool says(const struct session *s, int n, const char *text)
{
	struct tick t = { .model = &s->base, .scratch = scratch_new() };
	bool same = n < s->failure_count && !strcmp(failure_text(&s->failures[n], &t), text);

	if (!same && n < s->failure_count)
		printf("# %s\n", failure_text(&s->failures[n], &t));
	scratch_free(t.scratch);
	return same;
}

static void what_failed_where_is_said(void)
{
	struct session *s = session_new();

	APPLY(s, make_fork(9, 1, 1, 5, "victim"));
	APPLY(s, make_seen(9, 1, make_vma(0x10000, 0x20000, 1, MMT_VMA_FILE, 7), "short"));
	APPLY(s, failed(0x11008, MMT_FAULT_SIGSEGV, MMT_MODE_USER));
	APPLY(s, failed(0x12000, MMT_FAULT_SIGBUS, MMT_MODE_USER));
	APPLY(s, failed(0x12000, MMT_FAULT_SIGBUS, MMT_MODE_KERNEL));
	APPLY(s, failed(0x10, MMT_FAULT_SIGSEGV | MMT_FAULT_NO_VMA, MMT_MODE_USER));
	APPLY(s, failed(0x12000, 0, MMT_MODE_USER)); /* a recording from before */
	APPLY(s, make_fault(9, 1, 0x10000, 7, MMT_CLASS_FILE_READ));
	session_tick(s, 1000000000, false);
	CHECK_EQ(s->failure_count, 5);
	CHECK(says(s, 0, "SIGSEGV at 0x11008 in short r--p, thread 10 of 9 victim"));
	CHECK(says(s, 1, "SIGBUS at 0x12000 in short r--p, thread 10 of 9 victim"));
	CHECK(says(s, 2, "EFAULT at 0x12000 in short r--p, thread 10 of 9 victim"));
	CHECK(says(s, 3, "SIGSEGV at 0x10 in [no mapping], thread 10 of 9 victim"));
	CHECK(says(s, 4, "a fault failed at 0x12000 in short r--p, thread 10 of 9 victim"));
	session_free(s);
}

/* A handler may fail again and again: the first ones are shown, with the mapping of their time. */
static void the_first_ones_are_kept(void)
{
	struct session *s = session_new();

	APPLY(s, make_fork(9, 1, 1, 5, "victim"));
	APPLY(s, make_seen(9, 1, make_vma(0x10000, 0x20000, 1, MMT_VMA_FILE, 7), "short"));
	for (int i = 0; i < 100; i++)
		APPLY(s, failed(0x11000 + (uint64_t)i, MMT_FAULT_SIGSEGV, MMT_MODE_USER));
	session_tick(s, 1000000000, false);
	APPLY(s, make_exit(9));
	APPLY(s, ((struct mmt_mm_end){ .head = make_head(MMT_KIND_MM_END, 9, 1), .bounds = make_mm_bounds() }));
	s->limits.vmas = s->limits.processes = 0;
	for (int i = 0; i < 3; i++)
		session_retain(s, 0, false);
	session_tick(s, 2000000000, true);
	CHECK_EQ(s->failure_count, FAILURES_KEPT);
	CHECK(says(s, 0, "SIGSEGV at 0x11000 in short r--p, thread 10 of 9 victim"));
	session_free(s);
}

int main(void)
{
	RUN("failure", what_failed_where_is_said);
	RUN("failure", the_first_ones_are_kept);
	return check_bad;
}
