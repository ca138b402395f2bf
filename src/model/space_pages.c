/* SPDX-License-Identifier: GPL-2.0 */
#include "model/space_pages.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

void space_pages_clean(struct space_pages *p)
{
	free(p->runs);
	free(p->sums);
	*p = (struct space_pages){ 0 };
}

void space_pages_begin(struct space_pages *p)
{
	space_pages_clean(p);
	p->read = true;
}

/* What a recording says ends where its room ends. */
static void traits_bound(struct page_traits *t)
{
	t->zone[sizeof(t->zone) - 1] = '\0';
}

void space_pages_runs(struct space_pages *p, const struct input_page_run *list, size_t n)
{
	if (!n)
		return;
	p->runs = xreallocarray(p->runs, p->run_count + n, sizeof(*p->runs));
	memcpy(p->runs + p->run_count, list, n * sizeof(*list));
	for (size_t i = 0; i < n; i++)
		traits_bound(&p->runs[p->run_count++].is);
}

static int by_pages(const void *a, const void *b)
{
	const struct input_page_sum *x = a, *y = b;

	if (x->pages != y->pages)
		return x->pages < y->pages ? 1 : -1;
	return memcmp(&x->is, &y->is, sizeof(x->is));
}

void space_pages_sums(struct space_pages *p, const struct input_pages *head, const struct input_page_sum *list,
		      size_t n)
{
	free(p->sums);
	p->read = true;
	p->head = *head;
	p->sums = xcalloc(n + 1, sizeof(*p->sums));
	p->sum_count = n;
	if (!n)
		return;
	memcpy(p->sums, list, n * sizeof(*list));
	for (size_t i = 0; i < n; i++)
		traits_bound(&p->sums[i].is);
	qsort(p->sums, n, sizeof(*p->sums), by_pages);
}

void space_walk_take(struct space_walk *w, const struct input_walk *head, const struct input_walk_step *list, size_t n)
{
	*w = (struct space_walk){ .read = true, .head = *head };
	w->walk.racing = head->racing;
	for (size_t i = 0; i < n && w->walk.count < PAGE_LEVELS; i++) {
		if (list[i].level < 1 || list[i].level > PAGE_LEVELS)
			continue;
		w->walk.step[w->walk.count++] =
			(struct page_step){ (int)list[i].level, list[i].table, list[i].index, list[i].entry };
		w->walk.page = page_entry((int)list[i].level, list[i].entry, head->special);
	}
}
