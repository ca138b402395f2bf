/* SPDX-License-Identifier: GPL-2.0 */
#include "cmd/resident.h"

#include <stdlib.h>
#include <time.h>

#include "probe/procfs.h"

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ull + (uint64_t)ts.tv_nsec;
}

struct rss_walk { struct vma **vmas; size_t n, at; uint64_t now; pid_t pid; };

static void on_rss(void *ctx, uint64_t start, uint64_t rss)
{
	struct rss_walk *w = ctx;

	for (; w->at < w->n; w->at++) {
		struct vma *v = w->vmas[w->at];

		if (v->mm->proc->pid != w->pid || !v->live || v->v.start < start)
			continue;
		if (v->v.start > start)
			return;
		v->rss = rss;
		v->rss_time = w->now;
		w->at++;
		return;
	}
}

/* smaps walks all page tables (8.5 ms a GiB of small pages): at most 1 % of the
 * time is spent there, else it is read less often and its age shows. */
void resident_read(struct resident *r, const struct options *o, struct session *s, uint64_t t0)
{
	uint64_t begin = now_ns(), spent;
	struct rss_walk w = { .now = begin - t0 };

	if (begin < r->next)
		return;
	w.vmas = session_vmas(s, &w.n);
	for (struct process *p = s->processes; p; p = p->next) {
		w.at = 0;
		w.pid = p->pid;
		if (!p->dead && options_want_vmas(o, p->pid))
			procfs_rss(p->pid, on_rss, &w);
	}
	free(w.vmas);
	spent = now_ns() - begin;
	r->next = begin + spent * 100;
}
