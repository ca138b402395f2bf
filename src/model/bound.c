/* SPDX-License-Identifier: GPL-2.0 */
#include "model/bound.h"

#define VMAS 16384 /* rows of what has ended, some 1 KiB each */
#define PROCESSES 1024
#define CROWD 16384 /* new rows of VMAs that are a reason to look before the interval is over ... */
#define CROWD_NS 50000000ull /* ... not more often than this: longer than records are under way */

static void merge(struct bound *b, struct session *s, bool idle)
{
	struct merge_rules rules = { VMAS, PROCESSES, idle, b->told, b->ctx };

	b->left = session_merge(s, &rules);
	b->seen = s->next_vma;
}

void bound_tick(struct bound *b, struct session *s)
{
	merge(b, s, true);
}

bool bound_is_crowded(const struct bound *b, const struct session *s, uint64_t now)
{
	/* half as many as there are: a merge looks at all of them */
	return now >= b->next && (b->again || s->next_vma - b->seen >= CROWD + b->left / 2);
}

void bound_crowd(struct bound *b, struct session *s, uint64_t now)
{
	b->next = now + CROWD_NS;
	b->again = !b->again; /* what had only just ended */
	merge(b, s, false);
}
