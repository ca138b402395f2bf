/* SPDX-License-Identifier: GPL-2.0 */
/* OOM kills: the cause from the stack of who asked, and how a kill is shown. */
#include "sym/oom.h"

#include <stdlib.h>
#include <unistd.h>

#include "unit/check.h"
#include "unit/hist_make.h"

static struct ksym_table *table(void)
{
	static const char text[] = "ffffffff81000000 T _text\n"
				   "ffffffff81000100 t oom_kill_process\n"
				   "ffffffff81000200 t mem_cgroup_out_of_memory.isra.0\n"
				   "ffffffff81000300 T out_of_memory\n"
				   "ffffffff81000400 t moom_callback\n"
				   "ffffffff81000500 t out_of_memory_notifier\n"
				   "ffffffff81000600 T _end\n";
	char path[] = "/tmp/mmtrace-oom-XXXXXX";
	int fd = mkstemp(path);
	struct ksym_table *t;

	if (fd < 0 || write(fd, text, sizeof(text) - 1) != sizeof(text) - 1)
		abort();
	close(fd);
	t = ksym_load(path);
	unlink(path);
	return t;
}

#define AT(n) (0xffffffff81000000ull + (n) * 0x100 + 0x10)

static void the_most_telling_function_decides(void)
{
	static const unsigned long long cgroup[8] = { AT(1), AT(3), AT(2) }, global[8] = { AT(1), AT(3) },
		sysrq[8] = { AT(1), AT(3), AT(4) };
	struct ksym_table *t = table();

	CHECK_STR(oom_cause(t, cgroup, 8), "cgroup");
	CHECK_STR(oom_cause(t, global, 8), "global");
	CHECK_STR(oom_cause(t, sysrq, 8), "sysrq");
	ksym_free(t);
}

static void no_cause_is_guessed(void)
{
	static const unsigned long long unknown[4] = { AT(1), AT(5), 0x1234, 0xffffffffffffffffull };
	static const unsigned long long ends[4] = { AT(1), 0, AT(3) };
	struct ksym_table *t = table();

	CHECK(!oom_cause(t, unknown, 4));
	CHECK(!oom_cause(t, ends, 4));
	CHECK(!oom_cause(NULL, unknown, 4));
	ksym_free(t);
}

#define HOSTILE "\x1b[2J\xe2\x80\xae\"\xff"

static struct mmt_oom kill_make(void)
{
	struct mmt_oom o = { .time = 3500000000, .start_boottime = 5, .pid = 100, .uid = 1000, .by_pid = 101,
			     .oom_score_adj = -17,
			     .anon = 20 << 20, .file = 4096, .shmem = 8192, .swap = 3 << 20, .pgtables = 8192,
			     .vsize = 1ull << 40, .free = MMT_OOM_UNKNOWN, .cgroup_usage = 24 << 20, .cgroup_max = 24 << 20,
			     .by_comm = "asker" };

	memcpy(o.comm, HOSTILE, sizeof(HOSTILE));
	memset(o.cgroup, 'x', sizeof(o.cgroup)); /* no room for a NUL */
	return o;
}

static void a_kill_is_counted_and_shown(void)
{
	const struct input_clock clock = { .t0 = 1000000000 };
	const struct view_options opt = { .top = -1 };
	struct model *m = model_new(&model_hist);
	struct mmt_oom o = kill_make();
	const struct input in = { .kind = INPUT_OOM, .head = &o, .head_size = sizeof(o) },
			   cut = { .kind = INPUT_OOM, .head = &o, .head_size = sizeof(o) - 8 };
	const void *row = NULL;
	char *text;

	put(m, INPUT_CLOCK, &clock, sizeof(clock), NULL, 0);
	put_name(m, INPUT_NAME_OOM, o.time, "cgroup", 7);
	model_input(m, &in);
	model_input(m, &cut);
	CHECK_EQ(hist_of(m)->oom_kills, 1);
	CHECK(hist_event(m, &in, &row) == &event_oom && row == &o);
	CHECK(!hist_event(m, &cut, &row));
	text = shown(m, "text", &opt, &o);
	CHECK(strstr(text, "    2.500000 oom kill: 100 \\x1b[2J\\xe2\\x80\\xae\"\\xff (uid 1000), cause cgroup, "
			   "asked for by 101 asker; anon 20M file 4K shmem 8K swap 3M page tables 8K mapped 1T, "
			   "oom_score_adj -17; cgroup /xxxx"));
	CHECK(strstr(text, "xx, limit 24M, uses 24M; free -\n"));
	free(text);
	text = shown(m, "json", &opt, &o);
	CHECK(strstr(text, "{\"type\":\"oom\",\"t\":2500000000,\"pid\":100,\"start_time_ns\":5,\"uid\":1000,"
			   "\"comm\":\"\\u001b[2J"));
	CHECK(strstr(text, "\"comm_hex\":\"1b5b324ae280ae22ff\",\"cause\":\"cgroup\",\"by_pid\":101,"));
	CHECK(strstr(text, "\"cgroup_max_bytes\":25165824,\"free_bytes\":null}\n"));
	free(text);
	put_name(m, INPUT_NAME_OOM_CGROUP, o.time, "/outer/in\x1bner", 14);
	text = shown(m, "text", &opt, &o);
	CHECK(strstr(text, "oom_score_adj -17; cgroup /outer/in\\x1bner, limit"));
	free(text);
	text = shown(m, "json", &opt, &o);
	CHECK(strstr(text, "\"cgroup\":\"/outer/in\\u001bner\","));
	free(text);
	o.time++; /* another one, whose cause nobody announced */
	text = shown(m, "json", &opt, &o);
	CHECK(strstr(text, "\"cause\":null,"));
	CHECK(strstr(text, "\"cgroup\":\"xxxx"));
	free(text);
	model_free(m);
}

int main(void)
{
	RUN("oom", the_most_telling_function_decides);
	RUN("oom", no_cause_is_guessed);
	RUN("oom", a_kill_is_counted_and_shown);
	return check_bad;
}
