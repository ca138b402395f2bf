/* SPDX-License-Identifier: GPL-2.0 */
/* src/model/top.c: whatever the looks happen to meet, each fault counts once. */
#include "model/top.h"

#include <stdlib.h>

#include "unit/check.h"

static int forgotten;

static void on_ended(void *ctx, const struct mmt_top_key *key)
{
	(void)ctx;
	(void)key;
	forgotten++;
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
	top_look_task(t, &task);
}

static void row(struct top *t, uint32_t pid, uint64_t exit_min, uint64_t kmalloc, bool dead)
{
	struct mmt_top_row r = { .exit_min = exit_min, .dead = dead, .comm = "worker" };
	struct mmt_top_key key = key_of(pid);

	r.alloc_bytes[MMT_TOP_KMALLOC] = kmalloc;
	top_look_row(t, &key, &r);
}

static void look_ends(struct top *t, bool last)
{
	top_look_end(t, on_ended, NULL);
	top_look_shown(t, last);
}

/* The process, or the group, of that pid (0: group). */
static const struct top_process *find(const struct top *t, uint32_t pid)
{
	const struct top_process *found = NULL;
	struct top_process **list;
	size_t n = top_list(t, &list);

	for (size_t i = 0; i < n; i++)
		if (list[i]->key.tgid == pid)
			found = list[i];
	free(list);
	return found;
}

static void what_was_before_us_is_not_ours(void)
{
	struct top *t = top_new();

	top_look_begin(t);
	meet(t, 10, 700, false);
	look_ends(t, false);
	CHECK_EQ(t->total.v[TOP_MINOR], 0);
	top_look_begin(t);
	meet(t, 10, 730, false);
	row(t, 10, 0, 64, false);
	look_ends(t, false);
	CHECK_EQ(find(t, 10)->now.v[TOP_MINOR], 30);
	CHECK_EQ(find(t, 10)->now.v[TOP_KMALLOC], 64);
	CHECK_EQ(find(t, 10)->now.v[TOP_RSS_CHANGE], 0);
	top_look_begin(t); /* it has ended: the last word is that of its exit */
	row(t, 10, 745, 64, true);
	look_ends(t, true);
	CHECK_EQ(t->total.v[TOP_MINOR], 45);
	CHECK_EQ(find(t, 0)->members, 1);
	CHECK_EQ(find(t, 0)->now.v[TOP_MINOR], 45);
	CHECK_EQ(t->tails_unknown, 0);
	top_free(t);
}

static void a_zombie_met_after_its_row_is_the_same_process(void)
{
	struct top *t = top_new();

	top_look_begin(t);
	look_ends(t, false);
	forgotten = 0;
	for (int look = 0; look < 3; look++) {
		top_look_begin(t);
		if (look) /* the first look came before its birth */
			meet(t, 20, 50, true);
		row(t, 20, 50, 128, true);
		look_ends(t, false);
		CHECK_EQ(t->total.v[TOP_MINOR], 50);
		CHECK(find(t, 20) && find(t, 20)->ended);
	}
	CHECK_EQ(forgotten, 0);
	top_look_begin(t);
	row(t, 20, 50, 128, true);
	look_ends(t, false);
	CHECK_EQ(forgotten, 1);
	CHECK(!find(t, 20));
	CHECK_EQ(find(t, 0)->members, 1);
	CHECK_EQ(t->total.v[TOP_MINOR], 50);
	CHECK_EQ(t->total.v[TOP_KMALLOC], 128);
	top_free(t);
}

static void an_end_that_nobody_told_is_said_so(void)
{
	struct top *t = top_new();

	top_look_begin(t);
	meet(t, 30, 5, false);
	meet(t, 31, 5, true); /* was ending when we came: nothing is missing */
	look_ends(t, false);
	top_look_begin(t);
	look_ends(t, true);
	CHECK_EQ(t->tails_unknown, 1);
	CHECK(find(t, 0)->tail_unknown);
	top_free(t);
}

static void a_pid_used_again_is_another_process(void)
{
	struct mmt_top_task task = { .key = { .tgid = 40, .start_boottime = 1 }, .tid = 40, .min_flt = 9, .flags = MMT_TOP_LEADER };
	struct top *t = top_new();

	top_look_begin(t);
	look_ends(t, false);
	top_look_begin(t);
	meet(t, 40, 7, false);
	top_look_task(t, &task);
	look_ends(t, false);
	CHECK_EQ(t->total.v[TOP_MINOR], 16);
	top_free(t);
}

static void threads_between_their_two_places_take_nothing_back(void)
{
	struct top *t = top_new();

	top_look_begin(t);
	look_ends(t, false);
	top_look_begin(t);
	meet(t, 50, 100, false);
	look_ends(t, false);
	top_look_begin(t);
	meet(t, 50, 60, false); /* another thread's 40 are on their way to the leader */
	look_ends(t, false);
	CHECK_EQ(find(t, 50)->now.v[TOP_MINOR], 100);
	CHECK_EQ(t->total.v[TOP_MINOR], 100);
	top_free(t);
}

int main(void)
{
	RUN("top", what_was_before_us_is_not_ours);
	RUN("top", a_zombie_met_after_its_row_is_the_same_process);
	RUN("top", an_end_that_nobody_told_is_said_so);
	RUN("top", a_pid_used_again_is_another_process);
	RUN("top", threads_between_their_two_places_take_nothing_back);
	return check_bad;
}
