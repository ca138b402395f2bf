/* SPDX-License-Identifier: GPL-2.0 */
/* Signs of the drawing. */
#include <string.h>

#include "base/text.h"
#include "view/format/text_layout.h"

void layout_table(struct text *x, const struct row_type *type)
{
	const struct text_rows *rows = text_rows_of(x, type);

	if (rows)
		text_table(x, rows);
}

const char *layout_bytes(const struct text *x, uint64_t bytes)
{
	char out[16];

	if (!bytes)
		return "0";
	return bytes == SPACE_UNKNOWN ? "-" : tick_printf(x->t, "%s", text_bytes(out, sizeof(out), bytes));
}

/* What is mapped of one file without a gap, and the bss behind it. */
bool layout_goes_on(const struct space_area *a, const struct space_area *b)
{
	if (a->gap || b->gap || a->v.end != b->v.start)
		return false;
	if (a->name[0] && !strcmp(a->name, b->name))
		return true;
	return a->v.ino && !b->v.ino && b->section_count; /* the rest of its .bss */
}

const char *layout_block(const struct text *x, const struct space *s, size_t i)
{
	const struct space_areas *all = &s->areas;
	bool from = i && layout_goes_on(&all->list[i - 1], &all->list[i]),
	     on = i + 1 < all->count && layout_goes_on(&all->list[i], &all->list[i + 1]);
	static const char *const drawn[] = { "\u2576", "\u250c", "\u2514", "\u2502" }, *const plain[] = { "-", "/",
													  "\\", "|" };

	return (x->view->opt.ascii ? plain : drawn)[from * 2 + on];
}

/* How much of it is resident. */
const char *layout_fill(const struct text *x, const struct space_area *a)
{
	static const char *const drawn[] = { " ", "\u2591", "\u2592", "\u2593", "\u2588" }, *const plain[] = { " ", ".",
													       ":", "+",
													       "#" };
	uint64_t rss = a->v.amount[VMA_RSS], size = a->v.end - a->v.start;
	int n;

	if (a->gap || rss == SPACE_UNKNOWN || !rss)
		n = 0;
	else
		n = rss >= size ? 4 : 1 + (int)((double)rss * 3 / (double)size);
	return (x->view->opt.ascii ? plain : drawn)[n];
}
