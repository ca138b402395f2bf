/* SPDX-License-Identifier: GPL-2.0 */
#include "sym/debuginfod.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

#define CLIENT "debuginfod-find"

/* 0: it cannot be started. */
static pid_t client_start(const char *id, int out)
{
	char *words[] = { CLIENT, "debuginfo", (char *)(uintptr_t)id, NULL };
	posix_spawn_file_actions_t files;
	posix_spawnattr_t how;
	sigset_t none;
	pid_t pid = 0;

	sigemptyset(&none);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&files, out, 1);
	posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
	posix_spawnattr_init(&how);
	posix_spawnattr_setsigmask(&how, &none);
	/* a group of its own: Ctrl-C ends the run, which ends it */
	posix_spawnattr_setpgroup(&how, 0);
	posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
	if (posix_spawnp(&pid, CLIENT, &files, &how, words, environ))
		pid = 0;
	posix_spawnattr_destroy(&how);
	posix_spawn_file_actions_destroy(&files);
	return pid;
}

/* What it writes until it ends; -1: it did not in time. */
static ssize_t client_read(int from, uint64_t until, char *out, size_t room)
{
	struct pollfd p = { from, POLLIN, 0 };
	size_t used = 0;
	uint64_t now;
	ssize_t n;

	while ((now = clock_monotonic_ns()) < until && used < room) {
		poll(&p, 1, (int)((until - now) / 1000000) % 1000 + 1);
		if (!p.revents)
			continue;
		n = read(from, out + used, room - used);
		if (n <= 0)
			return (ssize_t)used;
		used += (size_t)n;
	}
	return -1;
}

bool debuginfod_find(const char *id, uint64_t until, char *path, size_t room)
{
	const char *servers = getenv("DEBUGINFOD_URLS");
	int ends[2], status = -1;
	ssize_t n = -1;
	pid_t pid;

	if (!servers || !servers[0] || pipe2(ends, O_CLOEXEC))
		return false;
	pid = client_start(id, ends[1]);
	close(ends[1]);
	if (pid) {
		n = client_read(ends[0], until, path, room - 1);
		if (n < 0)
			kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
	}
	close(ends[0]);
	if (n <= 0 || status)
		return false;
	path[n] = '\0';
	path[strcspn(path, "\n")] = '\0';
	return path[0] == '/';
}
