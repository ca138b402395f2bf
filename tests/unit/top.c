/* SPDX-License-Identifier: GPL-2.0 */
/* src/model/top.c: what the readings happen to meet, each fault counts once. */
#include "model/top.h"

#include <stdlib.h>

#include "unit/check.h"

static void give(struct top *t, enum input_kind kind, const void *body, size_t size)
{
	struct input in = { .kind = kind, .body = body, .size = size };

	model_input(&t->base, &in);
}

static struct top *top_new(void)
{
	return (struct top *)model_new(&model_top);
}

static void top_free(struct top *t)
{
	model_free(&t->base);
}

static void on_final(void *ctx, const struct mmt_top_key *key)
{
	(void)key;
	++*(int *)ctx;
}

/* Rows that the kernel may forget after the reading. */
static int final_rows(const struct top *t)
{
	int n = 0;

	top_each_final(t, on_final, &n);
	return n;
}

static struct mmt_top_key key_of(uint32_t pid)
{
	return (struct mmt_top_key){ .tgid = pid, .start_boottime = pid * 1000ull };
}

/* A process of one thread with so many minor faults, and 4 MiB unless it is a zombie. */
static void meet(struct top *t, uint32_t pid, uint64_t minor, bool zombie)
{
	struct mmt_top_task task = { .key = key_of(pid), .tid = pid, .min_flt = minor, .flags = MMT_TOP_LEADER, .comm = "worker" };

	if (!zombie) {
		task.flags |= MMT_TOP_MM;
		task.rss = task.vsize = 4 << 20;
	}
	give(t, INPUT_TOP_TASKS, &task, sizeof(task));
}

static void row(struct top *t, uint32_t pid, uint64_t exit_min, uint64_t kmalloc, bool dead)
{
	struct input_top_row r = { .key = key_of(pid), .row = { .exit_min = exit_min, .dead = dead, .comm = "worker" } };

	r.row.alloc_bytes[MMT_TOP_KMALLOC] = kmalloc;
	give(t, INPUT_TOP_ROWS, &r, sizeof(r));
}

static void reading_begins(struct top *t)
{
	give(t, INPUT_TOP_BEGIN, NULL, 0);
}

/* And is shown. */
static void reading_ends(struct top *t, bool last)
{
	struct input_tick tick = { .now = 1000, .flags = last ? INPUT_TICK_LAST : 0 };
	struct input in = { .kind = INPUT_TICK, .head = &tick, .head_size = sizeof(tick) };

	give(t, INPUT_TOP_END, NULL, 0);
	model_input(&t->base, &in);
}

struct search { uint32_t pid; const struct top_process *found; };

static void on_row(void *ctx, const void *row)
{
	const struct top_process *p = row;
	struct search *s = ctx;

	if (p->key.tgid == s->pid)
		s->found = p;
}

/* The process, or the group, of that pid (0: group, which is there at the end). */
static const struct top_process *find(const struct top *t, uint32_t pid)
{
	struct search s = { pid, NULL };

	top_each(t, on_row, &s);
	return s.found;
}

static void what_was_before_us_is_not_ours(void)
{
	struct top *t = top_new();

	reading_begins(t);
	meet(t, 10, 700, false);
	reading_ends(t, false);
	CHECK_EQ(t->total.v[TOP_MINOR], 0);
	reading_begins(t);
	meet(t, 10, 730, false);
	row(t, 10, 0, 64, false);
	reading_ends(t, false);
	CHECK_EQ(find(t, 10)->now.v[TOP_MINOR], 30);
	CHECK_EQ(find(t, 10)->now.v[TOP_KMALLOC], 64);
	CHECK_EQ(find(t, 10)->now.v[TOP_RSS_CHANGE], 0);
	reading_begins(t); /* it has ended: the last word is that of its exit */
	row(t, 10, 745, 64, true);
	reading_ends(t, true);
	CHECK_EQ(t->total.v[TOP_MINOR], 45);
	CHECK_EQ(find(t, 0)->members, 1);
	CHECK_EQ(find(t, 0)->now.v[TOP_MINOR], 45);
	CHECK_EQ(t->tails_unknown, 0);
	top_free(t);
}

static void a_zombie_met_after_its_row_is_the_same_process(void)
{
	struct top *t = top_new();

	reading_begins(t);
	reading_ends(t, false);
	for (int reading = 0; reading < 3; reading++) {
		reading_begins(t);
		if (reading) /* the first one came before its birth */
			meet(t, 20, 50, true);
		row(t, 20, 50, 128, true);
		reading_ends(t, false);
		CHECK_EQ(t->total.v[TOP_MINOR], 50);
		CHECK(find(t, 20) && find(t, 20)->ended);
	}
	CHECK_EQ(final_rows(t), 0);
	reading_begins(t);
	row(t, 20, 50, 128, true);
	reading_ends(t, false);
	CHECK_EQ(final_rows(t), 1);
	reading_begins(t);
	reading_ends(t, true);
	CHECK(!find(t, 20));
	CHECK(find(t, 0) && find(t, 0)->members == 1);
	CHECK_EQ(t->total.v[TOP_MINOR], 50);
	CHECK_EQ(t->total.v[TOP_KMALLOC], 128);
	top_free(t);
}

static void an_end_of_which_no_event_came_is_reported(void)
{
	struct top *t = top_new();

	reading_begins(t);
	meet(t, 30, 5, false);
	meet(t, 31, 5, true); /* was ending when we came: nothing is missing */
	reading_ends(t, false);
	reading_begins(t);
	reading_ends(t, true);
	CHECK_EQ(t->tails_unknown, 1);
	CHECK(find(t, 0)->tail_unknown);
	top_free(t);
}

static void a_pid_used_again_is_another_process(void)
{
	struct mmt_top_task task = { .key = { .tgid = 40, .start_boottime = 1 }, .tid = 40, .min_flt = 9, .flags = MMT_TOP_LEADER };
	struct top *t = top_new();

	reading_begins(t);
	reading_ends(t, false);
	reading_begins(t);
	meet(t, 40, 7, false);
	give(t, INPUT_TOP_TASKS, &task, sizeof(task));
	reading_ends(t, false);
	CHECK_EQ(t->total.v[TOP_MINOR], 16);
	top_free(t);
}

static void threads_between_their_two_places_take_nothing_back(void)
{
	struct top *t = top_new();

	reading_begins(t);
	reading_ends(t, false);
	reading_begins(t);
	meet(t, 50, 100, false);
	reading_ends(t, false);
	reading_begins(t);
	meet(t, 50, 60, false); /* another thread's 40 are on their way to the leader */
	reading_ends(t, false);
	CHECK_EQ(find(t, 50)->now.v[TOP_MINOR], 100);
	CHECK_EQ(t->total.v[TOP_MINOR], 100);
	top_free(t);
}

int main(void)
{
	RUN("top", what_was_before_us_is_not_ours);
	RUN("top", a_zombie_met_after_its_row_is_the_same_process);
	RUN("top", an_end_of_which_no_event_came_is_reported);
	RUN("top", a_pid_used_again_is_another_process);
	RUN("top", threads_between_their_two_places_take_nothing_back);
	return check_bad;
}
