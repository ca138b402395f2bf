/* SPDX-License-Identifier: GPL-2.0 */
/* src/host/procfs.c: processes of our own that /proc shows. */
#include "host/procfs.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit/check.h"

/* A child with that name that waits, or, if it is to be a zombie, has ended. */
static pid_t child(const char *name, bool zombie)
{
	int ready[2];
	siginfo_t info;
	pid_t pid;
	char c = 0;

	if (pipe(ready) || (pid = fork()) < 0)
		abort();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_NAME, name);
		if (write(ready[1], &c, 1) != 1 || zombie)
			_exit(0);
		for (;;)
			pause();
	}
	if (read(ready[0], &c, 1) != 1)
		abort();
	close(ready[0]);
	close(ready[1]);
	if (zombie)
		waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT);
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* It may hold anything, what ends it in /proc too. */
static void a_name_with_brackets_and_spaces(void)
{
	pid_t pid = child("a) R 1 (b) Z", false);
	struct procfs_stat st;

	CHECK_EQ(procfs_stat_read(pid, &st), 0);
	CHECK_STR(st.comm, "a) R 1 (b) Z");
	CHECK_EQ(st.ppid, getpid());
	CHECK(st.state == 'S' || st.state == 'R');
	CHECK_EQ(st.threads, 1);
	CHECK(st.minflt > 0);
	end(pid);
}

static void a_zombie_is_no_target(void)
{
	pid_t living = child("living", false), dead = child("dead", true);
	struct error e = { 0 };

	CHECK_EQ(procfs_check_target(living, &e), 0);
	CHECK_EQ(procfs_living(living), living);
	CHECK_EQ(procfs_living(dead), (pid_t)-1);
	CHECK(procfs_check_target(dead, &e) != 0);
	CHECK(e.cause[0] && strstr(e.cause, "zombie"));
	end(living);
	end(dead);
}

static void *wait_for_end(void *pipe_end)
{
	char c;

	if (read(*(int *)pipe_end, &c, 1) < 0)
		abort();
	return NULL;
}

static bool on_thread(void *ctx, pid_t tid)
{
	if (tid != getpid())
		*(pid_t *)ctx = tid;
	return true;
}

static void a_thread_is_no_target(void)
{
	struct error e = { 0 };
	pthread_t thread;
	int ends[2];
	pid_t tid = -1;

	if (pipe(ends) || pthread_create(&thread, NULL, wait_for_end, &ends[0]))
		abort();
	procfs_threads(getpid(), on_thread, &tid);
	CHECK(tid > 0);
	CHECK_EQ(procfs_tgid(tid), getpid());
	CHECK(procfs_check_target(tid, &e) != 0);
	CHECK(strstr(e.cause, "thread"));
	close(ends[1]);
	pthread_join(thread, NULL);
	close(ends[0]);
}

static void nobody_is_no_target(void)
{
	struct procfs_stat st;
	struct error e = { 0 };

	CHECK(procfs_stat_read(999999999, &st) < 0);
	CHECK(procfs_check_target(999999999, &e) != 0);
	CHECK(strstr(e.cause, "no such process"));
}

/* Where the machine has no cgroups there is nothing to compare. */
static void a_cgroup_is_a_whole_path(void)
{
	pid_t pid = child("grouped", false);
	char own[4096], other[4096], small[2];
	bool grouped = procfs_cgroup(getpid(), own, sizeof(own));

	CHECK_EQ(procfs_cgroup(pid, other, sizeof(other)), grouped);
	if (grouped) {
		CHECK_STR(other, own);
		CHECK(own[0] == '/' && !strchr(own, '\n'));
		CHECK(strlen(own) < 2 || !procfs_cgroup(pid, small, sizeof(small)));
	}
	end(pid);
	CHECK(!procfs_cgroup(pid, other, sizeof(other)));
}

int main(void)
{
	RUN("procfs", a_name_with_brackets_and_spaces);
	RUN("procfs", a_zombie_is_no_target);
	RUN("procfs", a_thread_is_no_target);
	RUN("procfs", a_cgroup_is_a_whole_path);
	RUN("procfs", nobody_is_no_target);
	return check_bad;
}
