/* SPDX-License-Identifier: GPL-2.0 */
/* The processes that the user named: do they exist, may they be traced, how are
 * they called. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/text.h"
#include "host/procfs.h"
#include "probe/rights.h"
#include "source/source.h"

static bool list_has(const struct id_list *list, pid_t id)
{
	for (int i = 0; i < list->count; i++)
		if (list->id[i] == id)
			return true;
	return false;
}

/* The process of a thread becomes a target, once. */
static int add_process_of(struct id_list *pids, pid_t tid, struct error *e)
{
	pid_t tgid = procfs_tgid(tid);

	if (tgid <= 0)
		return error_set(e, EXIT_FAILED, "'ps -eT' lists the threads", "no such thread", "cannot trace tid %d", tid);
	if (list_has(pids, tgid))
		return 0;
	if (pids->count == TARGET_MAX)
		return error_set(e, EXIT_USAGE, "give fewer", "more than 256 processes", "cannot trace tid %d", tid);
	pids->id[pids->count++] = tgid;
	return 0;
}

/* "pid 42", "cgroup /x", the command's name. */
static void target_name(const struct target_args *t, char *out, size_t size)
{
	size_t used;

	if (t->command)
		snprintf(out, size, "%s", t->command == t->shell ? t->command[2] : t->command[0]);
	else if (t->tids.count)
		snprintf(out, size, "tid %d%s", t->tids.id[0], t->tids.count > 1 ? " ..." : "");
	else if (t->pids.count)
		snprintf(out, size, "pid %d%s", t->pids.id[0], t->pids.count > 1 ? " ..." : "");
	else
		snprintf(out, size, t->cgroup ? "cgroup %s" : "all processes", t->cgroup);
	used = strlen(out);
	if (t->cgroup && t->pids.count && used < size)
		snprintf(out + used, size - used, " in cgroup %s", t->cgroup);
}

/* The same for people: "redis-server (pid 42)". */
static void target_title(const struct target_args *t, const char *name, char *out, size_t size)
{
	struct procfs_stat st;

	if (t->cgroup || t->command || !t->pids.count || procfs_stat_read(t->pids.id[0], &st))
		snprintf(out, size, "%s", name);
	else
		snprintf(out, size, "%s (%s)", st.comm, name);
}

static void emit_pids(struct source *s)
{
	const struct id_list *pids = &s->args->target.pids;

	for (int i = 0; i < pids->count; i++) {
		struct procfs_stat st;
		char pid[16], start[32] = "";

		snprintf(pid, sizeof(pid), "%d", pids->id[i]);
		if (procfs_stat_read(pids->id[i], &st) == 0)
			snprintf(start, sizeof(start), "%" PRIu64, st.start_ticks * procfs_tick_ns());
		emit_fact(s, "pid", pid, start);
	}
}

int target_check(struct source *s, bool threads, bool kernel_threads, struct error *e)
{
	struct target_args *t = &s->args->target;
	char name[512], title[600];

	if ((t->pids.count || t->tids.count || t->command) && rights_check_proc(e))
		return -1;
	for (int i = 0; threads && i < t->tids.count; i++)
		if (add_process_of(&t->pids, t->tids.id[i], e))
			return -1;
	for (int i = 0; i < t->pids.count; i++)
		if (t->pids.id[i] == getpid())
			return error_set(e, EXIT_FAILED, "trace it by another mmtrace", "it would watch itself work",
					 "cannot trace pid %d", getpid());
	/* a kernel thread has no address space, but it allocates */
	for (int i = 0; i < t->pids.count; i++)
		if (!(kernel_threads && procfs_is_kernel_thread(t->pids.id[i])) && procfs_check_target(t->pids.id[i], e))
			return -1;
	target_name(t, name, sizeof(name));
	target_title(t, name, title, sizeof(title));
	emit_fact(s, "target", "text", name);
	emit_fact(s, "target", "title", title);
	emit_pids(s);
	return 0;
}

int target_refused(pid_t pid, int err, struct error *e)
{
	return error_set(e, EXIT_FAILED, NULL, err == -E2BIG ? "the table of processes is full" : strerror(-err),
			 "cannot trace pid %d", pid);
}

/* --- children that live already: only those to come join by themselves --- */

struct relative { pid_t pid, parent; bool below; };
struct family { struct relative *all; size_t count, room; };

static void on_process(void *ctx, pid_t pid, pid_t parent)
{
	struct family *f = ctx;

	f->all = xgrow(f->all, f->count, &f->room, sizeof(*f->all));
	f->all[f->count++] = (struct relative){ pid, parent, false };
}

static bool is_below(const struct id_list *pids, const struct family *f, pid_t parent)
{
	if (list_has(pids, parent))
		return true;
	for (size_t i = 0; i < f->count; i++)
		if (f->all[i].pid == parent)
			return f->all[i].below;
	return false;
}

/* A child may stand before its parent: until nothing changes. */
static size_t mark_below(const struct id_list *pids, struct family *f)
{
	size_t before, found = 0;

	do {
		before = found;
		for (size_t i = 0; i < f->count; i++) {
			struct relative *r = &f->all[i];

			if (r->below || r->pid == getpid() || list_has(pids, r->pid) || !is_below(pids, f, r->parent))
				continue;
			r->below = true;
			found++;
		}
	} while (found > before);
	return found;
}

#define SHOWN 16

static void report(const struct id_list *pids, const struct family *f, size_t found)
{
	size_t shown = 0;

	fprintf(stderr, "mmtrace: %zu child%s that already live%s %s not traced; with %s: -p ", found, found == 1 ? "" : "ren",
		found == 1 ? "s" : "", found == 1 ? "is" : "are", found == 1 ? "it" : "them");
	for (int i = 0; i < pids->count && i < SHOWN; i++)
		fprintf(stderr, "%s%d", i ? "," : "", pids->id[i]);
	if (pids->count > SHOWN)
		fputs(",...", stderr);
	for (size_t i = 0; i < f->count && shown < SHOWN; i++) {
		if (!f->all[i].below)
			continue;
		fprintf(stderr, ",%d", f->all[i].pid);
		shown++;
	}
	fputs(shown < found ? ",...\n" : "\n", stderr);
}

void target_report_children(const struct source *s)
{
	const struct target_args *t = &s->args->target;
	struct family f = { 0 };
	size_t found;

	if (!t->pids.count || t->command || t->no_follow || t->tids.count || s->args->show.quiet)
		return;
	procfs_processes(on_process, &f);
	found = mark_below(&t->pids, &f);
	if (found)
		report(&t->pids, &f, found);
	free(f.all);
}
