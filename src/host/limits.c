/* SPDX-License-Identifier: GPL-2.0 */
#include "host/limits.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#define FILES_OWN 256   /* maps, programs, links, output */
#define FILES_PER_CPU 7 /* two events and their links; a ring */
#define STACK_NEED (64ul << 10)
#define STACK_WANT (1ul << 20)

/* What a command gets back. */
static struct { struct rlimit files, stack; bool raised; } before;

static rlim_t files_needed(void)
{
	long cpus = sysconf(_SC_NPROCESSORS_CONF);

	return FILES_OWN + FILES_PER_CPU * (rlim_t)(cpus > 0 ? cpus : 1);
}

/* As many as are needed; without the right to it as many as may be. */
static void raise_to(int which, const struct rlimit *was, rlim_t need)
{
	struct rlimit more = { need, was->rlim_max < need ? need : was->rlim_max };

	if (was->rlim_cur >= need || !setrlimit(which, &more))
		return;
	more = (struct rlimit){ was->rlim_max, was->rlim_max };
	setrlimit(which, &more);
}

int limits_raise(struct error *e)
{
	struct rlimit stack;
	char why[80];

	if (getrlimit(RLIMIT_STACK, &before.stack) || getrlimit(RLIMIT_NOFILE, &before.files))
		return 0;
	before.raised = true;
	raise_to(RLIMIT_STACK, &before.stack, STACK_WANT);
	raise_to(RLIMIT_NOFILE, &before.files, files_needed());
	if (getrlimit(RLIMIT_STACK, &stack) || stack.rlim_cur >= STACK_NEED)
		return 0;
	snprintf(why, sizeof(why), "its stack may have %lu KiB only", (unsigned long)stack.rlim_cur >> 10);
	return error_set(e, EXIT_FAILED, "raise the limit of the stack (ulimit -Hs): 64 KiB at least", why, "cannot start");
}

void limits_restore(void)
{
	if (!before.raised)
		return;
	setrlimit(RLIMIT_STACK, &before.stack);
	setrlimit(RLIMIT_NOFILE, &before.files);
}

bool limits_files_left(int n)
{
	struct rlimit files;
	int left = 0;

	if (getrlimit(RLIMIT_NOFILE, &files))
		return true;
	for (int fd = 0; left < n && (rlim_t)fd < files.rlim_cur; fd++)
		left += fcntl(fd, F_GETFD) < 0;
	return left >= n;
}

bool limits_memory(void)
{
	struct rlimit data, all;

	return (!getrlimit(RLIMIT_DATA, &data) && data.rlim_cur != RLIM_INFINITY) ||
	       (!getrlimit(RLIMIT_AS, &all) && all.rlim_cur != RLIM_INFINITY);
}
