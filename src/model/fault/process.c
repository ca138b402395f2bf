/* SPDX-License-Identifier: GPL-2.0 */
#include <stdlib.h>
#include <string.h>

#include "model/fault/internal.h"

static void limit_free(struct group_limit *l)
{
	if (l)
		free(l->path);
	free(l);
}

struct process *session_find(const struct session *s, pid_t pid)
{
	struct process *p = map_get_number(&s->by_pid, (uint64_t)pid);

	return p && !p->dead ? p : NULL;
}

struct process *process_new(void)
{
	struct process *p = xcalloc(1, sizeof(*p));

	for (int i = 0; i < MEMORY_AMOUNTS; i++)
		p->memory[i] = MEMORY_UNKNOWN;
	return p;
}

struct process *process_living(struct session *s, pid_t pid)
{
	struct process *p = session_find(s, pid);

	if (p)
		return p;
	p = process_new();
	p->id = ++s->next_proc;
	p->pid = pid;
	process_changed(s, p);
	p->next = s->processes;
	s->processes = p;
	p->older = map_get_number(&s->by_pid, (uint64_t)pid);
	map_set_number(&s->by_pid, (uint64_t)pid, p);
	s->live_processes++;
	return p;
}

/* The process of a pid that started at that time (0: not known).  It may be known already, and
 * even have ended: /proc and layouts are read before records are drained. */
struct process *process_started(struct session *s, pid_t pid, uint64_t start)
{
	struct process *p = map_get_number(&s->by_pid, (uint64_t)pid);

	if (!start)
		return process_living(s, pid);
	if (p && p->start_time == start)
		return p;
	if (p && p->start_time)
		process_exited(s, p); /* its exit was lost, the pid is in use again */
	p = process_living(s, pid);
	p->start_time = start;
	return p;
}

struct process *process_get(struct session *s, pid_t pid)
{
	struct process *p = map_get_number(&s->by_pid, (uint64_t)pid);

	return p ? p : process_living(s, pid);
}

void process_exited(struct session *s, struct process *p)
{
	if (p->dead)
		return;
	p->dead = true;
	process_changed(s, p);
	s->live_processes--;
}

/* A process may give itself another name (prctl), of which no record comes. */
void process_name(struct session *s, struct process *p, const char *name, size_t max)
{
	char comm[sizeof(p->comm)] = "";

	memcpy(comm, name, strnlen(name, max < sizeof(comm) - 1 ? max : sizeof(comm) - 1));
	if (!memcmp(comm, p->comm, sizeof(comm)))
		return;
	memcpy(p->comm, comm, sizeof(p->comm));
	process_changed(s, p);
}

void process_cgroup(struct session *s, struct process *p, const char *path)
{
	path = path && *path ? path : NULL;
	if (path ? p->cgroup && !strcmp(path, p->cgroup) : !p->cgroup)
		return;
	free(p->cgroup);
	p->cgroup = path ? xstrdup(path) : NULL;
	process_changed(s, p);
}

void processes_listed(struct session *s, const struct mmt_watch *watch, size_t n)
{
	for (struct process *p = s->processes; p; p = p->next)
		p->listed = false;
	for (size_t i = 0; i < n; i++) {
		struct process *p = session_find(s, (pid_t)watch[i].tgid);

		if (!p || (p->start_time && p->start_time != watch[i].start_boottime))
			continue;
		p->listed = true;
		process_name(s, p, watch[i].comm, sizeof(watch[i].comm));
	}
}

/* Readings of one group; another group begins anew. */
void process_limited(struct session *s, const struct input *in)
{
	const struct input_limit *head = in->head;
	struct process *p = map_get_number(&s->by_pid, (uint64_t)head->pid);
	struct group_limit *l = p ? p->limit : NULL;
	const char *path = in->body;

	if (!p || (p->dead && !l) || !in->size || path[in->size - 1])
		return;
	process_changed(s, p);
	if (l && !strcmp(l->path, path) && head->hits >= l->last) { /* fewer: it is another group of that name */
		l->bytes = head->bytes;
		l->last = head->hits;
		l->whole = head->last;
		return;
	}
	limit_free(l);
	p->limit = xcalloc(1, sizeof(*l));
	*p->limit = (struct group_limit){ head->bytes, head->hits, head->hits, head->last, xstrdup(path) };
}

void process_free(struct process *p)
{
	stat_free(&p->faults);
	limit_free(p->limit);
	free(p->cgroup);
	free(p);
}

void processes_free(struct session *s)
{
	for (struct process *p = s->processes, *next; p; p = next) {
		next = p->next;
		process_free(p);
	}
}
