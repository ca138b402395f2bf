/* SPDX-License-Identifier: GPL-2.0 */
/* src/model/fault/bounds.c: faults stay with the addresses they happened at. */

#include <stdlib.h>

#include "unit/check.h"
#include "unit/fault.h"

#define APPLY(s, record) do { __typeof__(record) r_ = (record); session_apply(s, &r_, sizeof(r_)); } while (0)

#define PAGE 0x1000ull
#define BASE 0x200000000ull
#define RW 3u
#define RW_SIG 7u
#define RO_SIG 8u

static struct mmt_vma rw(uint64_t from, uint64_t to)
{
	return make_vma(BASE + from * PAGE, BASE + to * PAGE, RW, MMT_VMA_ANON, RW_SIG);
}

static struct mmt_vma ro(uint64_t from, uint64_t to)
{
	return make_vma(BASE + from * PAGE, BASE + to * PAGE, 1, MMT_VMA_ANON, RO_SIG);
}

static void layout_at(struct session *s, uint64_t time, size_t n, const struct mmt_vma *vmas)
{
	struct bytes b = { NULL, 0 };

	layout_begin(&b, 1, 8);
	((struct mmt_layout_mm *)b.at)->time = time;
	for (size_t i = 0; i < n; i++)
		layout_add(&b, vmas[i], "");
	layout_close(&b, 8);
	CHECK(session_layout(s, 42, b.at, b.size));
	bytes_free(&b);
}

#define LAYOUT(s, ...) layout_at(s, 0, sizeof((struct mmt_vma[]){ __VA_ARGS__ }) / sizeof(struct mmt_vma), \
				 (struct mmt_vma[]){ __VA_ARGS__ })

static struct mmt_fault fault_in(struct mmt_vma vma, uint64_t page)
{
	struct mmt_fault f = make_fault(42, 1, vma.anchor, vma.sig, MMT_CLASS_ANON_WRITE);

	f.addr = BASE + page * PAGE;
	return f;
}

static void touch(struct session *s, struct mmt_vma vma, uint64_t from, uint64_t to)
{
	for (uint64_t page = from; page < to; page++)
		APPLY(s, fault_in(vma, page));
}

static void read_losses(struct session *s)
{
	static const uint64_t none[MMT_LOSS_COUNT];

	give(s, INPUT_LOSSES, NULL, 0, none, sizeof(none));
}

/* What the kernel aggregated of that VMA since it began, and that the rows were read. */
static void read_rows(struct session *s, struct mmt_vma vma, uint64_t count)
{
	struct mmt_aggregate_key key = { .tgid = 42, .mm_id = 1, .anchor = vma.anchor, .sig = vma.sig,
					 .cls = MMT_CLASS_ANON_WRITE, .flags = MMT_FAULT_EXECUTOR };
	struct mmt_aggregate_row row = { .count = count };

	session_row(s, &key, &row);
	read_losses(s);
}

/* Each touched for the first time once: no row has more of that than pages. */
static void check_first_touches(struct session *s, uint64_t touched)
{
	size_t n;
	struct vma **all = session_vmas(s, &n);
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++) {
		CHECK(stat_total(&all[i]->faults) <= (all[i]->v.end - all[i]->v.start) / PAGE);
		sum += stat_total(&all[i]->faults);
	}
	CHECK_EQ(sum, touched);
	free(all);
}

static const struct vma *row_of(const struct session *s, struct mmt_vma vma)
{
	return session_vma_by_key(s, 1, vma.sig, vma.anchor);
}

static size_t rows_with_faults(const struct session *s)
{
	size_t n, with = 0;
	struct vma **all = session_vmas(s, &n);

	for (size_t i = 0; i < n; i++)
		with += stat_total(&all[i]->faults) != 0;
	free(all);
	return with;
}

static void a_small_rest_does_not_inherit_the_faults(void)
{
	struct session *s = session_new();

	LAYOUT(s, rw(0, 1024));
	touch(s, rw(0, 1024), 0, 1024);
	LAYOUT(s, ro(0, 1023), rw(1023, 1024));
	check_first_touches(s, 1024);
	CHECK(row_of(s, rw(1023, 1024))->live);
	CHECK_EQ(stat_total(&row_of(s, rw(1023, 1024))->faults), 0);
	CHECK(!row_of(s, rw(0, 1024))->live);
	CHECK_EQ(row_of(s, rw(0, 1024))->v.end, BASE + 1024 * PAGE);
	session_free(s);
}

static void an_announced_rest_does_not_either(void)
{
	struct session *s = session_new();

	APPLY(s, make_seen(42, 1, rw(0, 1024), ""));
	touch(s, rw(0, 1024), 0, 1024);
	APPLY(s, make_seen(42, 1, rw(0, 4), "")); /* what munmap left */
	check_first_touches(s, 1024);
	touch(s, rw(0, 4), 0, 1);
	CHECK_EQ(row_of(s, rw(0, 4))->v.end, BASE + 4 * PAGE);
	CHECK_EQ(stat_total(&row_of(s, rw(0, 4))->faults), 1);
	session_free(s);
}

static void a_cut_without_faults_keeps_the_row(void)
{
	struct session *s = session_new();
	const struct vma *v;

	LAYOUT(s, rw(0, 100));
	touch(s, rw(0, 100), 60, 80);
	v = row_of(s, rw(0, 100));
	LAYOUT(s, ro(0, 50), rw(50, 100));
	CHECK(row_of(s, rw(50, 100)) == v && v->live);
	CHECK_EQ(stat_total(&v->faults), 20);
	session_free(s);
}

static void a_hole_in_the_middle_leaves_both_ends_empty(void)
{
	struct session *s = session_new();

	LAYOUT(s, rw(0, 100));
	touch(s, rw(0, 100), 0, 100);
	LAYOUT(s, rw(0, 3), rw(97, 100));
	check_first_touches(s, 100);
	CHECK_EQ(stat_total(&row_of(s, rw(0, 3))->faults) + stat_total(&row_of(s, rw(97, 100))->faults), 0);
	session_free(s);
}

static void a_merge_keeps_both(void)
{
	struct session *s = session_new();

	LAYOUT(s, rw(0, 10), ro(10, 20), rw(20, 30));
	touch(s, rw(0, 10), 0, 10);
	touch(s, rw(20, 30), 20, 30);
	LAYOUT(s, rw(0, 30));
	check_first_touches(s, 20);
	CHECK(row_of(s, rw(0, 30))->live);
	CHECK_EQ(stat_total(&row_of(s, rw(0, 30))->faults), 10);
	session_free(s);
}

/* As a heap may, a thousand times: one row that lives and one of what is gone. */
static void a_sawtooth_has_two_rows(void)
{
	struct session *s = session_new();
	uint64_t touched = 0;

	for (int i = 0; i < 1000; i++) {
		uint64_t top = 64 + (uint64_t)i % 7, left = i % 100 ? 24 : 0;

		LAYOUT(s, rw(0, top));
		touch(s, rw(0, top), 0, top);
		touched += top;
		if (left)
			LAYOUT(s, rw(0, left));
		else
			layout_at(s, 0, 0, NULL);
	}
	CHECK_EQ(rows_with_faults(s), 1 + (row_of(s, rw(0, 1))->faults.minor != 0));
	CHECK(rows_with_faults(s) <= 2);
	CHECK_EQ(s->faults.minor, touched);
	session_free(s);
}

static void aggregated_counts_keep_the_bounds_of_their_time(void)
{
	struct session *s = session_new();

	APPLY(s, make_seen(42, 1, rw(0, 1024), ""));
	LAYOUT(s, ro(0, 1023), rw(1023, 1024)); /* before the rows are read */
	read_rows(s, rw(0, 1024), 1023);
	check_first_touches(s, 1023);
	CHECK_EQ(stat_total(&row_of(s, rw(1023, 1024))->faults), 0);
	read_rows(s, rw(1023, 1024), 1);
	check_first_touches(s, 1024);
	CHECK_EQ(stat_total(&row_of(s, rw(1023, 1024))->faults), 1);
	session_free(s);
}

static void aggregated_counts_of_a_lost_end(void)
{
	struct session *s = session_new();

	LAYOUT(s, rw(0, 1024));
	read_rows(s, rw(0, 1024), 500);
	LAYOUT(s, rw(0, 2));
	read_rows(s, rw(0, 1024), 1000);
	check_first_touches(s, 1000);
	read_rows(s, rw(0, 2), 1002); /* of now, under the same key */
	CHECK_EQ(stat_total(&row_of(s, rw(0, 2))->faults), 2);
	session_free(s);
}

/* Records wait some milliseconds for others; a layout does not. */
static void a_fault_older_than_the_layout_is_of_the_former_bounds(void)
{
	struct session *s = session_new();
	struct mmt_vma_seen seen = make_seen(42, 1, rw(0, 1024), "");

	layout_at(s, 500, 1, (struct mmt_vma[]){ rw(0, 2) });
	seen.head.time = 400;
	APPLY(s, seen);
	touch(s, rw(0, 1024), 0, 1024);
	CHECK(row_of(s, rw(0, 2))->live);
	CHECK_EQ(row_of(s, rw(0, 2))->v.end, BASE + 2 * PAGE);
	check_first_touches(s, 1024);
	session_free(s);
}

static void an_event_names_the_row_it_was_added_to(void)
{
	struct session *s = session_new();
	struct mmt_fault late = fault_in(rw(0, 1024), 700);
	const struct vma *v;

	LAYOUT(s, rw(0, 1024));
	LAYOUT(s, rw(0, 2));
	APPLY(s, late);
	v = session_vma_of(s, &late);
	CHECK(v && !v->live && v->v.start <= late.addr && late.addr < v->v.end);
	CHECK_EQ(v ? stat_total(&v->faults) : 0, 1);
	session_free(s);
}

static void a_stack_grows_with_its_faults(void)
{
	struct session *s = session_new();
	struct mmt_vma stack = rw(100, 200);

	stack.vm_flags |= 0x100;
	stack.anchor = stack.end;
	LAYOUT(s, stack);
	touch(s, stack, 50, 200);
	CHECK_EQ(rows_with_faults(s), 1);
	CHECK_EQ(row_of(s, stack)->v.start, BASE + 50 * PAGE);
	session_free(s);
}

static void parts_may_be_merged_away(void)
{
	struct session *s = session_new();

	s->limits.vmas = s->limits.processes = 0;
	for (int i = 0; i < 50; i++) {
		LAYOUT(s, rw(0, 100));
		touch(s, rw(0, 100), 0, 100);
		LAYOUT(s, rw(0, 2));
		session_retain(s, 0, false);
	}
	CHECK_EQ(s->faults.minor, 5000);
	CHECK(rows_with_faults(s) <= 3);
	session_free(s);
}

/* --- any sequence --- */

#define PAGES 16 /* as many as classes: the class of a fault says where it was */

struct world {
	struct session *s;
	bool read_only[PAGES];
	struct { uint64_t from, to; uint32_t sig; } announced[4096];
	size_t announced_count;
	bool streamed;
	struct { struct mmt_vma vma; uint64_t count[PAGES]; } rows[PAGES * (PAGES + 1)];
	size_t row_count;
	struct { struct mmt_vma_seen seen; struct mmt_fault fault; bool is_seen; } waiting[64];
	size_t waiting_count;
	uint64_t now, made;
};

static struct mmt_vma vma_around(const struct world *w, uint64_t page)
{
	uint64_t from = page, to = page + 1;

	while (from && w->read_only[from - 1] == w->read_only[page])
		from--;
	while (to < PAGES && w->read_only[to] == w->read_only[page])
		to++;
	return w->read_only[page] ? ro(from, to) : rw(from, to);
}

/* As BPF does: nothing is announced twice. */
static bool announced(struct world *w, const struct mmt_vma *v)
{
	for (size_t i = 0; i < w->announced_count; i++)
		if (w->announced[i].from == v->start && w->announced[i].to == v->end && w->announced[i].sig == v->sig)
			return w->streamed; /* rows have no address that would show it */
	w->announced[w->announced_count].from = v->start;
	w->announced[w->announced_count].to = v->end;
	w->announced[w->announced_count++].sig = v->sig;
	return false;
}

static void drain(struct world *w)
{
	for (size_t i = 0; i < w->waiting_count; i++)
		if (w->waiting[i].is_seen)
			APPLY(w->s, w->waiting[i].seen);
		else
			APPLY(w->s, w->waiting[i].fault);
	w->waiting_count = 0;
}

static void fold(struct world *w, const struct mmt_vma *vma, uint64_t page)
{
	size_t i = 0;

	while (i < w->row_count && (w->rows[i].vma.anchor != vma->anchor || w->rows[i].vma.sig != vma->sig))
		i++;
	w->row_count += i == w->row_count;
	w->rows[i].vma = *vma;
	w->rows[i].count[page]++;
}

static void fault(struct world *w, uint64_t page)
{
	struct mmt_vma vma = vma_around(w, page);
	struct mmt_fault f = fault_in(vma, page);

	if (w->waiting_count + 2 > sizeof(w->waiting) / sizeof(w->waiting[0]))
		drain(w);
	if (!announced(w, &vma)) {
		w->waiting[w->waiting_count].is_seen = true;
		w->waiting[w->waiting_count].seen = make_seen(42, 1, vma, "");
		w->waiting[w->waiting_count++].seen.head.time = ++w->now;
	}
	w->made++;
	if (!w->streamed) {
		fold(w, &vma, page);
		return;
	}
	f.cls = (uint8_t)page;
	f.head.time = ++w->now;
	w->waiting[w->waiting_count].is_seen = false;
	w->waiting[w->waiting_count++].fault = f;
}

static void layout(struct world *w)
{
	struct mmt_vma vmas[PAGES];
	size_t n = 0;

	for (uint64_t page = 0; page < PAGES; n++) {
		vmas[n] = vma_around(w, page);
		announced(w, &vmas[n]);
		page = (vmas[n].end - BASE) / PAGE;
	}
	layout_at(w->s, ++w->now, n, vmas);
}

static void read_all_rows(struct world *w)
{
	drain(w);
	for (size_t i = 0; i < w->row_count; i++)
		for (unsigned page = 0; page < PAGES; page++) {
			struct mmt_aggregate_key key = { .tgid = 42, .mm_id = 1, .anchor = w->rows[i].vma.anchor,
							 .sig = w->rows[i].vma.sig, .cls = (uint8_t)page,
							 .flags = MMT_FAULT_EXECUTOR };
			struct mmt_aggregate_row row = { .count = w->rows[i].count[page] };

			if (row.count)
				session_row(w->s, &key, &row);
		}
	read_losses(w->s);
}

static void check_world(struct world *w)
{
	size_t n;
	struct vma **all = session_vmas(w->s, &n);
	uint64_t sum = 0;
	unsigned astray = 0;

	for (size_t i = 0; i < n; i++)
		for (uint64_t page = 0; page < PAGES; page++) {
			uint64_t count = stat_class_count(&all[i]->faults, (enum mmt_class)page), at = BASE + page * PAGE;

			sum += count;
			astray += count && (at < all[i]->v.start || at >= all[i]->v.end);
		}
	CHECK_EQ(astray, 0);
	CHECK_EQ(sum, w->made);
	CHECK(rows_with_faults(w->s) <= 4 * PAGES);
	free(all);
}

static void any_sequence(bool streamed)
{
	for (unsigned seed = 1; seed <= 200 && !check_failed; seed++) {
		struct world *w = calloc(1, sizeof(*w));

		if (!w)
			abort();
		srand(seed);
		w->s = session_new();
		w->streamed = streamed;
		for (int i = 0; i < 400; i++) {
			uint64_t at = (uint64_t)rand() % PAGES, n = 1 + (uint64_t)rand() % (PAGES - at);

			switch (rand() % 8) {
			case 0: case 1:
				for (uint64_t page = at; page < at + n; page++)
					w->read_only[page] = i & 1;
				break;
			case 2: layout(w); break;
			case 3: streamed ? drain(w) : read_all_rows(w); break;
			default: fault(w, at); break;
			}
		}
		if (streamed)
			drain(w);
		else
			read_all_rows(w);
		check_world(w);
		session_free(w->s);
		free(w);
	}
}

static void no_sequence_leads_a_fault_astray(void)
{
	any_sequence(true);
}

static void no_sequence_leads_an_aggregated_fault_astray(void)
{
	any_sequence(false);
}

int main(void)
{
	RUN("bounds", a_small_rest_does_not_inherit_the_faults);
	RUN("bounds", an_announced_rest_does_not_either);
	RUN("bounds", a_cut_without_faults_keeps_the_row);
	RUN("bounds", a_hole_in_the_middle_leaves_both_ends_empty);
	RUN("bounds", a_merge_keeps_both);
	RUN("bounds", a_sawtooth_has_two_rows);
	RUN("bounds", aggregated_counts_keep_the_bounds_of_their_time);
	RUN("bounds", aggregated_counts_of_a_lost_end);
	RUN("bounds", a_fault_older_than_the_layout_is_of_the_former_bounds);
	RUN("bounds", an_event_names_the_row_it_was_added_to);
	RUN("bounds", a_stack_grows_with_its_faults);
	RUN("bounds", parts_may_be_merged_away);
	RUN("bounds", no_sequence_leads_a_fault_astray);
	RUN("bounds", no_sequence_leads_an_aggregated_fault_astray);
	return check_bad;
}
