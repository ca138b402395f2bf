/* Runs a command, waits for all that it started, and says what the kernel counted of them.
 *
 * usage: reaper FILE COMMAND...
 *
 * Orphans become its children (PR_SET_CHILD_SUBREAPER), so that daemons are waited for too; those that still run when
 * the command has ended are killed.  Writes "STATUS MINOR MAJOR" into FILE: the exit status of the command and the sum
 * of what wait4 says of each.  Of processes whose parent ignores SIGCHLD wait4 knows nothing. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* Ends what the command left behind. */
static void kill_children(void)
{
	char path[64];
	FILE *f;
	int pid;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", getpid());
	f = fopen(path, "r");
	while (f && fscanf(f, "%d", &pid) == 1)
		kill(pid, SIGKILL);
	if (f)
		fclose(f);
}

int main(int argc, char **argv)
{
	long minor = 0, major = 0;
	struct rusage usage;
	int status, command_status = -1;
	pid_t pid, command;
	FILE *f;

	if (argc < 3 || prctl(PR_SET_CHILD_SUBREAPER, 1))
		return 2;
	command = fork();
	if (!command) {
		execvp(argv[2], argv + 2);
		_exit(127);
	}
	while ((pid = wait4(-1, &status, __WALL, &usage)) > 0 || errno == EINTR) {
		if (pid < 0)
			continue;
		minor += usage.ru_minflt;
		major += usage.ru_majflt;
		if (pid == command)
			command_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
		if (command_status >= 0)
			kill_children();
	}
	f = fopen(argv[1], "w");
	if (!f || fprintf(f, "%d %ld %ld\n", command_status, minor, major) < 0 || fclose(f))
		return 1;
	return 0;
}
