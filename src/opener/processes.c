/* SPDX-License-Identifier: GPL-2.0 */
#include "opener/processes.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/elf.h"
#include "opener/sandbox.h"
#include "opener/wire.h"

#define END_TRIES 50 /* ms */

void end_with(pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0); /* it was faster */
}

/* --- parser --- */

_Noreturn void parser_run(int files, int answers, pid_t parent)
{
	struct opener_request r;
	struct elf_answer answer;
	int fds[2];

	end_with(parent);
	prctl(PR_SET_NAME, "mmtrace-parse");
	sandbox_keep((int[]){ files, answers }, 2);
	sandbox_parser();
	while (message_receive(0, &r, sizeof(r), fds, 0) == sizeof(r)) {
		if (fds[0] < 0 && !r.error)
			r.error = -EMFILE;
		elf_answer_make(fds[0], &r, &answer);
		if (message_send(1, &answer, sizeof(answer), NULL, 0, 0))
			break;
		for (int i = 0; i < 2; i++)
			if (fds[i] >= 0)
				close(fds[i]);
	}
	syscall(SYS_exit_group, 0);
	__builtin_unreachable();
}

/* --- opener --- */

/* Of what the cache holds, and without asking the file system: whoever owns a directory on the
 * way may have put something there that hangs. */
static int find_by_path(const struct opener_request *r)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC,
				.resolve = RESOLVE_CACHED | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS };
	long at = syscall(SYS_openat2, AT_FDCWD, r->path, &how, sizeof(how));
	struct statx st;
	bool same;

	if (at < 0)
		return -ENOENT;
	same = syscall(SYS_statx, at, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_BASIC_STATS, &st) == 0 &&
	       (st.stx_dev_major << 20 | st.stx_dev_minor) == r->dev && st.stx_ino == r->ino && st.stx_size == r->size &&
	       (uint64_t)st.stx_ctime.tv_sec * 1000000000ull + st.stx_ctime.tv_nsec == r->ctime_ns;
	if (same)
		return (int)at;
	close((int)at);
	return -ENOENT;
}

static int open_asked(const struct opener_request *r)
{
	char path[96];
	int at, fd;

	if (r->by == OPENER_BY_RANGE)
		snprintf(path, sizeof(path), "/proc/%d/map_files/%llx-%llx", r->pid, (unsigned long long)r->start,
			 (unsigned long long)r->end);
	else
		snprintf(path, sizeof(path), "/proc/%d/exe", r->pid);
	at = elf_open(path);
	if ((at != -ENOENT && at != -ESRCH) || r->path[0] != '/')
		return at;
	at = find_by_path(r);
	if (at < 0)
		return at;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", at);
	fd = elf_open(path);
	close(at);
	return fd;
}

_Noreturn void opener_run(int requests, int parser, pid_t parent)
{
	struct opener_request r;
	int fd, err;

	end_with(parent);
	prctl(PR_SET_NAME, "mmtrace-open");
	sandbox_keep((int[]){ requests, parser }, 2);
	sandbox_opener();
	while (message_receive(0, &r, sizeof(r), NULL, 0) == sizeof(r)) {
		fd = open_asked(&r);
		r.error = fd < 0 ? fd : 0;
		err = message_send(1, &r, sizeof(r), &fd, fd >= 0, 0);
		if (fd >= 0)
			close(fd);
		if (err)
			break;
	}
	syscall(SYS_exit_group, 0);
	__builtin_unreachable();
}

/* --- keeper --- */

struct pair { pid_t opener, parser; };

static void pair_kill(struct pair *p)
{
	if (p->opener > 0)
		kill(p->opener, SIGKILL);
	if (p->parser > 0)
		kill(p->parser, SIGKILL);
	*p = (struct pair){ 0 };
}

/* One that is stuck cannot be waited for; those that have gone are. */
static void reap(struct pair *p)
{
	pid_t pid;

	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0) {
		if (pid == p->opener)
			p->opener = 0;
		if (pid == p->parser)
			p->parser = 0;
	}
}

static void pair_start(struct pair *p, const int fds[2])
{
	pid_t self = getpid();
	int between[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, between))
		return;
	p->opener = fork();
	if (!p->opener)
		opener_run(fds[0], between[0], self);
	p->parser = p->opener > 0 ? fork() : -1;
	if (!p->parser)
		parser_run(between[1], fds[1], self);
	close(between[0]);
	close(between[1]);
}

_Noreturn void keeper_run(int orders, pid_t parent)
{
	struct keeper_order order;
	struct pair now = { 0 };
	int fds[2];

	end_with(parent);
	prctl(PR_SET_NAME, "mmtrace-keep");
	sandbox_keep(&orders, 1);
	if (chdir("/")) /* one that is stuck keeps no file system busy */
		_exit(1);
	signal(SIGCHLD, SIG_DFL);
	while (message_receive(0, &order, sizeof(order), fds, 0) == sizeof(order)) {
		reap(&now);
		pair_kill(&now);
		if (order.start && fds[1] >= 0)
			pair_start(&now, fds);
		for (int i = 0; i < 2; i++)
			if (fds[i] >= 0)
				close(fds[i]);
		if (message_send(0, &(struct keeper_report){ now.opener, now.parser }, sizeof(struct keeper_report), NULL,
				 0, 0))
			break;
	}
	reap(&now);
	pair_kill(&now);
	for (int i = 0; i < END_TRIES && waitpid(-1, NULL, WNOHANG) >= 0; i++)
		usleep(1000); /* those that are stuck are left */
	_exit(0);
}
