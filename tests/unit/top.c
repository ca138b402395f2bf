/* SPDX-License-Identifier: GPL-2.0 */
/* src/model/top.c: what the readings happen to meet, each fault counts once. */
#include "model/top.h"

#include <stdlib.h>

#include "unit/check.h"
#include "view/shows.h"
#include "view/view.h"

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
	struct mmt_top_task task = {
		.key = key_of(pid), .tid = pid, .min_flt = minor, .flags = MMT_TOP_LEADER, .comm = "worker"
	};

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

/* A process whose threads ended before us: what their exits left is not ours either. */
static void ends_before_us_are_not_ours(void)
{
	struct top *t = top_new();

	reading_begins(t);
	meet(t, 10, 100, false);
	row(t, 10, 40, 0, false); /* an exit between the attaching and the first reading */
	reading_ends(t, false);
	reading_begins(t);
	row(t, 10, 40 + 100 + 7, 0, true);
	reading_ends(t, true);
	CHECK_EQ(t->total.v[TOP_MINOR], 7);
	top_free(t);
}

static void sizes(struct top *t, uint64_t rss, uint64_t vsize, uint64_t brk, uint64_t major)
{
	struct mmt_top_task task = { .key = key_of(10), .tid = 10, .maj_flt = major, .flags = MMT_TOP_LEADER | MMT_TOP_MM,
				     .comm = "worker", .rss = rss, .vsize = vsize, .brk = brk };

	reading_begins(t);
	give(t, INPUT_TOP_TASKS, &task, sizeof(task));
	reading_ends(t, false);
}

static void each_size_is_a_change_since_the_first_reading(void)
{
	struct top *t = top_new();
	struct input_top_row r = { .key = key_of(10), .row = { .exit_maj = 12, .dead = 1, .comm = "worker" } };

	sizes(t, 1000, 20000, 300, 5);
	sizes(t, 1500, 20700, 310, 9);
	CHECK_EQ(find(t, 10)->now.v[TOP_RSS], 1500);
	CHECK_EQ(find(t, 10)->now.v[TOP_RSS_CHANGE], 500);
	CHECK_EQ(find(t, 10)->now.v[TOP_VSIZE_CHANGE], 700);
	CHECK_EQ(find(t, 10)->now.v[TOP_BRK_CHANGE], 10);
	CHECK_EQ(find(t, 10)->now.v[TOP_MAJOR], 4);
	reading_begins(t);
	give(t, INPUT_TOP_ROWS, &r, sizeof(r));
	reading_ends(t, true);
	CHECK_EQ(t->total.v[TOP_MAJOR], 7); /* its exit has the last word on these too */
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
	struct mmt_top_task task = {
		.key = { .tgid = 40, .start_boottime = 1 }, .tid = 40, .min_flt = 9, .flags = MMT_TOP_LEADER
	};
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

/* The page of a terminal; the caller's to free. */
static char *page(const struct top *t, int width, const char *sort)
{
	const struct view_options opt = { .top = -1, .width = width, .sort = sort };
	struct view *v = view_new(format_find("text"), &show_top, &t->base, &opt);
	char *text = NULL;
	size_t size;

	v->out = open_memstream(&text, &size);
	if (!v->out)
		abort();
	view_tick(v);
	fclose(v->out);
	view_free(v);
	return text;
}

/* Pids of the rows, in their order. */
static void pids_are(const struct top *t, const char *sort, uint32_t a, uint32_t b, uint32_t c)
{
	char *text = page(t, 0, sort), *line = strstr(text, "PID");
	const uint32_t want[] = { a, b, c };

	for (int i = 0; i < 3; i++) {
		line = line ? strchr(line + 1, '\n') : NULL;
		CHECK_EQ(line ? strtoul(line + 1, NULL, 10) : 0, want[i]);
	}
	free(text);
}

static void equal_values_stand_in_order_of_pid(void)
{
	struct top *t = top_new();

	reading_begins(t);
	reading_ends(t, false);
	reading_begins(t);
	meet(t, 3000, 5, false);
	meet(t, 10, 5, false);
	meet(t, 200, 9, false);
	reading_ends(t, false);
	pids_are(t, NULL, 200, 10, 3000);
	pids_are(t, "-minor", 10, 3000, 200);
	pids_are(t, "major", 10, 200, 3000);
	top_free(t);
}

struct order { uint32_t last; int rows; bool good; };

static void on_ordered(void *ctx, const void *row)
{
	const struct top_process *p = row;
	struct order *o = ctx;

	o->good &= !o->rows || p->key.tgid > o->last;
	o->last = p->key.tgid;
	o->rows++;
}

static void processes_come_in_order_of_pid_as_others_go(void)
{
	struct top *t = top_new();

	for (uint32_t r = 0; r < 40; r++) {
		struct order o = { .good = true };

		reading_begins(t);
		for (uint32_t i = 0; i < 50; i++) /* some go, some come, in any order */
			meet(t, 1 + (i + r * 5) * 7919 % 1009, 1, false);
		reading_ends(t, false);
		top_each(t, on_ordered, &o);
		CHECK(o.good && o.rows >= 50 && o.rows <= 55);
	}
	top_free(t);
}

static void columns_of_zeros_leave_room_for_others(void)
{
	struct top *t = top_new();
	struct input_top_row r = { .key = key_of(7), .row = { .swap_ins = 5, .comm = "worker" } };
	char *text;

	reading_begins(t);
	reading_ends(t, false);
	reading_begins(t);
	meet(t, 7, 0, false);
	give(t, INPUT_TOP_ROWS, &r, sizeof(r));
	reading_ends(t, false);
	text = page(t, 64, NULL);
	CHECK(strstr(text, "SWPIN") && strstr(text, "MIN") && !strstr(text, "COMPACT"));
	free(text);
	text = page(t, 400, NULL);
	CHECK(strstr(text, "SWPIN") && strstr(text, "MIN") && strstr(text, "COMPACT"));
	free(text);
	top_free(t);
}

static void first_cgroup(struct top *t, uint32_t pid, int32_t parent)
{
	const struct input_process head = { .start_boottime = pid * 1000ull, .pid = (int32_t)pid, .parent = parent };
	struct input in = { .kind = INPUT_CGROUP, .head = &head, .head_size = sizeof(head), .body = "/x", .size = 3 };

	model_input(&t->base, &in);
}

static void the_parent_is_the_one_at_first_sight(void)
{
	struct top *t = top_new();

	reading_begins(t);
	meet(t, 20, 0, false);
	meet(t, 10, 0, false);
	reading_ends(t, false);
	first_cgroup(t, 20, 10);
	first_cgroup(t, 10, 1); /* it is no target: a number without a name */
	CHECK_EQ(find(t, 20)->ppid, 10);
	CHECK(!strcmp(find(t, 20)->parent, "worker"));
	CHECK_EQ(find(t, 10)->ppid, 1);
	CHECK(!find(t, 10)->parent[0]);
	first_cgroup(t, 20, 1); /* its parent has ended, and it has executed a program */
	CHECK_EQ(find(t, 20)->ppid, 10);
	top_free(t);
}

/* As `--by` of a command has it. */
static char *by(const struct top *t, const char *keys)
{
	struct view_options opt = { .by = keys, .top = -1 };
	struct view *v = view_new(format_find("csv"), &show_top, &t->base, &opt);
	size_t size;
	char *text = NULL;

	v->out = open_memstream(&text, &size);
	view_start(v);
	view_end(v);
	fclose(v->out);
	view_free(v);
	return text;
}

static void rows_are_grouped_by_parent_and_by_cgroup(void)
{
	struct top *t = top_new();
	char *text;

	reading_begins(t);
	meet(t, 10, 0, false);
	meet(t, 20, 0, false);
	meet(t, 30, 0, false);
	reading_ends(t, false);
	first_cgroup(t, 20, 10);
	first_cgroup(t, 30, 10);
	reading_begins(t);
	meet(t, 20, 5, false);
	meet(t, 30, 7, false);
	reading_ends(t, false);
	text = by(t, "parent,cgroup");
	CHECK(strstr(text, ",worker,/x,top,2,"));
	free(text);
	text = by(t, "process"); /* what its rows are */
	CHECK(strstr(text, ",20,") && strstr(text, ",30,"));
	free(text);
	top_free(t);
}

int main(void)
{
	RUN("top", the_parent_is_the_one_at_first_sight);
	RUN("top", rows_are_grouped_by_parent_and_by_cgroup);
	RUN("top", equal_values_stand_in_order_of_pid);
	RUN("top", processes_come_in_order_of_pid_as_others_go);
	RUN("top", columns_of_zeros_leave_room_for_others);
	RUN("top", what_was_before_us_is_not_ours);
	RUN("top", ends_before_us_are_not_ours);
	RUN("top", each_size_is_a_change_since_the_first_reading);
	RUN("top", a_zombie_met_after_its_row_is_the_same_process);
	RUN("top", an_end_of_which_no_event_came_is_reported);
	RUN("top", a_pid_used_again_is_another_process);
	RUN("top", threads_between_their_two_places_take_nothing_back);
	return check_bad;
}
