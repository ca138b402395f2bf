/* SPDX-License-Identifier: GPL-2.0 */
#include "source/group_limits.h"

#include <string.h>

#include "host/cgroup_limit.h"
#include "model/fault/session.h"

#define READINGS 16 /* an interval: some 50 us each */

static bool is_news(const struct group_limit *known, const struct cgroup_limit *l)
{
	return !known || strcmp(known->path, l->path) != 0 || known->bytes != l->bytes || known->last != l->hits;
}

/* Of those that fault: the others lose nothing by a limit now. */
void group_limits_read(struct source *s)
{
	struct cgroup_limit l;
	int left = READINGS;

	for (const struct process *p = session_of(s->model)->processes; p && left; p = p->next) {
		struct input_limit head = { .pid = p->pid };

		if (p->dead || (p->limit && !p->interval_faults))
			continue;
		left--;
		if (!cgroup_limit_read(p->pid, &l)) {
			l.path[0] = 0;
			l.bytes = l.hits = 0;
		}
		head.bytes = l.bytes;
		head.hits = l.hits;
		if (is_news(p->limit, &l))
			emit(s, INPUT_LIMIT, &head, sizeof(head), l.path, strlen(l.path) + 1);
	}
}
