/* SPDX-License-Identifier: GPL-2.0 */
#include "cmd/targets.h"

#include <stdio.h>
#include <string.h>

#include "probe/cgroup.h"
#include "probe/procfs.h"
#include "probe/rights.h"

static bool has_pid(const struct options *o, pid_t pid)
{
	for (int i = 0; i < o->pid_count; i++)
		if (o->pids[i] == pid)
			return true;
	return false;
}

/* The process of a thread becomes a target, once. */
static int add_process_of(struct options *o, pid_t tid, struct error *e)
{
	pid_t tgid = procfs_tgid(tid);

	if (tgid <= 0)
		return error_set(e, EXIT_FAILED, "'ps -eT' lists the threads", "no such thread", "cannot trace tid %d", tid);
	if (has_pid(o, tgid))
		return 0;
	if (o->pid_count == TARGET_MAX)
		return error_set(e, EXIT_USAGE, "give fewer", "more than 256 processes", "cannot trace tid %d", tid);
	o->pids[o->pid_count++] = tgid;
	return 0;
}

int targets_check(struct options *o, struct error *e)
{
	if (rights_check_namespace(e))
		return -1;
	for (int i = 0; i < o->tid_count; i++)
		if (add_process_of(o, o->tids[i], e))
			return -1;
	for (int i = 0; i < o->pid_count; i++)
		if (procfs_check_target(o->pids[i], e))
			return -1;
	o->probe.filter_tid = o->tid_count > 0;
	if (o->cgroup && (o->probe.cgroup = cgroup_open(o->cgroup, e)) < 0)
		return -1;
	return 0;
}

void targets_name(const struct options *o, char *out, size_t size)
{
	if (o->cgroup || o->probe.scope == MMT_SCOPE_ALL)
		snprintf(out, size, o->cgroup ? "cgroup %s" : "all processes", o->cgroup);
	else if (o->command)
		snprintf(out, size, "%s", o->command == o->shell ? o->command[2] : o->command[0]);
	else
		snprintf(out, size, o->tid_count ? "tid %d%s" : "pid %d%s", o->tid_count ? o->tids[0] : o->pids[0],
			 o->pid_count > 1 ? " ..." : "");
}

void targets_title(const struct options *o, char *out, size_t size)
{
	struct procfs_stat st;
	char name[256];

	targets_name(o, name, sizeof(name));
	if (o->cgroup || o->command || o->probe.scope == MMT_SCOPE_ALL || procfs_stat_read(o->pids[0], &st))
		snprintf(out, size, "%s", name);
	else
		snprintf(out, size, "%s (%s)", st.comm, name);
}

#define CHILDREN_SHOWN 16

struct children { const struct options *o; pid_t pid, child[CHILDREN_SHOWN]; int count; };

static bool on_thread(void *ctx, pid_t tid)
{
	struct children *c = ctx;
	char path[80];
	FILE *f;
	int pid;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", c->pid, tid);
	f = fopen(path, "re");
	while (f && fscanf(f, "%d", &pid) == 1) {
		if (has_pid(c->o, pid))
			continue;
		if (c->count < CHILDREN_SHOWN)
			c->child[c->count] = pid;
		c->count++;
	}
	if (f)
		fclose(f);
	return true;
}

void targets_tell_children(const struct options *o)
{
	struct children c = { .o = o };

	for (int i = 0; i < o->pid_count; i++) {
		c.pid = o->pids[i];
		procfs_threads(c.pid, on_thread, &c);
	}
	if (!c.count)
		return;
	fprintf(stderr, "mmtrace: %d child%s that %s already %s not traced; with %s: -p ", c.count, c.count == 1 ? "" : "ren",
		c.count == 1 ? "lives" : "live", c.count == 1 ? "is" : "are", c.count == 1 ? "it" : "them");
	for (int i = 0; i < o->pid_count && i < CHILDREN_SHOWN; i++)
		fprintf(stderr, "%d,", o->pids[i]);
	if (o->pid_count > CHILDREN_SHOWN)
		fputs("...,", stderr);
	for (int i = 0; i < c.count && i < CHILDREN_SHOWN; i++)
		fprintf(stderr, "%s%d", i ? "," : "", c.child[i]);
	fputs(c.count > CHILDREN_SHOWN ? ",...\n" : "\n", stderr);
}
