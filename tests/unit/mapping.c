/* SPDX-License-Identifier: GPL-2.0 */
/* Which VMAs are one mapping, and that nothing is lost by it. */
#include "unit/check.h"
#include "unit/fault.h"
#include "view/rows/fault.h"
#include "view/shows.h"
#include "view/view.h"

#define APPLY(s, record) do { __typeof__(record) r_ = (record); session_apply(s, &r_, sizeof(r_)); } while (0)
#define MIB (1ull << 20)
#define READ_WRITE 3

static uint64_t now;

static void tick(struct session *s)
{
	session_tick(s, now += 1000000000, false);
}

static struct mmt_vma anon(uint64_t start, uint64_t size)
{
	struct mmt_vma v = make_vma(start, start + size, READ_WRITE, MMT_VMA_ANON, 7);

	v.pgoff = start >> 12;
	return v;
}

static void layout(struct session *s, unsigned pid, unsigned mm, const struct mmt_vma *v, size_t n)
{
	struct bytes b = { NULL, 0 };

	layout_begin(&b, mm, 8);
	for (size_t i = 0; i < n; i++)
		layout_add(&b, v[i], v[i].kind & MMT_VMA_FILE ? "/lib/x.so" : "");
	layout_close(&b, 8);
	session_layout(s, (pid_t)pid, b.at, b.size);
	bytes_free(&b);
}

static size_t count(const struct session *s, uint64_t *faults)
{
	size_t n = 0;

	*faults = 0;
	for (const struct mapping *m = s->mappings; m; m = m->next) {
		CHECK(m->mm->proc->id); /* as views look at it */
		n++;
		*faults += stat_total(&m->faults);
	}
	return n;
}

/* The only mapping with faults, or NULL. */
static const struct mapping *only_busy(const struct session *s)
{
	const struct mapping *found = NULL;

	for (const struct mapping *m = s->mappings; m; m = m->next)
		if (stat_total(&m->faults)) {
			if (found)
				return NULL;
			found = m;
		}
	return found;
}

static void chunks_of_one_size_are_one(void)
{
	struct session *s = session_new();
	struct mmt_vma v[40];
	const struct mapping *m;

	APPLY(s, make_fork(9, 1, 1, 5, "node"));
	for (unsigned i = 0; i < 40; i++) {
		v[i] = anon(0x7f0000000000 + i * MIB, MIB / 4);
		v[i].sig = 7 + i;
		APPLY(s, make_seen(9, 1, v[i], ""));
		APPLY(s, make_fault(9, 1, v[i].start, v[i].sig, MMT_CLASS_ANON_WRITE));
	}
	layout(s, 9, 1, v, 30);
	tick(s);
	m = only_busy(s);
	CHECK(m && m->form == MAPPING_ANON && m->kind == KIND_ANON);
	CHECK_EQ(m ? m->live : 0, 30);
	CHECK_EQ(m ? m->gone : 0, 10);
	CHECK_EQ(m ? m->size : 0, 30 * MIB / 4);
	CHECK_EQ(m ? m->least : 0, MIB / 4);
	CHECK_EQ(m ? stat_total(&m->faults) : 0, 40);
	CHECK_EQ(m ? m->added[MMT_CLASS_ANON_WRITE] : 0, 40);
	tick(s);
	CHECK_EQ(m ? m->added[MMT_CLASS_ANON_WRITE] : 1, 0);
	session_free(s);
}

/* A mapping that was gone for a while, and one whose counts come from another. */
static void what_was_before_is_no_activity(void)
{
	struct session *s = session_new();
	struct mmt_vma v = anon(0x7f0000000000, MIB);
	const struct mapping *m;

	APPLY(s, make_fork(9, 1, 1, 5, "x"));
	for (unsigned i = 0; i < 10; i++)
		APPLY(s, make_fault(9, 1, v.anchor, v.sig, MMT_CLASS_ANON_WRITE)); /* of a VMA not known yet */
	tick(s);
	layout(s, 9, 1, &v, 1);
	APPLY(s, make_fault(9, 1, v.anchor, v.sig, MMT_CLASS_ANON_WRITE));
	tick(s);
	m = only_busy(s);
	CHECK(m && m->known);
	CHECK_EQ(m ? stat_total(&m->faults) : 0, 11);
	CHECK_EQ(m ? m->added[MMT_CLASS_ANON_WRITE] : 0, 1);
	layout(s, 9, 1, NULL, 0);
	tick(s);
	tick(s);
	v.sig++;
	layout(s, 9, 1, &v, 1);
	APPLY(s, make_fault(9, 1, v.anchor, v.sig, MMT_CLASS_ANON_WRITE));
	tick(s);
	CHECK_EQ(m ? stat_total(&m->faults) : 0, 12);
	CHECK_EQ(m ? m->added[MMT_CLASS_ANON_WRITE] : 0, 1);
	session_free(s);
}

/* A heap that shrinks is one, though a row holds what it had above its break. */
static void what_was_cut_off_is_no_vma(void)
{
	struct session *s = session_new();
	struct mmt_vma v = anon(0x7f0000000000, 8 * MIB);
	struct mmt_fault top = make_fault(9, 1, v.anchor, v.sig, MMT_CLASS_ANON_WRITE);
	const struct mapping *m;

	top.addr = v.start + 7 * MIB;
	APPLY(s, make_fork(9, 1, 1, 5, "x"));
	layout(s, 9, 1, &v, 1);
	APPLY(s, top);
	tick(s);
	v.end -= 4 * MIB;
	layout(s, 9, 1, &v, 1);
	APPLY(s, make_fault(9, 1, v.anchor, v.sig, MMT_CLASS_ANON_WRITE));
	tick(s);
	m = only_busy(s);
	CHECK_EQ(m ? stat_total(&m->faults) : 0, 2);
	CHECK_EQ(m ? m->live : 0, 1);
	CHECK_EQ(m ? m->gone : 1, 0);
	CHECK_EQ(m ? m->members : 0, 2);
	session_free(s);
}

static void sizes_apart_are_two(void)
{
	struct session *s = session_new();
	struct mmt_vma v[2] = { anon(0x7f0000000000, MIB), anon(0x7f1000000000, 64 * MIB) };
	uint64_t faults;

	APPLY(s, make_fork(9, 1, 1, 5, "x"));
	layout(s, 9, 1, v, 2);
	tick(s);
	CHECK_EQ(count(s, &faults), 2);
	session_free(s);
}

/* mremap of touched memory: vm_pgoff stays, the address does not. */
static void a_moved_buffer_stays_one(void)
{
	struct session *s = session_new();
	const struct mapping *m;
	struct mmt_vma v = anon(0x7f0000000000, MIB);
	uint64_t faults;

	APPLY(s, make_fork(9, 1, 1, 5, "x"));
	for (unsigned i = 0; i < 8; i++) {
		layout(s, 9, 1, &v, 1);
		APPLY(s, make_fault(9, 1, v.anchor, v.sig, MMT_CLASS_ANON_WRITE));
		tick(s);
		v.start = v.anchor = v.start + 0x100000000;
		v.end = v.start + (MIB << (i + 1));
		v.sig++;
	}
	CHECK_EQ(count(s, &faults), 1);
	m = only_busy(s);
	CHECK_EQ(faults, 8);
	CHECK_EQ(m ? m->least : 0, MIB);
	CHECK_EQ(m ? m->most : 0, MIB << 7);
	session_free(s);
}

/* Each time an inaccessible page is mapped where the buffer was: it has the buffer's own pgoff. */
static void a_guard_at_its_place_is_no_part(void)
{
	struct session *s = session_new();
	struct mmt_vma v[2] = { anon(0x7f0000000000, MIB), anon(0x7f0000000000, 4096) };
	const struct mapping *m;

	v[1].vm_flags = 0;
	v[1].sig = 99;
	APPLY(s, make_fork(9, 1, 1, 5, "x"));
	for (unsigned i = 0; i < 6; i++) {
		layout(s, 9, 1, v, i ? 2 : 1);
		APPLY(s, make_fault(9, 1, v[0].anchor, v[0].sig, MMT_CLASS_ANON_WRITE));
		tick(s);
		v[0].start = v[0].anchor = v[0].start + 0x100000000;
		v[0].end = v[0].start + (MIB << (i + 1));
		v[0].sig++;
	}
	m = only_busy(s);
	CHECK_EQ(m ? stat_total(&m->faults) : 0, 6);
	CHECK_EQ(m ? m->least : 0, MIB);
	session_free(s);
}

/* mprotect in the middle: the end becomes a VMA of its own, of another size. */
static void what_was_split_stays_one(void)
{
	struct session *s = session_new();
	struct mmt_vma v[2] = { anon(0x7f0000000000, 64 * MIB), anon(0x7f0000000000 + 63 * MIB, MIB) };
	uint64_t faults;

	APPLY(s, make_fork(9, 1, 1, 5, "x"));
	layout(s, 9, 1, v, 1);
	tick(s);
	v[0].end -= 2 * MIB;
	v[1].sig = 8;
	layout(s, 9, 1, v, 2);
	tick(s);
	CHECK_EQ(count(s, &faults), 1);
	session_free(s);
}

static void an_arena_is_what_it_reserves_too(void)
{
	struct session *s = session_new();
	struct mmt_vma v[2] = { anon(0x7f0000000000, MIB), anon(0x7f0000000000 + MIB, 63 * MIB) };
	const struct mapping *m;
	uint64_t faults;

	v[1].vm_flags = 0;
	APPLY(s, make_fork(9, 1, 1, 5, "x"));
	layout(s, 9, 1, v, 2);
	tick(s);
	CHECK_EQ(count(s, &faults), 1);
	m = s->mappings;
	CHECK(m && m->form == MAPPING_ARENA);
	CHECK_EQ(m ? m->size : 0, MIB);
	CHECK_EQ(m ? m->reserved : 0, 63 * MIB);
	v[0].end = v[1].start = v[1].anchor = v[0].start + 8 * MIB; /* it grows */
	v[1].pgoff = v[1].start >> 12;
	layout(s, 9, 1, v, 2);
	tick(s);
	CHECK_EQ(count(s, &faults), 1);
	CHECK_EQ(m ? m->size : 0, 8 * MIB);
	session_free(s);
}

static void kinds_known_later_move_the_counts(void)
{
	struct session *s = session_new();
	struct mmt_vma v = make_vma(0x7f0000600000, 0x7f0000610000, 5, MMT_VMA_FILE, 8);
	const struct mapping *m;
	uint64_t faults;

	APPLY(s, make_fork(9, 1, 1, 5, "x"));
	APPLY(s, make_fault(9, 1, v.anchor, 8, MMT_CLASS_FILE_READ)); /* nothing is known of its VMA */
	tick(s);
	m = only_busy(s);
	CHECK(m && !m->known);
	layout(s, 9, 1, &v, 1);
	tick(s);
	CHECK_EQ(count(s, &faults), 1);
	CHECK_EQ(faults, 1);
	m = only_busy(s);
	CHECK(m && m->known && m->kind == KIND_TEXT);
	CHECK_STR(m ? m->name : "", "/lib/x.so");
	session_free(s);
}

static void short_life(struct session *s, unsigned pid, unsigned mm, unsigned names)
{
	char name[32];

	snprintf(name, sizeof(name), "lib%u", mm % names);
	APPLY(s, make_fork(pid, 1, mm, pid * 1000, "cc1"));
	APPLY(s, make_seen(pid, mm, anon(0x10000, 0x10000), ""));
	APPLY(s, make_seen(pid, mm, make_vma(0x600000, 0x610000, 5, MMT_VMA_FILE, 8), name));
	APPLY(s, make_fault(pid, mm, 0x10000, 7, MMT_CLASS_ANON_WRITE));
	APPLY(s, make_fault(pid, mm, 0x600000, 8, MMT_CLASS_FILE_READ));
	APPLY(s, make_exit(pid));
	APPLY(s, ((struct mmt_mm_end){ .head = make_head(MMT_KIND_MM_END, pid, mm), .bounds = make_mm_bounds() }));
}

/* Rows that are gone from one tick to the next without a note, and notes of those that stay, are errors. */
static void what_is_merged_keeps_its_name(void)
{
	struct session *s = session_new();
	uint64_t faults, notes = 0;
	const struct mapping *lib = NULL;

	for (unsigned i = 0; i < 1000; i++) {
		short_life(s, 1000 + i, i + 1, 3);
		s->limits.vmas = 32;
		s->limits.processes = 8;
		tick(s);
		count(s, &faults);
		CHECK_EQ(faults, 2 * (i + 1));
		session_retain(s, now, false);
		count(s, &faults); /* before the next tick another merge may come, and rows are shown first */
		for (size_t k = 0; k < s->merged_count; k++)
			notes += s->merged[k].what == MERGED_MAPPING;
	}
	tick(s);
	CHECK(count(s, &faults) < 64);
	CHECK_EQ(faults, 2000);
	CHECK_EQ(notes, 2000 - (count(s, &faults) - 4)); /* 4 of merged rows: 3 names, anonymous memory */
	for (const struct mapping *m = s->mappings; m; m = m->next)
		lib = m->gone > 100 && !strcmp(m->name, "lib1") ? m : lib;
	CHECK(lib && lib->kind == KIND_TEXT);
	session_free(s);
}

/* Lines in which that key is a number. */
static unsigned merged_lines(const struct session *s, const char *by, const char *key)
{
	const struct view_options opt = { .by = by, .top = -1 };
	struct view *v = view_new(format_find("json"), &show_live, &s->base, &opt);
	char *text = NULL;
	unsigned n = 0;
	size_t size;

	v->out = open_memstream(&text, &size);
	view_after_retain(v);
	fclose(v->out);
	for (const char *at = text; (at = strstr(at, key)); at++)
		n += at[strlen(key)] >= '0' && at[strlen(key)] <= '9';
	view_free(v);
	free(text);
	return n;
}

static void only_rows_that_are_shown_are_said_to_be_merged(void)
{
	struct session *s = session_new();

	s->limits.vmas = 32;
	s->limits.processes = 8;
	for (unsigned i = 0; i < 100; i++)
		short_life(s, 1000 + i, i + 1, 3);
	tick(s);
	session_retain(s, now, false);
	tick(s);
	session_retain(s, now, false);
	CHECK(merged_lines(s, NULL, "\"mapping\":") > 50);
	CHECK(merged_lines(s, NULL, "\"proc\":") > 50);
	CHECK_EQ(merged_lines(s, NULL, "\"vma\":"), 0);
	CHECK(merged_lines(s, "vma", "\"vma\":") > 50);
	CHECK_EQ(merged_lines(s, "vma", "\"mapping\":"), 0);
	session_free(s);
}

static void names_without_end_are_bounded(void)
{
	struct session *s = session_new();
	struct bytes empty = { NULL, 0 };
	uint64_t faults;

	layout_begin(&empty, 1, 8);
	layout_close(&empty, 8);
	APPLY(s, make_fork(9, 1, 1, 5, "x"));
	for (unsigned i = 0; i < 2000; i++) {
		struct mmt_vma_seen seen;
		char name[32];

		snprintf(name, sizeof(name), "file%u", i);
		seen = make_seen(9, 1, make_vma(0x600000, 0x610000, 5, MMT_VMA_FILE, 8 + i), name);
		seen.head.time = i + 1;
		APPLY(s, seen);
		APPLY(s, make_fault(9, 1, 0x600000, 8 + i, MMT_CLASS_FILE_READ));
		session_layout(s, 9, empty.at, empty.size);
		s->limits.vmas = 20;
		s->limits.mappings = 50;
		tick(s);
		session_retain(s, now, false);
	}
	tick(s);
	CHECK(count(s, &faults) <= 50 + 20 + 1);
	CHECK_EQ(faults, 2000);
	CHECK(s->by_place.size <= 4096);
	bytes_free(&empty);
	session_free(s);
}

static void read_page(struct session *s, uint64_t page, unsigned flags)
{
	struct mmt_fault f = make_fault(9, 1, 0x600000, 8, MMT_CLASS_FILE_READ);

	f.addr += page * 4096;
	f.flags |= flags;
	APPLY(s, f);
}

/* 1,024 pages of a file: in order, with read-ahead; then all at random, though 32 of them were read in. */
static void how_a_file_is_read(void)
{
	struct session *s = session_new();
	const struct mapping *m;

	APPLY(s, make_fork(9, 1, 1, 5, "x"));
	APPLY(s, make_seen(9, 1, make_vma(0x600000, 0x600000 + 1024 * 4096, 5, MMT_VMA_FILE, 8), "file"));
	for (unsigned i = 0; i < 1024; i++)
		read_page(s, i, i % 32 ? 0 : MMT_FAULT_MAJOR);
	tick(s);
	m = only_busy(s);
	CHECK(m && m->reads.seen == 32 && m->reads.ordered == 31);
	CHECK(m && m->reads.again == 0 && m->reads.pages == 1024);
	for (unsigned i = 0; i < 1024; i++)
		read_page(s, i * 613 % 1024, MMT_FAULT_MAJOR);
	tick(s);
	m = only_busy(s);
	CHECK(m && m->reads.seen == 32 + 1024);
	CHECK(m && m->reads.ordered < 31 + 16); /* of steps of 613 pages none, but for chance */
	CHECK(m && m->reads.again == 32);
	session_free(s);
}

static void give_thread(struct session *s, pid_t pid, pid_t tid, const char *name)
{
	struct input_thread head = { .pid = pid, .tid = tid };

	give(s, INPUT_THREAD, &head, sizeof(head), name, strlen(name) + 1);
}

/* The only mapping of that form is called so. */
static bool called(const struct session *s, enum mapping_form form, const char *name)
{
	struct tick t = { .model = &s->base, .scratch = scratch_new() };
	bool same = false;

	for (const struct mapping *m = s->mappings; m; m = m->next)
		if (m->form == form)
			same = !strcmp(mapping_label(m, &t), name);
	scratch_free(t.scratch);
	return same;
}

static void a_stack_and_an_arena_name_their_thread(void)
{
	struct session *s = session_new();
	struct mmt_fault f = make_fault(9, 1, 0x7f0000000000, 12, MMT_CLASS_ANON_WRITE);
	struct mmt_vma v[4] = { anon(0x10000, 0x1000), anon(0x11000, 0x8000), anon(0x7f0000000000, 0x21000),
				anon(0x7f0000021000, (64 << 20) - 0x21000) };

	v[0].vm_flags = v[3].vm_flags = 0;
	for (unsigned i = 0; i < 4; i++)
		v[i].sig = 10 + i;
	APPLY(s, make_fork(9, 1, 1, 5, "x"));
	layout(s, 9, 1, v, 4);
	f.head.tid = 11;
	session_apply(s, &f, sizeof(f));
	give_thread(s, 9, 10, "main loop");
	give_thread(s, 9, 11, "worker");
	session_stack_pointer(s, 9, 0x18ff0); /* of thread 10 */
	tick(s);
	CHECK(called(s, MAPPING_STACK, "[stack thread 10 main loop]"));
	CHECK(called(s, MAPPING_ARENA, "[arena thread 11 worker, 64M reserved]"));
	f.head.tid = 10; /* whoever comes later is not the first */
	session_apply(s, &f, sizeof(f));
	tick(s);
	CHECK(called(s, MAPPING_ARENA, "[arena thread 11 worker, 64M reserved]"));
	session_free(s);
}

static void names_of_threads_are_bounded(void)
{
	struct session *s = session_new();

	APPLY(s, make_fork(9, 1, 1, 5, "x"));
	for (pid_t tid = 1; tid <= THREADS_NAMED + 10; tid++)
		give_thread(s, tid & 1 ? 9 : 8, 100 + tid, "t"); /* 8 is not there any more */
	CHECK(s->threads.used <= THREADS_NAMED);
	CHECK(session_thread_name(s, 101) && session_thread_name(s, 100 + THREADS_NAMED + 9));
	CHECK(!session_thread_name(s, 102));
	session_free(s);
}

static void give_limit(struct session *s, uint64_t hits)
{
	struct input_limit head = { .bytes = 16 * MIB, .hits = hits, .pid = 9 };

	give(s, INPUT_LIMIT, &head, sizeof(head), "/batch", 7);
}

/* A group of that name is made anew, and counts from 0. */
static void hits_of_a_limit_never_shrink(void)
{
	struct session *s = session_new();

	APPLY(s, make_fork(9, 1, 1, 5, "x"));
	give_limit(s, 500);
	give_limit(s, 510);
	CHECK_EQ(session_find(s, 9)->limit->last - session_find(s, 9)->limit->first, 10);
	give_limit(s, 3);
	CHECK_EQ(session_find(s, 9)->limit->last - session_find(s, 9)->limit->first, 0);
	session_free(s);
}

static void read_memory(struct session *s, const struct input_memory *all, size_t n)
{
	const struct input_rss head = { .now = now, .pid = 9 };

	give(s, INPUT_MEMORY, &head, sizeof(head), all, n * sizeof(*all));
}

/* What is there at the first reading did not grow; what comes later grew from nothing. */
static void rss_grows_from_the_first_reading(void)
{
	struct session *s = session_new();
	struct mmt_vma v[2] = { anon(0x7f0000000000, 4 * MIB), anon(0x7f1000000000, 64 * MIB) };
	struct input_memory all[2] = { { .start = v[0].start, .amount = { 40960, 0, 0, MEMORY_UNKNOWN, MEMORY_UNKNOWN } },
				       { .start = v[1].start, .amount = { 8192, 0, 0, 4096, MEMORY_UNKNOWN } } };
	const struct mapping *first, *second;

	v[1].sig = 8;
	APPLY(s, make_fork(9, 1, 1, 5, "a"));
	layout(s, 9, 1, v, 1);
	tick(s);
	read_memory(s, all, 1);
	tick(s);
	first = s->mappings;
	CHECK_EQ(first->memory[MEMORY_RSS], 40960);
	CHECK(first->memory[MEMORY_SWAP] == MEMORY_UNKNOWN);
	CHECK_EQ(first->rss_previous - first->rss_start, 0);
	layout(s, 9, 1, v, 2);
	all[0].amount[MEMORY_RSS] = 45056;
	all[0].uncertain = 1;
	read_memory(s, all, 2);
	tick(s);
	second = first->next;
	CHECK_EQ(first->rss_added, 4096);
	CHECK(first->rss_uncertain);
	CHECK_EQ(first->rss_previous - first->rss_start, 4096);
	CHECK_EQ(second->rss_added, 8192);
	CHECK_EQ(second->rss_previous - second->rss_start, 8192);
	CHECK_EQ(session_find(s, 9)->memory[MEMORY_RSS], 45056 + 8192);
	CHECK_EQ(session_find(s, 9)->memory[MEMORY_SWAP], 4096); /* the other may be shared memory */
	tick(s);
	CHECK_EQ(first->rss_added, 0);
	layout(s, 9, 1, v, 1); /* the second is unmapped */
	tick(s);
	CHECK_EQ(second->rss_added, -8192);
	CHECK_EQ(second->rss_previous, second->rss_start);
	session_free(s);
}

/* An address space in which nothing happens is not looked at; its last interval ends all the same. */
static void what_rests_has_no_activity(void)
{
	struct session *s = session_new();
	struct mmt_vma v = anon(0x7f0000000000, 4 * MIB);
	struct mmt_fault f[2];

	for (unsigned i = 0; i < 2; i++) {
		APPLY(s, make_fork(9 + i, 1, 1 + i, 5, "a"));
		layout(s, 9 + i, 1 + i, &v, 1);
		f[i] = make_fault(9 + i, 1 + i, v.start, 7, MMT_CLASS_ANON_WRITE);
		APPLY(s, f[i]);
	}
	for (unsigned round = 0; round < 3; round++) { /* both, one, none */
		tick(s);
		for (const struct mapping *m = s->mappings; m; m = m->next) {
			CHECK_EQ(m->added[MMT_CLASS_ANON_WRITE], round == 0 || (round == 1 && m->mm->id == 2));
			CHECK_EQ(m->only->interval_faults, m->added[MMT_CLASS_ANON_WRITE]);
			CHECK_EQ(stat_total(&m->faults), 1 + (round > 0 && m->mm->id == 2));
		}
		if (!round)
			APPLY(s, f[1]);
	}
	session_free(s);
}

int main(void)
{
	RUN("mapping", how_a_file_is_read);
	RUN("mapping", hits_of_a_limit_never_shrink);
	RUN("mapping", a_stack_and_an_arena_name_their_thread);
	RUN("mapping", names_of_threads_are_bounded);
	RUN("mapping", chunks_of_one_size_are_one);
	RUN("mapping", what_was_before_is_no_activity);
	RUN("mapping", what_was_cut_off_is_no_vma);
	RUN("mapping", sizes_apart_are_two);
	RUN("mapping", a_moved_buffer_stays_one);
	RUN("mapping", a_guard_at_its_place_is_no_part);
	RUN("mapping", what_was_split_stays_one);
	RUN("mapping", an_arena_is_what_it_reserves_too);
	RUN("mapping", kinds_known_later_move_the_counts);
	RUN("mapping", what_is_merged_keeps_its_name);
	RUN("mapping", only_rows_that_are_shown_are_said_to_be_merged);
	RUN("mapping", names_without_end_are_bounded);
	RUN("mapping", what_rests_has_no_activity);
	RUN("mapping", rss_grows_from_the_first_reading);
	return check_bad;
}
