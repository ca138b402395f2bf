/* SPDX-License-Identifier: GPL-2.0 */
/* src/model/fault/session.c: what records and layouts make true. */

#include <stdlib.h>

#include "unit/check.h"
#include "unit/fault.h"

#define APPLY(s, record) do { __typeof__(record) r_ = (record); session_apply(s, &r_, sizeof(r_)); } while (0)

#define RW 3u
#define ANON_MAP make_vma(0x10000, 0x20000, RW, MMT_VMA_ANON, 7)

static void layout_of(struct session *s, pid_t pid, unsigned mm_id, size_t n, const struct mmt_vma *vmas)
{
	struct bytes b = { NULL, 0 };

	layout_begin(&b, mm_id, 8);
	for (size_t i = 0; i < n; i++)
		layout_add(&b, vmas[i], vmas[i].kind & MMT_VMA_FILE ? "/lib/x.so" : "");
	layout_close(&b, 8);
	CHECK(session_layout(s, pid, b.at, b.size));
	bytes_free(&b);
}

static const struct process *process_of(struct session *s, pid_t pid, bool dead)
{
	for (const struct process *p = s->processes; p; p = p->next)
		if (p->pid == pid && p->dead == dead)
			return p;
	return NULL;
}

/* All VMA rows of an mm with this start. */
static struct vma *vma_at(struct session *s, unsigned mm_id, uint64_t start, int *count)
{
	size_t n;
	struct vma **all = session_vmas(s, &n), *found = NULL;
	int matches = 0;

	for (size_t i = 0; i < n; i++)
		if (all[i]->mm->id == mm_id && all[i]->known && all[i]->v.start == start) {
			found = all[i];
			matches++;
		}
	free(all);
	if (count)
		*count = matches;
	return found;
}

static uint64_t faults_of_vmas(struct session *s)
{
	size_t n;
	struct vma **all = session_vmas(s, &n);
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += stat_total(&all[i]->faults);
	free(all);
	return sum;
}

static void a_fault_counts_in_both_ledgers(void)
{
	struct session *s = session_new();

	APPLY(s, make_seen(42, 1, ANON_MAP, ""));
	APPLY(s, make_fault(42, 1, 0x10000, 7, MMT_CLASS_ANON_WRITE));
	CHECK_EQ(process_of(s, 42, false)->faults.minor, 1);
	CHECK_EQ(s->faults.minor, 1);
	CHECK_EQ(vma_at(s, 1, 0x10000, NULL)->faults.minor, 1);
	CHECK_EQ(s->base.decode_errors, 0);
	session_free(s);
}

/* ptrace and the like: the VMA has the fault, its owner did not execute it. */
static void a_foreign_fault_is_the_executors(void)
{
	struct session *s = session_new();
	struct mmt_fault f = make_fault(99, 1, 0x10000, 7, MMT_CLASS_ANON_READ);

	APPLY(s, make_seen(42, 1, ANON_MAP, ""));
	session_process(s, 42);
	f.flags = MMT_FAULT_FOREIGN; /* by 99, which is no target */
	APPLY(s, f);
	CHECK_EQ(stat_total(&s->faults), 0);
	CHECK_EQ(stat_total(&process_of(s, 42, false)->faults), 0);
	CHECK_EQ(vma_at(s, 1, 0x10000, NULL)->faults.minor, 1);
	CHECK_EQ(vma_at(s, 1, 0x10000, NULL)->faults.foreign, 1);
	f.flags |= MMT_FAULT_EXECUTOR; /* by 99 as a target */
	APPLY(s, f);
	CHECK_EQ(process_of(s, 99, false)->faults.minor, 1);
	CHECK_EQ(process_of(s, 99, false)->faults.foreign, 1);
	CHECK_EQ(vma_at(s, 1, 0x10000, NULL)->faults.minor, 2);
	CHECK_EQ(stat_total(&process_of(s, 42, false)->faults), 0);
	CHECK_EQ(vma_at(s, 1, 0x10000, NULL)->mm->proc->pid, 42);
	session_free(s);
}

static void a_fault_without_vma_is_the_processes_only(void)
{
	struct session *s = session_new();
	struct mmt_fault f = make_fault(42, 1, 0, 0, MMT_CLASS_ERROR);

	f.flags |= MMT_FAULT_NO_VMA;
	APPLY(s, f);
	CHECK_EQ(s->faults.error, 1);
	CHECK_EQ(faults_of_vmas(s), 0);
	CHECK(!session_vma_of(s, &f));
	session_free(s);
}

static void a_fault_may_come_before_its_vma(void)
{
	struct session *s = session_new();
	struct mmt_fault f = make_fault(42, 1, 0x10000, 7, MMT_CLASS_ANON_WRITE);
	const struct vma *v;

	APPLY(s, f);
	v = session_vma_of(s, &f);
	CHECK(v && !v->known);
	APPLY(s, make_seen(42, 1, ANON_MAP, ""));
	CHECK(session_vma_of(s, &f) == v && v->known);
	CHECK_EQ(v->v.end, 0x20000);
	CHECK_EQ(v->faults.minor, 1);
	layout_of(s, 42, 1, 1, (struct mmt_vma[]){ ANON_MAP });
	CHECK(session_vma_of(s, &f) == v && v->live);
	session_free(s);
}

static void dead_vmas_keep_their_statistics(void)
{
	struct session *s = session_new();
	struct mmt_vma two[] = { ANON_MAP, make_vma(0x40000, 0x50000, 1, MMT_VMA_FILE, 9) };
	struct vma *v;

	layout_of(s, 42, 1, 2, two);
	APPLY(s, make_fault(42, 1, 0x10000, 7, MMT_CLASS_ANON_WRITE));
	layout_of(s, 42, 1, 1, two + 1);
	v = vma_at(s, 1, 0x10000, NULL);
	CHECK(v && !v->live && v->faults.minor == 1);
	CHECK(vma_at(s, 1, 0x40000, NULL)->live);
	/* what is mapped there next and is something else is another row */
	layout_of(s, 42, 1, 2, (struct mmt_vma[]){ make_vma(0x10000, 0x20000, 1, MMT_VMA_FILE, 11), two[1] });
	APPLY(s, make_fault(42, 1, 0x10000, 11, MMT_CLASS_FILE_READ));
	CHECK_EQ(v->faults.minor, 1);
	CHECK(!v->live);
	CHECK_EQ(faults_of_vmas(s), 2);
	session_free(s);
}

static void exec_gives_a_new_address_space(void)
{
	struct session *s = session_new();
	struct mmt_mm_end end = { .head = make_head(MMT_KIND_MM_END, 42, 1), .bounds = make_mm_bounds() };
	struct vma *v;

	APPLY(s, make_fork(42, 1, 1, 1000, "sh"));
	APPLY(s, make_seen(42, 1, ANON_MAP, ""));
	APPLY(s, make_fault(42, 1, 0x10000, 7, MMT_CLASS_ANON_WRITE));
	APPLY(s, end);
	APPLY(s, make_exec(42, 2, "true", "/bin/true"));
	APPLY(s, make_seen(42, 2, ANON_MAP, ""));
	APPLY(s, make_fault(42, 2, 0x10000, 7, MMT_CLASS_COW));
	CHECK_EQ(process_of(s, 42, false)->mm_id, 2);
	CHECK_STR(process_of(s, 42, false)->comm, "true");
	CHECK_EQ(process_of(s, 42, false)->faults.minor, 2); /* one process, as getrusage has it */
	v = vma_at(s, 1, 0x10000, NULL);
	CHECK(v && !v->live && v->faults.minor == 1);
	v = vma_at(s, 2, 0x10000, NULL);
	CHECK(v && v->live && v->faults.minor == 1);
	CHECK_EQ(s->live_processes, 1);
	session_free(s);
}

static void a_pid_used_again_is_a_new_process(void)
{
	struct session *s = session_new();
	const struct process *old;

	APPLY(s, make_fork(42, 1, 1, 1000, "first"));
	APPLY(s, make_fault(42, 1, 0x10000, 7, MMT_CLASS_COW));
	APPLY(s, make_exit(42));
	old = process_of(s, 42, true);
	CHECK(old != NULL);
	CHECK_EQ(s->live_processes, 0);
	APPLY(s, make_fork(42, 1, 2, 5000, "second"));
	APPLY(s, make_fault(42, 2, 0x10000, 7, MMT_CLASS_COW));
	APPLY(s, make_fault(42, 2, 0x10000, 7, MMT_CLASS_COW));
	CHECK(process_of(s, 42, false) && process_of(s, 42, false) != old);
	CHECK_EQ(process_of(s, 42, false)->faults.minor, 2);
	CHECK_EQ(old->faults.minor, 1);
	CHECK_EQ(s->live_processes, 1);
	/* and where the exit was lost, the start time shows it */
	APPLY(s, make_fork(42, 1, 3, 9000, "third"));
	CHECK_STR(process_of(s, 42, false)->comm, "third");
	CHECK_EQ(stat_total(&process_of(s, 42, false)->faults), 0);
	CHECK_EQ(s->live_processes, 1);
	CHECK_EQ(s->faults.minor, 3);
	session_free(s);
}

static void a_thread_is_no_process(void)
{
	struct session *s = session_new();
	struct mmt_fork f = make_fork(42, 42, 1, 1000, "worker");
	struct mmt_exit x = make_exit(42);

	APPLY(s, make_fork(42, 1, 1, 1000, "main"));
	f.thread = 1;
	f.head.tid = 43;
	APPLY(s, f);
	CHECK_EQ(s->live_processes, 1);
	CHECK_STR(process_of(s, 42, false)->comm, "main");
	x.head.tid = 43;
	x.group_dead = 0;
	APPLY(s, x);
	CHECK_EQ(s->live_processes, 1);
	session_free(s);
}

/* A VMA that grew or was merged downwards keeps its row. */
static void a_moved_start_keeps_the_row(void)
{
	struct session *s = session_new();
	struct mmt_vma v = ANON_MAP, merged = make_vma(0x8000, 0x20000, RW, MMT_VMA_ANON, 7);
	int rows;

	layout_of(s, 42, 1, 1, &v);
	APPLY(s, make_fault(42, 1, 0x10000, 7, MMT_CLASS_ANON_WRITE));
	layout_of(s, 42, 1, 1, &merged);
	APPLY(s, make_fault(42, 1, 0x8000, 7, MMT_CLASS_ANON_WRITE));
	CHECK_EQ(vma_at(s, 1, 0x8000, &rows)->faults.minor, 2);
	CHECK_EQ(rows, 1);
	CHECK(!vma_at(s, 1, 0x10000, NULL));
	session_free(s);
}

static void a_moved_end_keeps_the_row(void)
{
	struct session *s = session_new();
	struct mmt_vma v = ANON_MAP, grown = v;
	int rows;

	grown.end = 0x90000;
	layout_of(s, 42, 1, 1, &v);
	APPLY(s, make_fault(42, 1, 0x10000, 7, MMT_CLASS_ANON_WRITE));
	layout_of(s, 42, 1, 1, &grown);
	CHECK_EQ(vma_at(s, 1, 0x10000, &rows)->v.end, 0x90000);
	CHECK_EQ(rows, 1);
	CHECK_EQ(vma_at(s, 1, 0x10000, NULL)->faults.minor, 1);
	session_free(s);
}

/* However an area is split, each fault stays counted exactly once. */
static void a_split_loses_and_doubles_nothing(void)
{
	struct session *s = session_new();
	struct mmt_vma v = ANON_MAP, low = v, high = v, hole = make_vma(0x14000, 0x15000, 1, MMT_VMA_ANON, 8);
	size_t n, live = 0;
	struct vma **all;

	layout_of(s, 42, 1, 1, &v);
	APPLY(s, make_fault(42, 1, 0x10000, 7, MMT_CLASS_ANON_WRITE));
	low.end = 0x14000;
	high.start = high.anchor = 0x15000;
	layout_of(s, 42, 1, 3, (struct mmt_vma[]){ low, hole, high });
	APPLY(s, make_fault(42, 1, 0x10000, 7, MMT_CLASS_ANON_WRITE));
	APPLY(s, make_fault(42, 1, 0x14000, 8, MMT_CLASS_ANON_READ));
	APPLY(s, make_fault(42, 1, 0x15000, 7, MMT_CLASS_ANON_WRITE));
	CHECK_EQ(faults_of_vmas(s), 4);
	all = session_vmas(s, &n);
	for (size_t i = 0; i < n; i++)
		live += all[i]->live;
	free(all);
	CHECK_EQ(live, 3);
	CHECK_EQ(vma_at(s, 1, 0x15000, NULL)->faults.minor, 1);
	CHECK_EQ(vma_at(s, 1, 0x14000, NULL)->faults.minor, 1);
	layout_of(s, 42, 1, 1, &v); /* merged again */
	CHECK_EQ(faults_of_vmas(s), 4);
	CHECK_EQ(vma_at(s, 1, 0x10000, NULL)->v.end, 0x20000);
	session_free(s);
}

static void a_layout_that_raced_says_so(void)
{
	struct session *s = session_new();
	struct bytes b = { NULL, 0 };
	struct mmt_watch now = { .tgid = 42, .mm_id = 1, .lock_seq = 8 };

	layout_begin(&b, 1, 8);
	layout_add(&b, ANON_MAP, "");
	layout_close(&b, 9);
	CHECK(!session_layout(s, 42, b.at, b.size));
	CHECK(!session_layout_current(s, 42, &now));
	bytes_free(&b);
	layout_of(s, 42, 1, 1, (struct mmt_vma[]){ ANON_MAP });
	CHECK(session_layout_current(s, 42, &now));
	now.lock_seq = 10;
	CHECK(!session_layout_current(s, 42, &now));
	now.lock_seq = ~0ull; /* a kernel that does not report it */
	CHECK(!session_layout_current(s, 42, &now));
	CHECK_EQ(s->base.decode_errors, 0);
	session_free(s);
}

static void a_damaged_layout_is_counted(void)
{
	struct session *s = session_new();
	struct bytes b = { NULL, 0 };

	CHECK(!session_layout(s, 42, "", 0)); /* a process without an mm */
	CHECK_EQ(s->base.decode_errors, 0);
	layout_begin(&b, 1, 8);
	layout_add(&b, ANON_MAP, "");
	layout_close(&b, 8);
	CHECK(!session_layout(s, 42, b.at, b.size - 1));
	CHECK_EQ(s->base.decode_errors, 1);
	CHECK(vma_at(s, 1, 0x10000, NULL) != NULL);
	bytes_free(&b);
	layout_add(&b, ANON_MAP, ""); /* VMAs of no mm */
	layout_close(&b, 8);
	CHECK(!session_layout(s, 43, b.at, b.size));
	bytes_free(&b);
	session_free(s);
}

static void the_residual_is_signed(void)
{
	struct session *s = session_new();
	struct mmt_gup g = { .head = make_head(MMT_KIND_GUP, 42, 1), .minor = 5, .major = 2 };

	APPLY(s, g);
	g.minor = -3;
	g.major = -2;
	APPLY(s, g);
	CHECK_EQ(process_of(s, 42, false)->faults.unattributed_minor, 2);
	CHECK_EQ(process_of(s, 42, false)->faults.unattributed_major, 0);
	CHECK_EQ(s->faults.unattributed_minor, 2);
	g.minor = -4;
	g.major = 0;
	APPLY(s, g);
	CHECK_EQ(process_of(s, 42, false)->faults.unattributed_minor, (uint64_t)-2);
	session_free(s);
}

static void damaged_records_are_counted(void)
{
	struct session *s = session_new();
	struct mmt_fault f = make_fault(42, 1, 0x10000, 7, MMT_CLASS_COUNT);

	APPLY(s, f);
	CHECK_EQ(s->base.decode_errors, 1);
	f.cls = 0xff;
	APPLY(s, f);
	CHECK_EQ(s->base.decode_errors, 2);
	f.cls = MMT_CLASS_COW;
	f.mode = MMT_MODE_COUNT;
	APPLY(s, f);
	CHECK_EQ(s->base.decode_errors, 3);
	f.mode = 0xff;
	APPLY(s, f);
	CHECK_EQ(s->base.decode_errors, 4);
	f.mode = MMT_MODE_USER;
	session_apply(s, &f, sizeof(f) - 1);
	CHECK_EQ(s->base.decode_errors, 5);
	f.head.kind = MMT_KIND_LIMIT;
	APPLY(s, f);
	CHECK_EQ(s->base.decode_errors, 6);
	session_apply(s, "", 0);
	CHECK_EQ(s->base.decode_errors, 7);
	CHECK_EQ(stat_total(&s->faults), 0);
	CHECK_EQ(faults_of_vmas(s), 0);
	session_free(s);
}

/* Names that fill their field without a NUL. */
static void names_need_no_end(void)
{
	struct session *s = session_new();
	struct mmt_vma_seen seen = make_seen(42, 1, make_vma(0x10000, 0x20000, 1, MMT_VMA_FILE, 7), "");

	APPLY(s, make_fork(42, 1, 1, 1000, "sixteen-letters!"));
	CHECK_EQ(strlen(process_of(s, 42, false)->comm), 15);
	APPLY(s, make_exec(42, 1, "SIXTEEN-LETTERS!", ""));
	CHECK_STR(process_of(s, 42, false)->comm, "SIXTEEN-LETTERS");
	memset(seen.name, 'n', sizeof(seen.name));
	APPLY(s, seen);
	CHECK(strlen(vma_at(s, 1, 0x10000, NULL)->name) <= sizeof(seen.name));
	session_free(s);
}

static void many_vmas_are_all_found_again(void)
{
	struct session *s = session_new();
	const unsigned n = 5000;
	size_t count;

	for (unsigned i = 0; i < n; i++)
		APPLY(s, make_seen(42, 1, make_vma(0x10000ull * i, 0x10000ull * i + 0x1000, RW, MMT_VMA_ANON, i % 7 + 1), ""));
	for (unsigned i = 0; i < n; i++)
		APPLY(s, make_fault(42, 1, 0x10000ull * i, i % 7 + 1, MMT_CLASS_ANON_WRITE));
	free(session_vmas(s, &count));
	CHECK_EQ(count, n);
	for (unsigned i = 0; i < n; i++) {
		const struct vma *v = session_vma_by_key(s, 1, i % 7 + 1, 0x10000ull * i);

		CHECK(v && v->faults.minor == 1 && v->v.start == 0x10000ull * i);
	}
	session_free(s);
}

/* Even if it was read in the middle of a change and shows two in one place. */
static void a_row_serves_one_vma_of_a_layout(void)
{
	struct session *s = session_new();
	struct mmt_vma both[2] = { ANON_MAP, ANON_MAP };
	size_t n;

	layout_of(s, 42, 1, 1, both);
	both[1].end -= 0x1000;
	layout_of(s, 42, 1, 2, both); /* the same key */
	free(session_vmas(s, &n));
	CHECK_EQ(n, 2);
	both[1].start = both[1].anchor = 0x11000;
	layout_of(s, 42, 1, 2, both); /* one that overlaps */
	free(session_vmas(s, &n));
	CHECK(n >= 2);
	CHECK_EQ(vma_at(s, 1, 0x10000, NULL)->v.end, 0x20000);
	CHECK_EQ(vma_at(s, 1, 0x11000, NULL)->v.end, 0x1f000);
	session_free(s);
}

/* The layout of a process may be read before the records of the one that had its
 * pid before are drained: each keeps its own faults. */
static void layout_of_a_successor(void)
{
	struct session *s = session_new();
	struct bytes b = { NULL, 0 };
	struct process *first, *second;

	APPLY(s, make_fork(5, 1, 1, 1000, "first"));
	first = session_find(s, 5);
	layout_begin(&b, 2, 8);
	((struct mmt_layout_mm *)b.at)->start_boottime = 2000;
	layout_close(&b, 8);
	CHECK(session_layout(s, 5, b.at, b.size));
	APPLY(s, make_fault(5, 1, 0x10000, 7, MMT_CLASS_ANON_WRITE));
	APPLY(s, make_exit(5));
	APPLY(s, make_fork(5, 1, 2, 2000, "second"));
	second = session_find(s, 5);
	CHECK(second && second != first);
	CHECK_EQ(stat_total(&first->faults), 1);
	CHECK_EQ(second ? second->start_time : 0, 2000);
	CHECK(session_layout(s, 5, b.at, b.size));
	CHECK_EQ(second ? second->mm_id : 0, 2);
	CHECK_EQ(s->live_processes, 1);
	bytes_free(&b);
	session_free(s);
}

/* The remainder of a thread may take back what an unlucky reading gave. */
static void a_rate_is_never_below_zero(void)
{
	struct mmt_gup gup = { .head = make_head(MMT_KIND_GUP, 42, 1), .minor = 5 };
	struct session *s = session_new();

	session_process(s, 42);
	APPLY(s, gup);
	session_tick(s, 1000, false);
	CHECK_EQ(process_of(s, 42, false)->interval_faults, 5);
	gup.minor = -3;
	APPLY(s, gup);
	session_tick(s, 2000, false);
	CHECK_EQ(process_of(s, 42, false)->interval_faults, 0);
	gup.minor = 4;
	APPLY(s, gup);
	session_tick(s, 3000, false);
	CHECK_EQ(process_of(s, 42, false)->interval_faults, 4);
	session_free(s);
}

static void give_cgroup(struct session *s, pid_t pid, uint64_t start, const char *path)
{
	struct input_process head = { .start_boottime = start, .pid = pid };

	give(s, INPUT_CGROUP, &head, sizeof(head), path, strlen(path) + 1);
}

static bool in_cgroup(const struct session *s, pid_t pid, const char *path)
{
	const char *is = session_find(s, pid)->cgroup;

	return path && is ? !strcmp(path, is) : !path && !is;
}

/* Who starts a container forks, moves the child, which executes a program. */
static void a_child_is_in_its_parents_cgroup_until_it_executes(void)
{
	struct session *s = session_new();

	session_process(s, 42);
	give_cgroup(s, 42, 0, "/outer");
	APPLY(s, make_fork(43, 42, 2, 1000, "child"));
	CHECK(in_cgroup(s, 43, "/outer") && !session_find(s, 43)->cgroup_read);
	APPLY(s, make_exec(43, 3, "moved", "/bin/moved"));
	CHECK(in_cgroup(s, 43, NULL));
	give_cgroup(s, 43, 999, "/of/another");
	CHECK(in_cgroup(s, 43, NULL) && !session_find(s, 43)->cgroup_read);
	give_cgroup(s, 43, 1000, "/inner");
	CHECK(in_cgroup(s, 43, "/inner") && session_find(s, 43)->cgroup_read);
	APPLY(s, make_exec(43, 4, "next", "/bin/next"));
	CHECK(in_cgroup(s, 43, "/inner") && !session_find(s, 43)->cgroup_read);
	give_cgroup(s, 43, 1000, "");
	CHECK(in_cgroup(s, 43, NULL) && session_find(s, 43)->cgroup_read);
	session_free(s);
}

int main(void)
{
	RUN("session", a_fault_counts_in_both_ledgers);
	RUN("session", a_foreign_fault_is_the_executors);
	RUN("session", a_fault_without_vma_is_the_processes_only);
	RUN("session", a_fault_may_come_before_its_vma);
	RUN("session", dead_vmas_keep_their_statistics);
	RUN("session", exec_gives_a_new_address_space);
	RUN("session", a_pid_used_again_is_a_new_process);
	RUN("session", a_thread_is_no_process);
	RUN("session", a_moved_start_keeps_the_row);
	RUN("session", a_moved_end_keeps_the_row);
	RUN("session", a_row_serves_one_vma_of_a_layout);
	RUN("session", a_split_loses_and_doubles_nothing);
	RUN("session", a_layout_that_raced_says_so);
	RUN("session", a_damaged_layout_is_counted);
	RUN("session", the_residual_is_signed);
	RUN("session", damaged_records_are_counted);
	RUN("session", names_need_no_end);
	RUN("session", many_vmas_are_all_found_again);
	RUN("session", layout_of_a_successor);
	RUN("session", a_child_is_in_its_parents_cgroup_until_it_executes);
	RUN("session", a_rate_is_never_below_zero);
	return check_bad;
}
