/* SPDX-License-Identifier: GPL-2.0 */
/* src/model/fault/stacks.c: stacks, the files of their frames, and what is counted under them. */
#include "model/fault/kind.h"
#include "model/names.h"
#include "unit/check.h"
#include "unit/fault.h"

static struct mmt_stack stack_make(uint64_t id, unsigned count, enum mmt_stack_why why)
{
	struct mmt_stack s = { .head = make_head(MMT_KIND_STACK, 42, 1), .id = id, .count = (uint8_t)count,
			       .guessed = MMT_STACK_ALL_KNOWN, .why = (uint8_t)why };

	for (unsigned i = 0; i < count; i++)
		s.frame[i] = MMT_FRAME(1, 0x1000 + i);
	return s;
}

static void give_stack(struct session *s, const struct mmt_stack *r, unsigned frames)
{
	give(s, INPUT_RECORD, NULL, 0, r, offsetof(struct mmt_stack, frame) + frames * sizeof(r->frame[0]));
}

static void give_row(struct session *s, uint64_t stack, uint8_t cls, uint16_t flags, uint64_t count)
{
	const struct input_stack_row row = {
		.key = { .stack = stack, .tgid = 42, .mm_id = 1, .cls = cls, .flags = flags }, .row = { count, count * 10 }
	};

	give(s, INPUT_STACK_ROWS, NULL, 0, &row, sizeof(row));
}

static void tick(struct session *s)
{
	const struct input_tick now = { .now = 1000 };

	give(s, INPUT_TICK, &now, sizeof(now), NULL, 0);
}

static void counts_grow(void)
{
	struct session *s = session_new();
	struct mmt_stack one = stack_make(7, 3, MMT_STACK_COMPLETE);

	give_clock(s);
	give_row(s, 7, MMT_CLASS_ANON_WRITE, 0, 5); /* before its frames */
	tick(s);
	CHECK_EQ(s->stacks.none, 5);
	give_stack(s, &one, 3);
	give_row(s, 7, MMT_CLASS_ANON_WRITE, 0, 8); /* the same row, as it stands */
	give_row(s, 7, MMT_CLASS_ANON_HUGE, MMT_FAULT_HUGE | MMT_FAULT_MAJOR, 1);
	tick(s);
	CHECK_EQ(s->stacks.use_count, 1);
	CHECK_EQ(s->stacks.first->count, 9);
	CHECK_EQ(s->stacks.first->major, 1);
	CHECK_EQ(s->stacks.first->ns, 90);
	CHECK_EQ(s->stacks.first->bytes, 8 * 4096 + (2 << 20));
	CHECK_EQ(s->stacks.state[STACK_IS_COMPLETE], 9);
	CHECK_EQ(s->stacks.none, 0);
	CHECK(s->stacks.first->describes);
	session_free(s);
}

/* What had no room for a row is counted, of no process; a row that went and came again begins at 0. */
static void totals_add_up(void)
{
	struct session *s = session_new();
	const struct input_stack_row rest = { .key = { .flags = MMT_FAULT_MAJOR }, .row = { 6, 60 } };
	struct input_stack_row again = { .key = { .stack = 7, .tgid = 42, .mm_id = 1 }, .row = { 5, 50 } };
	struct mmt_exit ended = { .head = make_head(MMT_KIND_EXIT, 42, 1), .group_dead = 1 };

	give_clock(s);
	CHECK(stacks_row_news(s, &again));
	give(s, INPUT_STACK_ROWS, NULL, 0, &again, sizeof(again));
	CHECK(!stacks_row_final(s, &again.key)); /* its process is not known yet */
	tick(s);
	CHECK(!stacks_row_news(s, &again));
	CHECK(!stacks_row_final(s, &again.key));
	give(s, INPUT_STACK_ROWS, NULL, 0, &rest, sizeof(rest));
	again.row = (struct mmt_stack_row){ 2, 20 };
	CHECK(stacks_row_news(s, &again));
	give(s, INPUT_STACK_ROWS, NULL, 0, &again, sizeof(again));
	tick(s);
	CHECK_EQ(s->stacks.none, 13);
	CHECK_EQ(s->stacks.first->count, 7);
	CHECK_EQ(s->stacks.first->next->major, 6);
	CHECK(!session_find(s, 0));
	give(s, INPUT_RECORD, NULL, 0, &ended, sizeof(ended));
	CHECK(stacks_row_final(s, &again.key));
	CHECK(!stacks_row_final(s, &rest.key));
	session_free(s);
}

static void how_much_is_true(void)
{
	struct session *s = session_new();
	struct mmt_stack cut = stack_make(1, 2, MMT_STACK_NO_TABLE), guessed = stack_make(2, 2, MMT_STACK_COMPLETE);

	guessed.guessed = 1;
	give_clock(s);
	give_stack(s, &cut, 2);
	give_stack(s, &guessed, 2);
	give_row(s, 1, MMT_CLASS_COW, 0, 3);
	give_row(s, 2, MMT_CLASS_COW, 0, 4);
	give_row(s, 0, MMT_CLASS_COW, 0, 2);
	tick(s);
	CHECK_EQ(s->stacks.state[STACK_IS_INCOMPLETE], 3);
	CHECK_EQ(s->stacks.state[STACK_IS_GUESSED], 4);
	CHECK_EQ(s->stacks.none, 2);
	CHECK_EQ(s->stacks.why[MMT_STACK_NO_TABLE], 3);
	session_free(s);
}

static void damaged_stacks_are_counted(void)
{
	struct session *s = session_new();
	struct mmt_stack one = stack_make(7, 3, MMT_STACK_COMPLETE);

	give_clock(s);
	give_stack(s, &one, 2); /* fewer frames than it says */
	one.why = MMT_STACK_WHY_COUNT;
	give_stack(s, &one, 3);
	one = stack_make(0, 3, MMT_STACK_COMPLETE);
	give_stack(s, &one, 3);
	one = stack_make(7, 3, MMT_STACK_COMPLETE);
	one.count = MMT_STACK_FRAMES + 1;
	give_stack(s, &one, MMT_STACK_FRAMES);
	CHECK_EQ(s->base.decode_errors, 4);
	CHECK(!stacks_find(&s->stacks, 7));
	session_free(s);
}

static void files_get_the_names_of_mappings(void)
{
	struct session *s = session_new();
	struct mmt_vma vma = make_vma(0x7000, 0x9000, VM_READ | VM_EXEC, MMT_VMA_FILE, 1);
	struct mmt_vma_seen seen;
	struct mmt_object o = { .head = make_head(MMT_KIND_OBJECT, 42, 1), .id = 3 };

	vma.ino = 99;
	vma.dev = 8;
	o.key = (struct mmt_object_key){ .ino = 99, .dev = 8, .edition = vma.edition };
	give_clock(s);
	give(s, INPUT_RECORD, NULL, 0, &o, sizeof(o));
	tick(s);
	CHECK(!stacks_file(&s->stacks, 3)->name);
	seen = make_seen(42, 1, vma, "/usr/lib/libx.so");
	give(s, INPUT_RECORD, NULL, 0, &seen, sizeof(seen));
	tick(s);
	CHECK_STR(stacks_file(&s->stacks, 3)->name, "/usr/lib/libx.so");
	o.id = 4; /* met again, where its mapping is known already */
	give(s, INPUT_RECORD, NULL, 0, &o, sizeof(o));
	CHECK_STR(stacks_file(&s->stacks, 4)->name, "/usr/lib/libx.so");
	o.id = 5;
	o.key.edition++; /* written anew since */
	give(s, INPUT_RECORD, NULL, 0, &o, sizeof(o));
	tick(s);
	CHECK(!stacks_file(&s->stacks, 5)->name);
	session_free(s);
}

/* Two processes with the same stack in memory of no file: each describes it, with names of its own. */
static void code_of_a_process(void)
{
	struct session *s = session_new();
	struct mmt_stack one = stack_make(7, 1, MMT_STACK_COMPLETE);
	struct input_stack_row rows[2] = {
		{ .key = { .stack = 7, .tgid = 42, .mm_id = 1 }, .row = { 1, 1 } },
		{ .key = { .stack = 7, .tgid = 43, .mm_id = 2 }, .row = { 1, 1 } },
	};

	one.frame[0] = MMT_FRAME_ADDRESS | 0x7000;
	give_clock(s);
	give_stack(s, &one, 1);
	give(s, INPUT_STACK_ROWS, NULL, 0, rows, sizeof(rows));
	CHECK_EQ(s->stacks.use_count, 0); /* whose they are may be said yet */
	tick(s);
	CHECK_EQ(s->stacks.use_count, 2);
	CHECK(s->stacks.first->describes && s->stacks.first->next->describes);
	for (uint32_t pid = 42; pid <= 43; pid++) {
		const struct input_name head = { .kind = INPUT_NAME_CODE, .key = one.frame[0], .flags = pid };

		give(s, INPUT_NAME, &head, sizeof(head), pid == 42 ? "a\0" : "b\0", 3);
	}
	CHECK_STR(name_find_code(&s->names, 42, one.frame[0])->text, "a");
	CHECK_STR(name_find_code(&s->names, 43, one.frame[0])->text, "b");
	session_free(s);
}

int main(void)
{
	RUN("stacks", counts_grow);
	RUN("stacks", totals_add_up);
	RUN("stacks", how_much_is_true);
	RUN("stacks", damaged_stacks_are_counted);
	RUN("stacks", code_of_a_process);
	RUN("stacks", files_get_the_names_of_mappings);
	return check_bad;
}
