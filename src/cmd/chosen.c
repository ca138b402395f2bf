/* SPDX-License-Identifier: GPL-2.0 */
#include "cmd/chosen.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probe/procfs.h"
#include "probe/rights.h"

int chosen_shell(struct chosen *c, char *text, struct error *e)
{
	c->shell[0] = "/bin/sh";
	c->shell[1] = "-c";
	c->shell[2] = text;
	c->command = c->shell;
	return *text ? 0 : value_bad(e, "-c", text, "no command");
}

static int two_targets(struct error *e, const char *why)
{
	return error_set(e, EXIT_USAGE, NULL, why, "two targets");
}

int chosen_command(struct chosen *c, int argc, char **argv, struct error *e)
{
	if (optind > 1 && !strcmp(argv[optind - 1], "--")) {
		if (c->command)
			return two_targets(e, "-c cannot be joined with -- CMD");
		if (optind == argc)
			return error_set(e, EXIT_USAGE, NULL, "no command follows '--'", "nothing to run");
		c->command = argv + optind;
	}
	return c->command && (c->pid_count || c->cgroup) ? two_targets(e, "a command cannot be joined with -p or --cgroup") : 0;
}

int chosen_check(const struct chosen *c, bool shows_pids, struct error *e)
{
	if ((shows_pids || c->pid_count || c->command) && rights_check_namespace(e))
		return -1;
	/* a kernel thread has no address space, but it allocates */
	for (int i = 0; i < c->pid_count; i++)
		if (!procfs_is_kernel_thread(c->pids[i]) && procfs_check_target(c->pids[i], e))
			return -1;
	return 0;
}

void chosen_name(const struct chosen *c, char *out, size_t size)
{
	if (c->command)
		snprintf(out, size, "%s", c->command == c->shell ? c->command[2] : c->command[0]);
	else if (c->pid_count)
		snprintf(out, size, "pid %d%s", c->pids[0], c->pid_count > 1 ? " ..." : "");
	else
		snprintf(out, size, c->cgroup ? "cgroup %s" : "all processes", c->cgroup);
	if (c->cgroup && c->pid_count) {
		size_t used = strlen(out);

		snprintf(out + used, size - used, " in cgroup %s", c->cgroup);
	}
}

/* --- children that exist already --- */

struct relative { pid_t pid, parent; bool below; };
struct family { struct relative *all; size_t count, room; };

static void on_process(void *ctx, pid_t pid, pid_t parent)
{
	struct family *f = ctx;

	if (f->count == f->room) {
		f->room = f->room ? f->room * 2 : 256;
		f->all = reallocarray(f->all, f->room, sizeof(*f->all));
		if (!f->all)
			abort();
	}
	f->all[f->count++] = (struct relative){ pid, parent, false };
}

static bool is_chosen(const struct chosen *c, pid_t pid)
{
	for (int i = 0; i < c->pid_count; i++)
		if (c->pids[i] == pid)
			return true;
	return false;
}

static bool is_below(const struct chosen *c, const struct family *f, pid_t parent)
{
	if (is_chosen(c, parent))
		return true;
	for (size_t i = 0; i < f->count; i++)
		if (f->all[i].pid == parent)
			return f->all[i].below;
	return false;
}

/* A child may stand before its parent: until nothing changes. */
static size_t mark_below(const struct chosen *c, struct family *f)
{
	size_t before, found = 0;

	do {
		before = found;
		for (size_t i = 0; i < f->count; i++) {
			struct relative *r = &f->all[i];

			if (r->below || r->pid == getpid() || is_chosen(c, r->pid) || !is_below(c, f, r->parent))
				continue;
			r->below = true;
			found++;
		}
	} while (found > before);
	return found;
}

static void tell_how(const struct chosen *c, const struct family *f)
{
	const char *sep = "-p ";

	for (int i = 0; i < c->pid_count; i++, sep = ",")
		fprintf(stderr, "%s%d", sep, c->pids[i]);
	for (size_t i = 0; i < f->count; i++)
		if (f->all[i].below)
			fprintf(stderr, ",%d", f->all[i].pid);
	fputc('\n', stderr);
}

void chosen_tell_children(const struct chosen *c)
{
	struct family f = { 0 };
	size_t found;

	if (!c->pid_count || c->command || !c->follow)
		return;
	procfs_processes(on_process, &f);
	found = mark_below(c, &f);
	if (found) {
		fprintf(stderr, "mmtrace: not counted: %zu %s already; ", found, found > 1 ? "children that run" : "child that runs");
		if (found + (size_t)c->pid_count > TARGET_MAX)
			fputs("more than one list may name\n", stderr);
		else
			tell_how(c, &f);
	}
	free(f.all);
}
