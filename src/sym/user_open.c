/* SPDX-License-Identifier: GPL-2.0 */
/* What the opener opens for symbols beside the program: debug files, and what a JIT wrote. */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sym/user_wire.h"

/* As the process would find it, and nothing outside of what it sees. */
static int open_in_root(int pid, const char *path, uint64_t resolve)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | resolve };
	char root[64];
	long at, fd;

	snprintf(root, sizeof(root), "/proc/%d/root", pid);
	at = syscall(SYS_openat, AT_FDCWD, root, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	if (at < 0)
		return -errno;
	fd = syscall(SYS_openat2, (int)at, path, &how, sizeof(how));
	if (fd < 0)
		fd = -errno;
	close((int)at);
	return elf_open_at((int)fd);
}

static int open_where(const struct user_request *r, const char *path)
{
	if (path[0] != '/')
		return -ENOENT;
	return r->where == USER_IN_ROOT ? open_in_root(r->file.pid, path, 0) : elf_open(path);
}

/* Everybody may write to /tmp: no link there is followed. */
static int open_perf_map(const struct user_request *r)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_NO_SYMLINKS };
	char path[64];
	long fd;

	snprintf(path, sizeof(path), "/tmp/perf-%d.map", r->where == USER_IN_ROOT ? r->space_pid : r->file.pid);
	if (r->where == USER_IN_ROOT)
		return open_in_root(r->file.pid, path, RESOLVE_NO_SYMLINKS);
	fd = syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));
	return elf_open_at(fd < 0 ? -errno : (int)fd);
}

void user_open_more(const struct opener_request *request, int fds[MESSAGE_FDS])
{
	const struct user_request *r = (const struct user_request *)request;

	if (request->what == USER_ASK_JIT && request->by == OPENER_BY_SERVICE)
		fds[0] = open_perf_map(r);
	if (request->what != USER_ASK_NAMES)
		return;
	fds[1] = open_where(r, r->debug);
	fds[2] = open_where(r, r->alt);
}

const struct opener_service user_service = {
	.request_size = sizeof(struct user_request), .answer_size = sizeof(struct user_answer), .allocates = true,
	.kept_files = 512, .open_more = user_open_more, .answer = user_answer_make, .decode = user_answer_decode,
};
