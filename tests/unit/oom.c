/* SPDX-License-Identifier: GPL-2.0 */
/* src/sym/oom.c: the cause of a kill from the stack of who asked. */
#include "sym/oom.h"

#include <stdlib.h>
#include <unistd.h>

#include "unit/check.h"

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
	static const unsigned long long unknown[4] = { AT(1), AT(5), 0x1234, 0xffffffffffffffffull }, ends[4] = { AT(1), 0, AT(3) };
	struct ksym_table *t = table();

	CHECK(!oom_cause(t, unknown, 4));
	CHECK(!oom_cause(t, ends, 4));
	CHECK(!oom_cause(NULL, unknown, 4));
	ksym_free(t);
}

int main(void)
{
	RUN("oom", the_most_telling_function_decides);
	RUN("oom", no_cause_is_guessed);
	return check_bad;
}
