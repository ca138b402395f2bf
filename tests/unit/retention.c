/* SPDX-License-Identifier: GPL-2.0 */
/* src/model/fault/retention.c: memory stays bounded and no count is lost. */

#include <stdio.h>
#include <stdlib.h>

#include "model/fault/elf.h"
#include "model/fault/kind.h"
#include "unit/check.h"
#include "unit/fault.h"

#define APPLY(s, record) do { __typeof__(record) r_ = (record); session_apply(s, &r_, sizeof(r_)); } while (0)

struct noted { unsigned vmas, processes; };

/* As INPUT_RETAIN of an interval, with limits that a test can reach. */
static size_t retain(struct session *s, size_t vmas, size_t processes, bool between, struct noted *n)
{
	s->limits.vmas = vmas;
	s->limits.processes = processes;
	session_retain(s, 0, between);
	for (size_t i = 0; i < s->merged_count; i++) {
		CHECK(s->merged[i].id != s->merged[i].into);
		n->vmas += s->merged[i].what == MERGED_VMA;
		n->processes += s->merged[i].what == MERGED_PROCESS;
	}
	return s->retention.left;
}

static size_t processes_of(const struct session *s)
{
	size_t n = 0;

	for (const struct process *p = s->processes; p; p = p->next)
		n++;
	return n;
}

static size_t mms_of(const struct session *s)
{
	size_t n = 0;

	for (const struct mm *m = s->mms; m; m = m->next)
		n++;
	return n;
}

static void sums(struct session *s, uint64_t *by_vma, uint64_t *by_process, size_t *rows)
{
	struct vma **all = session_vmas(s, rows);

	*by_vma = *by_process = 0;
	for (size_t i = 0; i < *rows; i++)
		*by_vma += stat_total(&all[i]->faults);
	for (const struct process *p = s->processes; p; p = p->next)
		*by_process += stat_total(&p->faults);
	free(all);
}

/* A process comes, faults twice in each of two VMAs, and ends. */
static void short_life(struct session *s, unsigned pid, unsigned mm, unsigned extra)
{
	APPLY(s, make_fork(pid, 1, mm, pid * 1000, pid % 3 ? "cc1" : "as"));
	APPLY(s, make_seen(pid, mm, make_vma(0x10000, 0x20000, 3, MMT_VMA_ANON, 7), ""));
	APPLY(s, make_seen(pid, mm, make_vma(0x600000, 0x610000, 5, MMT_VMA_FILE, 8), "x"));
	for (unsigned i = 0; i < 2 + extra; i++) {
		APPLY(s, make_fault(pid, mm, 0x10000, 7, MMT_CLASS_ANON_WRITE));
		APPLY(s, make_fault(pid, mm, 0x600000, 8, MMT_CLASS_FILE_READ));
	}
	APPLY(s, make_exit(pid));
	APPLY(s, ((struct mmt_mm_end){ .head = make_head(MMT_KIND_MM_END, pid, mm), .bounds = make_mm_bounds() }));
}

static void many_processes_come_and_go(void)
{
	struct session *s = session_new();
	struct noted noted = { 0, 0 };
	uint64_t by_vma, by_process;
	size_t rows;

	for (unsigned i = 0; i < 5000; i++) {
		short_life(s, 1000 + i, i + 1, i == 77 ? 50 : 0);
		retain(s, 64, 32, false, &noted);
	}
	sums(s, &by_vma, &by_process, &rows);
	CHECK_EQ(by_vma, 5000 * 4 + 100);
	CHECK_EQ(by_process, 5000 * 4 + 100);
	CHECK_EQ(stat_total(&s->faults), 5000 * 4 + 100);
	CHECK(rows <= 128);
	CHECK(processes_of(s) <= 32 + 2);
	CHECK(mms_of(s) <= 2 * (32 + 2));
	CHECK_EQ(noted.processes, 5000 + 2 - processes_of(s));
	CHECK_EQ(map_get_number(&s->by_pid, 1077) != NULL, true); /* the one with the most faults stays */
	session_free(s);
}

static void a_living_process_keeps_its_rows(void)
{
	struct session *s = session_new();
	struct noted noted = { 0, 0 };
	const struct vma *v;

	APPLY(s, make_fork(5, 1, 900, 5, "live"));
	APPLY(s, make_seen(5, 900, make_vma(0x30000, 0x40000, 3, MMT_VMA_ANON, 7), ""));
	for (unsigned i = 0; i < 100; i++) {
		short_life(s, 1000 + i, i + 1, 0);
		retain(s, 8, 8, false, &noted);
		APPLY(s, make_fault(5, 900, 0x30000, 7, MMT_CLASS_ANON_WRITE));
	}
	v = session_vma_by_key(s, 900, 7, 0x30000);
	CHECK(v && v->live && !v->sum);
	CHECK_EQ(v ? stat_total(&v->faults) : 0, 100);
	CHECK(session_find(s, 5) && session_find(s, 5)->start_time == 5);
	session_free(s);
}

/* One process maps, touches and unmaps without end. */
static void gone_vmas_are_joined_by_mapping(void)
{
	struct session *s = session_new();
	struct noted noted = { 0, 0 };
	struct bytes empty = { NULL, 0 };
	uint64_t by_vma, by_process;
	const struct vma *sum;
	size_t rows;

	layout_begin(&empty, 1, 8);
	layout_close(&empty, 8);
	for (unsigned i = 0; i < 1000; i++) {
		__u64 at = 0x7f0000000000 + i * 0x10000ull;
		struct mmt_vma_seen seen = make_seen(9, 1, make_vma(at, at + 0x1000, 3, MMT_VMA_ANON, 7 + i), "");

		seen.head.time = i + 1;
		APPLY(s, seen);
		APPLY(s, make_fault(9, 1, at, 7 + i, MMT_CLASS_ANON_WRITE));
		session_layout(s, 9, empty.at, empty.size);
		retain(s, 100, 10, false, &noted);
	}
	sums(s, &by_vma, &by_process, &rows);
	CHECK_EQ(by_vma, 1000);
	CHECK(rows <= 102);
	CHECK(s->slots.size <= 1024);
	sum = session_vma_by_key(s, 1, 1, 2);
	CHECK(sum && sum->sum);
	CHECK_EQ(sum ? sum->merged : 0, 1000 - (rows - 1));
	CHECK_STR(sum ? kind_of(sum) : "", "anon");
	CHECK_EQ(noted.vmas, 1000 - (rows - 1));
	bytes_free(&empty);
	session_free(s);
}

/* What was shown before is no fault of the interval in which its rows are merged. */
static void merging_is_no_activity(void)
{
	struct session *s = session_new();
	struct noted noted = { 0, 0 };
	struct mmt_aggregate_key call = { .mm_id = 1, .sig = 9, .cls = MMT_AGGREGATE_CALL };
	struct mmt_aggregate_row three = { .count = 3 };
	uint64_t calls = 0;
	struct vma **all;
	size_t rows;

	for (unsigned i = 0; i < 40; i++) {
		short_life(s, 1000 + i, i + 1, 0);
		call.tgid = 1000 + i;
		call.mm_id = i + 1;
		session_row(s, &call, &three);
	}
	session_tick(s, 1000, false);
	for (int i = 0; i < 3; i++)
		retain(s, 4, 2, false, &noted);
	CHECK(noted.processes > 30 && noted.vmas > 60);
	session_tick(s, 2000, false);
	for (const struct process *p = s->processes; p; p = p->next) {
		CHECK_EQ(p->interval_faults, 0);
		calls += p->calls;
	}
	CHECK_EQ(calls, 120);
	all = session_vmas(s, &rows);
	for (size_t i = 0; i < rows; i++)
		CHECK_EQ(all[i]->interval_faults, 0);
	free(all);
	session_free(s);
}

/* The control ring was full: neither the mm's end nor the process's is heard of, but that /proc has it no more. */
static void an_end_that_was_lost_is_one(void)
{
	struct session *s = session_new();
	struct noted noted = { 0, 0 };
	uint64_t by_vma, by_process;
	size_t rows;

	APPLY(s, make_fork(5, 1, 900, 5, "live"));
	APPLY(s, make_seen(5, 900, make_vma(0x30000, 0x40000, 3, MMT_VMA_ANON, 7), ""));
	for (unsigned i = 0; i < 200; i++) {
		unsigned pid = 1000 + i, mm = i + 1;
		struct input_process gone = { .start_boottime = pid * 1000, .pid = (pid_t)pid };
		struct input in = { .kind = INPUT_GONE, .head = &gone, .head_size = sizeof(gone) };

		APPLY(s, make_fork(pid, 1, mm, pid * 1000, "as"));
		APPLY(s, make_seen(pid, mm, make_vma(0x10000, 0x20000, 3, MMT_VMA_ANON, 7), ""));
		APPLY(s, make_fault(pid, mm, 0x10000, 7, MMT_CLASS_ANON_WRITE));
		model_input(&s->base, &in);
		retain(s, 8, 1000, true, &noted);
	}
	sums(s, &by_vma, &by_process, &rows);
	CHECK_EQ(by_vma, 200);
	CHECK(noted.vmas >= 150); /* into one row of each process */
	CHECK(session_vma_by_key(s, 900, 7, 0x30000)->live);
	session_free(s);
}

/* Between two tables: what lives is not taken for gone. */
static void a_crowd_merges_what_ended_only(void)
{
	struct session *s = session_new();
	struct noted noted = { 0, 0 };
	const struct vma *v;
	uint64_t by_vma, by_process;
	size_t rows, left = 0;

	APPLY(s, make_fork(5, 1, 900, 5, "live"));
	for (unsigned i = 0; i < 20; i++)
		APPLY(s, make_seen(5, 900, make_vma(0x30000 + i * 0x10000, 0x40000 + i * 0x10000, 3, MMT_VMA_ANON, 7 + i), ""));
	for (unsigned i = 0; i < 100; i++) {
		short_life(s, 1000 + i, i + 1, 0);
		left = retain(s, 8, 8, true, &noted);
	}
	sums(s, &by_vma, &by_process, &rows);
	CHECK_EQ(by_vma, 400);
	CHECK_EQ(left, rows);
	CHECK(rows <= 20 + 2 * (8 + 2) + 4);
	v = session_vma_by_key(s, 900, 7, 0x30000);
	CHECK(v && v->live && !v->sum);
	session_free(s);
}

/* No table for long: memory must not wait for it. */
static void a_crowd_does_not_wait_for_the_table(void)
{
	struct session *s = session_new();
	uint64_t by_vma, by_process, merges = 0;
	size_t rows, most = 0;

	for (unsigned i = 0; i < 60000; i++) {
		short_life(s, 1000 + i, i + 1, 0);
		if (!model_fault.over_limit(&s->base, i * 10000ull)) /* 100,000 lives a second */
			continue;
		sums(s, &by_vma, &by_process, &rows);
		most = rows > most ? rows : most;
		session_retain(s, i * 10000ull, true);
		merges++;
	}
	sums(s, &by_vma, &by_process, &rows);
	CHECK_EQ(by_vma, 240000);
	CHECK_EQ(by_process, 240000);
	CHECK(most > 16384 && most <= 16384 + 2 * (16384 + 8192) + 10000);
	CHECK(merges > 3 && merges <= 13); /* 0.6 s */
	session_free(s);
}

/* One process maps files of ever new names, and nobody reads its layout. */
static void names_that_never_come_again(void)
{
	struct session *s = session_new();
	struct noted noted = { 0, 0 };
	uint64_t by_vma, by_process;
	size_t rows, left = 0;
	char name[32];

	s->limits.mappings = 32;
	APPLY(s, make_fork(5, 1, 900, 5, "live"));
	for (unsigned i = 0; i < 5000; i++) {
		uint64_t at = 0x30000 + i % 50 * 0x10000ull;

		snprintf(name, sizeof(name), "/memfd:%u", i);
		APPLY(s, make_seen(5, 900, make_vma(at, at + 0x10000, 5, MMT_VMA_FILE, 100 + i), name));
		APPLY(s, make_fault(5, 900, at, 100 + i, MMT_CLASS_FILE_READ));
		if (i % 50)
			continue;
		session_tick(s, i, false);
		left = retain(s, 64, 32, false, &noted);
		CHECK(left <= 2 * 64 + 50 + 2 * 32);
	}
	sums(s, &by_vma, &by_process, &rows);
	CHECK_EQ(by_vma, 5000);
	CHECK(noted.vmas > 4000);
	session_free(s);
}

/* A fault that is seen after the end of its address space makes no row that lives for ever. */
static void late_faults_live_no_longer(void)
{
	struct session *s = session_new();
	struct noted noted = { 0, 0 };
	uint64_t by_vma, by_process;
	size_t rows;

	for (unsigned i = 0; i < 1000; i++) {
		short_life(s, 1000 + i, i + 1, 0);
		APPLY(s, make_fault(1000 + i, i + 1, 0x900000, 9, MMT_CLASS_ANON_WRITE));
		retain(s, 64, 2000, true, &noted);
	}
	sums(s, &by_vma, &by_process, &rows);
	CHECK_EQ(by_vma, 5000);
	CHECK(rows <= 64 + 3 * 1000);
	for (const struct mm *mm = s->mms; mm; mm = mm->next)
		for (const struct vma *v = mm->vmas; v; v = v->next)
			CHECK(!v->live);
	session_free(s);
}

/* Ids of mms that the model makes up for what has ended are not to be had from outside. */
static void made_up_ids_are_refused(void)
{
	struct session *s = session_new();
	struct noted noted = { 0, 0 };

	for (unsigned i = 0; i < 40; i++) {
		short_life(s, 1000 + i, i + 1, 0);
		APPLY(s, make_exec(2000 + i, 0xffffffff - i, "sh", "/bin/sh"));
		APPLY(s, make_exit(2000 + i));
		retain(s, 4, 1, false, &noted);
	}
	CHECK_EQ(s->base.decode_errors, 40);
	session_free(s);
}

/* Nor are the keys under which it keeps rows of its own: a row would be merged into itself. */
static void made_up_anchors_are_refused(void)
{
	struct session *s = session_new();
	struct noted noted = { 0, 0 };
	uint64_t by_vma, by_process;
	size_t rows;

	short_life(s, 10, 1, 0);
	for (uint64_t anchor = 1; anchor <= 2; anchor++) {
		struct mmt_aggregate_key key = { .tgid = 11, .mm_id = 2, .anchor = anchor, .flags = MMT_FAULT_EXECUTOR };
		struct mmt_aggregate_row row = { .count = 1 };

		APPLY(s, make_fault(11, 2, anchor, 0, MMT_CLASS_ANON_WRITE));
		APPLY(s, make_seen(11, 2, make_vma(anchor, 0x1000, 3, MMT_VMA_ANON, 0), ""));
		give(s, INPUT_ROW, &key, sizeof(key), &row, sizeof(row));
	}
	CHECK_EQ(s->base.decode_errors, 6);
	for (int i = 0; i < 3; i++)
		retain(s, 0, 0, false, &noted);
	sums(s, &by_vma, &by_process, &rows);
	CHECK_EQ(by_vma, 4);
	CHECK_EQ(by_process, 4);
	session_free(s);
}

/* A target maps files without end: what was read of them goes, the newest stay. */
static void elf_facts_are_bounded(void)
{
	struct session *s = session_new();

	s->limits.elf_files = 100;
	for (unsigned i = 1; i <= 1000; i++) {
		struct input_elf head = { .ino = i, .dev = 1, .read = 1 };
		struct input_segment segment = { 0, 0, 1, 1, 5, 0 };

		give(s, INPUT_ELF, &head, sizeof(head), &segment, sizeof(segment));
		CHECK(s->elf_count <= 100 && s->elf_by_file.used == s->elf_count); /* between two merges as well */
		CHECK(session_elf_known(s, &(struct mmt_vma){ .ino = i, .dev = 1 }));
	}
	CHECK(session_elf_known(s, &(struct mmt_vma){ .ino = 901, .dev = 1 }));
	CHECK(!session_elf_known(s, &(struct mmt_vma){ .ino = 900, .dev = 1 }));
	session_free(s);
}

int main(void)
{
	RUN("retention", many_processes_come_and_go);
	RUN("retention", a_living_process_keeps_its_rows);
	RUN("retention", merging_is_no_activity);
	RUN("retention", a_crowd_merges_what_ended_only);
	RUN("retention", a_crowd_does_not_wait_for_the_table);
	RUN("retention", names_that_never_come_again);
	RUN("retention", late_faults_live_no_longer);
	RUN("retention", gone_vmas_are_joined_by_mapping);
	RUN("retention", an_end_that_was_lost_is_one);
	RUN("retention", made_up_anchors_are_refused);
	RUN("retention", elf_facts_are_bounded);
	RUN("retention", made_up_ids_are_refused);
	return check_bad;
}
