/* SPDX-License-Identifier: GPL-2.0 */
#include "cmd/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"

static void child_run(const struct launch *l, int go, int result, char **command)
{
	sigset_t none;
	char word;
	int err;

	if (read(go, &word, 1) != 1)
		_exit(1); /* mmtrace gave up */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	if (l->chld_ignored)
		signal(SIGCHLD, SIG_IGN);
	execvp(command[0], command);
	err = errno;
	if (write(result, &err, sizeof(err)) != sizeof(err))
		_exit(1);
	_exit(127);
}

int launch_start(struct launch *l, char **command)
{
	int go[2], result[2];

	*l = (struct launch){ 0 };
	if (pipe2(go, O_CLOEXEC))
		return -errno;
	if (pipe2(result, O_CLOEXEC)) {
		close(go[0]);
		close(go[1]);
		return -errno;
	}
	/* children that are ignored vanish without a status */
	l->chld_ignored = signal(SIGCHLD, SIG_DFL) == SIG_IGN;
	l->pid = fork();
	if (l->pid < 0)
		return -errno;
	if (!l->pid) {
		close(go[1]);
		child_run(l, go[0], result[1], command);
	}
	close(go[0]);
	close(result[1]);
	l->go = go[1];
	l->result = result[0];
	return 0;
}

int launch_go(struct launch *l)
{
	int err = 0;
	ssize_t n = write(l->go, "g", 1);

	close(l->go);
	if (n == 1)
		n = read(l->result, &err, sizeof(err)); /* closed by a successful exec */
	close(l->result);
	return n == sizeof(err) ? err : 0;
}

void launch_reap(struct launch *l)
{
	struct rusage ru = { 0 };
	pid_t pid;

	if (!l->pid || l->ended)
		return;
	pid = wait4(l->pid, &l->status, WNOHANG, &ru);
	l->unknown = pid < 0 && errno == ECHILD;
	l->ended = pid == l->pid || l->unknown;
	if (pid != l->pid)
		return;
	l->minflt = (uint64_t)ru.ru_minflt;
	l->majflt = (uint64_t)ru.ru_majflt;
}

int launch_status(const struct launch *l)
{
	if (l->unknown)
		return EXIT_FAILED;
	return WIFEXITED(l->status) ? WEXITSTATUS(l->status) : 128 + WTERMSIG(l->status);
}
