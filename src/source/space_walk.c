/* SPDX-License-Identifier: GPL-2.0 */
/* --walk: the way of an address through the page tables. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "decode/page_walk.h"
#include "host/pagemap.h"
#include "source/space.h"

/* While it is the mm of a process its highest table is there, and so is what hangs on it. */
bool space_is_same(struct space_source *s)
{
	struct mmt_space now;

	return !space_read(s->probe, s->tid, &now) && now.pgd == s->kernel.pgd;
}

static int walk_tables(struct space_source *s, uint64_t addr, struct page_walk *w, const struct page_tables **tables)
{
	int err = s->probe_err;

	if (!s->probe)
		return err;
	*tables = space_tables(s->probe, &err);
	if (err)
		return err;
	if (!s->kernel_read)
		return -ESRCH;
	err = page_walk(*tables, s->kernel.pgd, addr, w);
	return err ? err : space_is_same(s) ? 0 : -ESTALE;
}

void space_walk_read(struct space_source *s, uint64_t addr)
{
	struct input_walk head = { .addr = addr, .pagemap = SPACE_UNKNOWN };
	struct input_walk_step steps[PAGE_LEVELS];
	const struct page_tables *tables = NULL;
	struct page_walk w = { 0 };
	int err = walk_tables(s, addr, &w, &tables);
	char why[200];

	if (tables && !page_canonical(addr, tables->levels)) {
		snprintf(why, sizeof(why), "the address is not canonical: page tables have no entry for it");
		emit_fact(&s->s, "unknown", "walk", why);
	} else if (err) {
		snprintf(why, sizeof(why), "page tables cannot be read: %s", strerror(-err));
		emit_fact(&s->s, "unknown", "walk", why);
		w.count = 0;
	} else {
		head.levels = (uint32_t)tables->levels;
		head.special = tables->swap_special;
		head.racing = w.racing;
	}
	for (int i = 0; i < w.count; i++)
		steps[i] = (struct input_walk_step){ w.step[i].table, w.step[i].entry, (uint32_t)w.step[i].level,
						     w.step[i].index };
	if (addr >> 63 || pagemap_read(s->tid, addr, &head.pagemap, 1))
		head.pagemap = SPACE_UNKNOWN;
	emit(&s->s, INPUT_WALK, &head, sizeof(head), steps, (size_t)w.count * sizeof(steps[0]));
}
