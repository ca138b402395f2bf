/* SPDX-License-Identifier: GPL-2.0 */
#include "opener/processes.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
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

static void descriptors_none(int fds[MESSAGE_FDS])
{
	for (int i = 0; i < MESSAGE_FDS; i++)
		fds[i] = -1;
}

static void descriptors_close(const int fds[MESSAGE_FDS])
{
	for (int i = 0; i < MESSAGE_FDS; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

/* --- parser --- */

/* Each to the place that it has in the request. */
static void descriptors_place(struct opener_request *r, int fds[MESSAGE_FDS])
{
	int came[MESSAGE_FDS], next = 0;

	memcpy(came, fds, sizeof(came));
	descriptors_none(fds);
	for (int i = 0; i < MESSAGE_FDS; i++)
		if (r->files & 1u << i)
			fds[i] = came[next++];
	if (fds[0] < 0 && !r->error)
		r->error = -EMFILE;
}

_Noreturn void parser_run(int files, int answers, pid_t parent, const struct opener_service *service)
{
	size_t room = service->request_size + service->answer_size;
	struct opener_request *r = xmalloc(room); /* before there is no memory to be had */
	void *answer = (uint8_t *)r + service->request_size;
	int fds[MESSAGE_FDS];

	end_with(parent);
	prctl(PR_SET_NAME, "mmtrace-parse");
	sandbox_keep((int[]){ files, answers }, 2);
	sandbox_parser(service->allocates);
	while (message_receive(0, r, service->request_size, fds, 0) == (long)service->request_size) {
		descriptors_place(r, fds);
		service->answer(fds, r, answer);
		if (message_send(1, answer, service->answer_size, NULL, 0, 0))
			break;
		descriptors_close(fds);
	}
	syscall(SYS_exit_group, 0);
	__builtin_unreachable();
}

/* --- opener --- */

/* Of what the cache holds, and without asking the file system: whoever owns a directory on the
 * way may have put something there that hangs. */
static int find_by_path(struct opener_request *r)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC,
				.resolve = RESOLVE_CACHED | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS };
	long at = syscall(SYS_openat2, AT_FDCWD, r->path, &how, sizeof(how));
	struct statx st;
	bool place, same;

	if (at < 0)
		return -ENOENT;
	place = syscall(SYS_statx, at, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_BASIC_STATS, &st) == 0 &&
		(st.stx_dev_major << 20 | st.stx_dev_minor) == r->dev && st.stx_ino == r->ino;
	same = place && st.stx_size == r->size &&
	       (uint64_t)st.stx_ctime.tv_sec * 1000000000ull + st.stx_ctime.tv_nsec == r->ctime_ns;
	r->replaced = !same;
	if (same || r->flags & OPENER_ANY_FILE)
		return (int)at;
	close((int)at);
	return place && !r->ctime_ns ? -ENOENT : -ESTALE; /* it may be the same */
}

/* What map_files shows is the very file, of which device and inode come from the kernel. */
static int open_by_proc(const struct opener_request *r)
{
	char path[96];

	if (r->by == OPENER_BY_RANGE)
		snprintf(path, sizeof(path), "/proc/%d/map_files/%llx-%llx", r->pid, (unsigned long long)r->start,
			 (unsigned long long)r->end);
	else
		snprintf(path, sizeof(path), "/proc/%d/exe", r->pid);
	return elf_open(path);
}

static int open_asked(struct opener_request *r)
{
	int fd = open_by_proc(r);

	if ((fd == -ENOENT || fd == -ESRCH) && r->path[0] == '/')
		fd = elf_open_at(find_by_path(r));
	return fd;
}

/* Files that are kept open: a program that ended, or what replaced its libraries, takes none of them. */
struct kept { uint64_t ino; uint32_t dev, edition; int fd; };

static struct kept *kept_find(struct kept *kept, unsigned count, const struct opener_request *r)
{
	for (unsigned i = 0; i < count; i++)
		if (kept[i].fd >= 0 && kept[i].ino == r->ino && kept[i].dev == r->dev && kept[i].edition == r->edition)
			return &kept[i];
	return NULL;
}

/* The oldest goes where there is no room. */
static void kept_add(struct kept *kept, unsigned count, unsigned *next, const struct opener_request *r, int fd)
{
	struct kept *k = &kept[(*next)++ % count];

	if (k->fd >= 0)
		close(k->fd);
	*k = (struct kept){ r->ino, r->dev, r->edition, fd };
}

/* Which of them there are stands in the request: a message has no gaps. */
static int pass_on(struct opener_request *r, size_t size, const int fds[MESSAGE_FDS])
{
	int sent[MESSAGE_FDS], count = 0, err;

	r->files = 0;
	for (int i = 0; i < MESSAGE_FDS; i++) {
		if (fds[i] < 0)
			continue;
		sent[count++] = fds[i];
		r->files |= 1u << i;
	}
	err = message_send(1, r, size, sent, count, 0);
	if (err != -ETOOMANYREFS)
		return err;
	r->files = 0; /* others have many under way: this one is not read */
	r->error = err;
	return message_send(1, r, size, NULL, 0, 0);
}

_Noreturn void opener_run(int requests, int parser, pid_t parent, const struct opener_service *service)
{
	struct kept *kept = xcalloc(service->kept_files + 1, sizeof(*kept)), *k;
	bool keeps;
	struct opener_request *r = xmalloc(service->request_size);
	int fds[MESSAGE_FDS], err = 0;
	unsigned next = 0;

	end_with(parent);
	prctl(PR_SET_NAME, "mmtrace-open");
	for (unsigned i = 0; i < service->kept_files; i++)
		kept[i].fd = -1;
	sandbox_keep((int[]){ requests, parser }, 2);
	sandbox_opener(service->kept_files);
	while (!err && message_receive(0, r, service->request_size, NULL, 0) == (long)service->request_size) {
		descriptors_none(fds);
		r->replaced = 0;
		keeps = (k = kept_find(kept, service->kept_files, r)) != NULL;
		fds[0] = k ? k->fd : r->by == OPENER_BY_SERVICE ? -ENOENT : open_asked(r);
		r->error = fds[0] < 0 ? fds[0] : 0;
		if (!k && fds[0] >= 0 && r->flags & OPENER_KEEP && service->kept_files) {
			kept_add(kept, service->kept_files, &next, r, fds[0]);
			keeps = true;
		}
		if (service->open_more)
			service->open_more(r, fds);
		r->error = fds[0] < 0 ? r->error : 0;
		err = pass_on(r, service->request_size, fds);
		fds[0] = keeps ? -1 : fds[0];
		descriptors_close(fds);
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

static void pair_start(struct pair *p, const int fds[MESSAGE_FDS], const struct opener_service *service)
{
	pid_t self = getpid();
	int between[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, between))
		return;
	p->opener = fork();
	if (!p->opener)
		opener_run(fds[0], between[0], self, service);
	p->parser = p->opener > 0 ? fork() : -1;
	if (!p->parser)
		parser_run(between[1], fds[1], self, service);
	close(between[0]);
	close(between[1]);
}

_Noreturn void keeper_run(int orders, pid_t parent, const struct opener_service *service)
{
	struct keeper_order order;
	struct pair now = { 0 };
	int fds[MESSAGE_FDS];

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
			pair_start(&now, fds, service);
		descriptors_close(fds);
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
