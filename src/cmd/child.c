/* SPDX-License-Identifier: GPL-2.0 */
#include "cmd/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "host/limits.h"
#include "host/procfs.h"

static void child_run(const struct child *c, int go, int result, char **command)
{
	sigset_t none;
	char word;
	int err;

	if (read(go, &word, 1) != 1)
		_exit(1); /* mmtrace gave up */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	limits_restore();
	if (c->chld_ignored)
		signal(SIGCHLD, SIG_IGN);
	execvp(command[0], command);
	err = errno;
	if (write(result, &err, sizeof(err)) != sizeof(err))
		_exit(1);
	_exit(127);
}

int child_start(struct child *c, char **command)
{
	int go[2], result[2], err;

	*c = (struct child){ 0 };
	if (pipe2(go, O_CLOEXEC))
		return -errno;
	if (pipe2(result, O_CLOEXEC)) {
		err = -errno;
		close(go[0]);
		close(go[1]);
		return err;
	}
	/* children that are ignored vanish without a status */
	c->chld_ignored = signal(SIGCHLD, SIG_DFL) == SIG_IGN;
	c->pid = fork();
	if (c->pid < 0)
		return -errno;
	if (!c->pid) {
		close(go[1]);
		child_run(c, go[0], result[1], command);
	}
	close(go[0]);
	close(result[1]);
	c->go = go[1];
	c->result = result[0];
	return 0;
}

void child_baseline(struct child *c)
{
	struct procfs_stat st;

	if (!c->pid || procfs_stat_read(c->pid, &st))
		return;
	c->base_minflt = st.minflt;
	c->base_majflt = st.majflt;
}

void child_go(struct child *c)
{
	if (write(c->go, "g", 1) != 1)
		kill(c->pid, SIGKILL);
	close(c->go);
}

int child_result(struct child *c)
{
	int err = 0;
	ssize_t n = read(c->result, &err, sizeof(err)); /* closed by a successful exec */

	close(c->result);
	return n == sizeof(err) ? err : 0;
}

void child_reap(struct child *c)
{
	struct rusage ru = { 0 };
	pid_t pid;

	if (!c->pid || c->ended)
		return;
	pid = wait4(c->pid, &c->status, WNOHANG, &ru);
	c->unknown = pid < 0 && errno == ECHILD;
	c->ended = pid == c->pid || c->unknown;
	if (pid != c->pid)
		return;
	c->minflt = (uint64_t)ru.ru_minflt;
	c->majflt = (uint64_t)ru.ru_majflt;
}

int child_status(const struct child *c)
{
	if (c->unknown)
		return EXIT_FAILED;
	return WIFEXITED(c->status) ? WEXITSTATUS(c->status) : 128 + WTERMSIG(c->status);
}
