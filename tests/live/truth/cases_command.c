/* Commands that mmtrace starts itself: totals against wait4(). */
#include "truth.h"

#include <sys/wait.h>
#include <unistd.h>

static void fresh_setup(void)
{
	area = map_pages(PAGES);
}

static void tree_operate(void)
{
	for (int i = 0; i < 4; i++) {
		pid_t pid = fork();

		if (!pid) {
			touch_write(area, PAGES);
			pid = fork();
			if (!pid)
				_exit(0);
			while (waitpid(pid, NULL, 0) < 0)
				;
			_exit(0);
		}
		while (waitpid(pid, NULL, 0) < 0)
			;
	}
}

static void exec_operate(void)
{
	static char path[] = "/proc/self/exe", nop[] = "--nop";
	static char *const argv[] = {path, nop, NULL};
	static char *const envp[] = {NULL};

	for (int i = 0; i < 16; i++) {
		pid_t pid = vfork();

		if (!pid) {
			execve(path, argv, envp);
			_exit(127);
		}
		while (waitpid(pid, NULL, 0) < 0)
			;
	}
}

#define COMMAND .flags = CF_COMMAND | CF_CHILDREN | CF_NOISY, .total = N_ANY, .major = N_ANY

const struct truth_case cases_command[] = {
	{.name = "command_write", .what = "mmtrace -- CMD: 256 writes in a child", COMMAND,
	 .setup = fresh_setup, .operate = write_operate},
	{.name = "command_tree", .what = "mmtrace -- CMD: children of children", COMMAND,
	 .setup = fresh_setup, .operate = tree_operate},
	{.name = "command_exec", .what = "mmtrace -- CMD: 16 times vfork and exec", COMMAND,
	 .setup = fresh_setup, .operate = exec_operate},
	{.name = NULL},
};
