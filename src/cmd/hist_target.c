/* SPDX-License-Identifier: GPL-2.0 */
#include "cmd/hist_target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "probe/cgroup.h"
#include "probe/procfs.h"
#include "probe/rights.h"

static bool shows_pids(const struct hist_options *o)
{
	const uint8_t *by = o->kmem.config.by;

	return o->kmem.config.filter_pid || by[0] == MMT_KEY_PROCESS || by[1] == MMT_KEY_PROCESS;
}

static void name_targets(const struct hist_options *o, char *text, size_t size)
{
	if (o->command)
		snprintf(text, size, "%s", o->command == o->shell ? o->command[2] : o->command[0]);
	else if (o->pid_count)
		snprintf(text, size, "pid %d%s", o->pids[0], o->pid_count > 1 ? " ..." : "");
	else
		snprintf(text, size, o->cgroup ? "cgroup %s" : "all processes", o->cgroup);
	if (o->cgroup && o->pid_count) {
		size_t used = strlen(text);

		snprintf(text + used, size - used, " in cgroup %s", o->cgroup);
	}
}

int hist_target_open(struct hist_options *o, char *text, size_t size, struct error *e)
{
	if (shows_pids(o) && rights_check_namespace(e))
		return -1;
	/* a kernel thread has no address space, but it allocates */
	for (int i = 0; i < o->pid_count; i++)
		if (!procfs_is_kernel_thread(o->pids[i]) && procfs_check_target(o->pids[i], e))
			return -1;
	if (o->cgroup && (o->kmem.cgroup_fd = cgroup_open(o->cgroup, e)) < 0)
		return -1;
	name_targets(o, text, size);
	return 0;
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

static bool is_chosen(const struct hist_options *o, pid_t pid)
{
	for (int i = 0; i < o->pid_count; i++)
		if (o->pids[i] == pid)
			return true;
	return false;
}

static bool is_below(const struct hist_options *o, const struct family *f, pid_t parent)
{
	if (is_chosen(o, parent))
		return true;
	for (size_t i = 0; i < f->count; i++)
		if (f->all[i].pid == parent)
			return f->all[i].below;
	return false;
}

/* A child may stand before its parent: until nothing changes. */
static size_t mark_below(const struct hist_options *o, struct family *f)
{
	size_t before, found = 0;

	do {
		before = found;
		for (size_t i = 0; i < f->count; i++) {
			struct relative *r = &f->all[i];

			if (r->below || r->pid == getpid() || is_chosen(o, r->pid) || !is_below(o, f, r->parent))
				continue;
			r->below = true;
			found++;
		}
	} while (found > before);
	return found;
}

static void tell_how(const struct hist_options *o, const struct family *f)
{
	const char *sep = "-p ";

	for (int i = 0; i < o->pid_count; i++, sep = ",")
		fprintf(stderr, "%s%d", sep, o->pids[i]);
	for (size_t i = 0; i < f->count; i++)
		if (f->all[i].below)
			fprintf(stderr, ",%d", f->all[i].pid);
	fputc('\n', stderr);
}

void hist_target_tell_children(const struct hist_options *o)
{
	struct family f = { 0 };
	size_t found;

	if (!o->pid_count || o->command || !o->kmem.config.follow)
		return;
	procfs_processes(on_process, &f);
	found = mark_below(o, &f);
	if (found) {
		fprintf(stderr, "mmtrace: not counted: %zu %s already; ", found, found > 1 ? "children that run" : "child that runs");
		if (found + (size_t)o->pid_count > HIST_PID_MAX)
			fputs("--cgroup chooses whole groups\n", stderr);
		else
			tell_how(o, &f);
	}
	free(f.all);
}
