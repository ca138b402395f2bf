/* SPDX-License-Identifier: GPL-2.0 */
#include "decode/page_walk.h"

#include <errno.h>

#define TRIES 4

/* The bits that a processor sets while it walks change nothing of the way. */
static bool leads_on(int level, uint64_t now, uint64_t then)
{
	struct page_entry a = page_entry(level, now, 0), b = page_entry(level, then, 0);

	return a.state == b.state && a.phys == b.phys;
}

/* One table after the other, each followed by a look at the entry that led there: it was that table then. false:
 * something changed on the way. */
static int walk_once(const struct page_tables *t, uint64_t pgd, uint64_t addr, struct page_walk *out, bool *whole)
{
	uint64_t table = pgd, slot = 0, former = 0;
	const uint64_t(*copy)[MMT_TABLE_ENTRIES];

	out->count = 0;
	*whole = true;
	for (int level = t->levels; level > 0; level--) {
		struct mmt_table_read read = { .table = table, .slot = slot };
		struct page_step *step = &out->step[out->count];
		int err = t->read(t->ctx, &read, 1, &copy);

		if (err)
			return err;
		if (!read.now && !slot)
			return -EFAULT;
		if (slot && !leads_on(level + 1, read.now, former)) {
			*whole = false;
			return 0;
		}
		step->level = level;
		step->index = (uint32_t)(addr / page_span(level) % MMT_TABLE_ENTRIES);
		step->table = table - t->direct_map;
		step->entry = former = copy[0][step->index];
		out->count++;
		out->page = page_entry(level, step->entry, t->swap_special);
		if (out->page.state != PAGE_TABLE)
			return 0;
		slot = table + step->index * 8ull;
		table = t->direct_map + out->page.phys;
	}
	return 0;
}

int page_walk(const struct page_tables *t, uint64_t pgd, uint64_t addr, struct page_walk *out)
{
	bool whole = false;
	int err = 0;

	*out = (struct page_walk){ 0 };
	if (!page_canonical(addr, t->levels)) /* its upper bits index no table: another address would be looked up */
		return -EINVAL;
	for (int i = 0; i < TRIES && !whole && !err; i++)
		err = walk_once(t, pgd, addr, out, &whole);
	out->racing = !err && !whole;
	return err;
}
