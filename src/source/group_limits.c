/* SPDX-License-Identifier: GPL-2.0 */
#include "source/group_limits.h"

#include <stdio.h>
#include <string.h>

#include "host/cgroup_limit.h"
#include "model/fault/session.h"

#define READINGS 16 /* an interval: some 50 us each */

/* In this interval or the one before: the others lose nothing by a limit now. */
static bool is_faulting(const struct process *p)
{
	return p->interval_faults || stat_total(&p->faults) != p->previous;
}

static bool is_news(const struct group_limit *known, const struct cgroup_limit *l)
{
	return !known || strcmp(known->path, l->path) != 0 || known->bytes != l->bytes || known->last != l->hits;
}

static void read_one(struct source *s, const struct process *p)
{
	struct cgroup_limit l = { .bytes = 0 };
	struct input_limit head = { .pid = p->pid };

	if (!cgroup_limit_read(p->pid, &l))
		l.path[0] = 0;
	head.bytes = l.bytes;
	head.hits = l.hits;
	if (is_news(p->limit, &l))
		emit(s, INPUT_LIMIT, &head, sizeof(head), l.path, strlen(l.path) + 1);
}

static void read_last(struct source *s, const struct process *p)
{
	struct cgroup_limit l;
	struct input_limit head = { .pid = p->pid, .last = 1 };

	snprintf(l.path, sizeof(l.path), "%s", p->limit->path);
	if (!cgroup_limit_again(&l))
		return;
	head.bytes = l.bytes;
	head.hits = l.hits;
	emit(s, INPUT_LIMIT, &head, sizeof(head), l.path, strlen(l.path) + 1);
}

void group_limits_read(struct source *s, bool last)
{
	const struct process *all = session_of(s->model)->processes;
	int left = READINGS;

	for (const struct process *p = all; p && last; p = p->next)
		if (p->limit && p->limit->path[0] && left-- > 0)
			read_last(s, p);
	for (const struct process *p = all; p && !last; p = p->next) /* those that were never asked come first */
		if (!p->dead && !p->limit && left-- > 0)
			read_one(s, p);
	for (const struct process *p = all; p && !last; p = p->next)
		if (!p->dead && p->limit && is_faulting(p) && left-- > 0)
			read_one(s, p);
}
