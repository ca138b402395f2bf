/* SPDX-License-Identifier: GPL-2.0 */
#include "opener/closure.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/elf.h"
#include "host/needed.h"
#include "opener/processes.h"
#include "opener/sandbox.h"

#define CACHE "/etc/ld.so.cache"
#define END_TRIES 50 /* ms */

/* What is mapped so far: its libraries are looked for in turn. */
static struct { char path[NEEDED_PATH]; struct { uint64_t dev, ino; } id; } files[NEEDED_FILES];
static unsigned count;
static const uint8_t *cache;
static size_t cache_size;

/* --- in the process --- */

static bool is_mapped(const struct stat *st)
{
	for (unsigned i = 0; i < count; i++)
		if (files[i].id.dev == st->st_dev && files[i].id.ino == st->st_ino)
			return true;
	return false;
}

/* A page is enough: which file it is matters, and nothing is read. */
static bool file_map(const char *path)
{
	int fd = elf_open(path);
	struct stat st;

	if (fd < 0)
		return false;
	if (count < NEEDED_FILES && !syscall(SYS_fstat, fd, &st) && !is_mapped(&st) &&
	    mmap(NULL, 1, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0) != MAP_FAILED) {
		snprintf(files[count].path, sizeof(files[count].path), "%s", path);
		files[count].id.dev = st.st_dev;
		files[count++].id.ino = st.st_ino;
	}
	close(fd);
	return true;
}

/* list: directories with colons between; $ORIGIN is that of the file which names them. */
static bool map_from(const char *list, const char *origin, const char *name)
{
	static const char *const own[] = { "$ORIGIN", "${ORIGIN}" };
	const char *end, *last = strrchr(origin, '/');
	char path[2 * NEEDED_PATH + NEEDED_NAME];
	int before = last ? (int)(last - origin) : 0;

	for (; *list; list = *end ? end + 1 : end) {
		size_t skip = 0;

		end = strchrnul(list, ':');
		for (int i = 0; i < 2; i++)
			if (!strncmp(list, own[i], strlen(own[i])))
				skip = strlen(own[i]);
		if (skip && skip <= (size_t)(end - list))
			snprintf(path, sizeof(path), "%.*s%.*s/%s", before, origin, (int)(end - list - (long)skip), list + skip, name);
		else
			snprintf(path, sizeof(path), "%.*s/%s", (int)(end - list), list, name);
		if (end > list && file_map(path))
			return true;
	}
	return false;
}

static void library_map(const char *name, const struct elf_needed *by, const char *origin)
{
	const char *given = getenv("LD_LIBRARY_PATH"), *known;

	if (strchr(name, '/')) {
		file_map(name);
		return;
	}
	if (map_from(by->search, origin, name) || (given && map_from(given, origin, name)))
		return;
	known = library_cache_find(cache, cache_size, name);
	if (!known || !file_map(known))
		map_from("/lib/x86_64-linux-gnu:/usr/lib/x86_64-linux-gnu:/lib64:/usr/lib64:/lib:/usr/lib", origin, name);
}

/* The path without links, for $ORIGIN. */
static void program_map(const char *path)
{
	char real[NEEDED_PATH];
	long n = syscall(SYS_readlinkat, AT_FDCWD, path, real, sizeof(real) - 1);

	if (n > 0 && real[0] == '/') {
		real[n] = '\0';
		path = real;
	}
	file_map(path);
}

static void command_map(const char *command)
{
	const char *list = getenv("PATH"), *end;
	char path[2 * NEEDED_PATH];

	if (strchr(command, '/')) {
		program_map(command);
		return;
	}
	for (list = list ? list : "/bin:/usr/bin"; *list && !count; list = *end ? end + 1 : end) {
		end = strchrnul(list, ':');
		snprintf(path, sizeof(path), "%.*s/%s", (int)(end - list), list, command);
		program_map(path);
	}
}

static void cache_map(void)
{
	int fd = elf_open(CACHE);
	struct stat st;
	void *at;

	if (fd < 0 || syscall(SYS_fstat, fd, &st) || st.st_size <= 0)
		return;
	at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (at == MAP_FAILED)
		return;
	cache = at;
	cache_size = (size_t)st.st_size;
}

static _Noreturn void closure_run(const char *command, int ready, pid_t parent)
{
	static struct elf_needed needed;
	char word = 1;
	int fd;

	end_with(parent);
	prctl(PR_SET_NAME, "mmtrace-map");
	sandbox_keep(&ready, 1);
	sandbox_mapper();
	cache_map();
	command_map(command);
	for (unsigned i = 0; i < count; i++) {
		fd = elf_open(files[i].path);
		if (fd < 0 || elf_needed_read(fd, &needed))
			needed = (struct elf_needed){ 0 };
		if (fd >= 0)
			close(fd);
		if (needed.interpreter[0])
			file_map(needed.interpreter);
		for (unsigned k = 0; k < needed.count; k++)
			library_map(needed.name[k], &needed, files[i].path);
	}
	if (write(0, &word, 1) == 1)
		for (;;)
			poll(NULL, 0, -1);
	syscall(SYS_exit_group, 0);
	__builtin_unreachable();
}

/* --- in mmtrace --- */

bool closure_start(struct closure *c, const char *command)
{
	pid_t self = getpid();
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		return false;
	c->pid = fork();
	if (!c->pid)
		closure_run(command, ends[1], self);
	close(ends[1]);
	c->ready = ends[0];
	if (c->pid > 0)
		return true;
	close(ends[0]);
	c->pid = 0;
	return false;
}

bool closure_wait(const struct closure *c, uint64_t ns)
{
	struct pollfd p = { .fd = c->ready, .events = POLLIN };
	char word;

	return c->pid > 0 && poll(&p, 1, (int)(ns / 1000000)) == 1 && read(c->ready, &word, 1) == 1;
}

void closure_end(struct closure *c)
{
	if (c->pid <= 0)
		return;
	close(c->ready);
	kill(c->pid, SIGKILL);
	for (int i = 0; i < END_TRIES && !waitpid(c->pid, NULL, WNOHANG); i++)
		usleep(1000); /* one that is stuck in a file system is left */
	c->pid = 0;
}
