/* SPDX-License-Identifier: GPL-2.0 */
#include "source/resident.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "host/procfs.h"

struct list { struct input_resident *all; size_t count, room; };

static void on_rss(void *ctx, uint64_t start, uint64_t rss)
{
	struct list *l = ctx;

	l->all = xgrow(l->all, l->count, &l->room, sizeof(*l->all));
	l->all[l->count++] = (struct input_resident){ start, rss };
}

/* smaps walks all page tables (8.5 ms a GiB of small pages): at most 1 % of the
 * time is spent there, else it is read less often and its age shows. */
void resident_read(struct resident *r, struct source *s, bool (*wanted)(const struct args *a, pid_t pid))
{
	uint64_t begin = clock_monotonic_ns();
	struct list list = { 0 };

	if (begin < r->next)
		return;
	for (const struct process *p = session_of(s->model)->processes; p; p = p->next) {
		struct input_rss head = { .now = begin - s->t0, .pid = p->pid };

		list.count = 0;
		if (!p->dead && wanted(s->args, p->pid) && procfs_rss(p->pid, on_rss, &list) == 0 && list.count)
			emit(s, INPUT_RSS, &head, sizeof(head), list.all, list.count * sizeof(*list.all));
	}
	free(list.all);
	r->next = begin + (clock_monotonic_ns() - begin) * 100;
}
