/* SPDX-License-Identifier: GPL-2.0 */
/* --pages and --walk for people. */
#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "view/format/text_layout.h"
#include "view/rows/space.h"
#include "view/rows/space_pages.h"

static void put_pagemap(struct text *x, const struct space_walk *w)
{
	bool there = w->walk.count && w->walk.page.state == PAGE_PRESENT;
	uint64_t e = w->head.pagemap;

	if (e == SPACE_UNKNOWN)
		text_wrap(x, "pagemap has nothing for it");
	else
		text_wrap(x, "pagemap has %016" PRIx64 "%s", e,
			  e >> 63       ? " (present)"
			  : e >> 62 & 1 ? " (swapped)"
			  : there       ? " (hidden by pagemap)"
					: " (not there)");
}

/* "no VMA", "a gap", "heap [heap] rw-p". */
static const char *place_of(struct text *x, const struct space_area *a)
{
	if (!a || a->gap)
		return a ? "a gap" : "no VMA";
	return tick_printf(x->t, "%s%s%s %s", area_kind(a, x->t), a->name[0] ? " " : "", tick_escaped(x->t, a->name),
			   tick_escaped(x->t, a->v.perm));
}

void layout_walk(struct text *x, const struct space *s)
{
	const struct space_walk *w = &s->walk;
	const struct space_area *a = space_area_at(s, w->head.addr);
	const struct page_entry *page = &w->walk.page;
	uint64_t span = w->walk.count ? page_span(w->walk.step[w->walk.count - 1].level) : 4096;

	text_line(x, "%" PRIx64 " lies in %s", w->head.addr, place_of(x, a));
	if (w->walk.count)
		layout_table(x, &row_entry);
	if (w->walk.racing)
		text_wrap(x, "the tables changed whenever they were read: what stands here may be of several moments");
	if (page->state == PAGE_PRESENT || page->state == PAGE_PROT_NONE)
		text_wrap(x, "physical address %" PRIx64 ": page frame %" PRIx64 ", offset %" PRIx64 " in a page of %s",
			  page->phys + w->head.addr % span, page->pfn + w->head.addr % span / 4096, w->head.addr % span,
			  layout_bytes(x, span));
	else if (page->state == PAGE_SWAPPED && w->walk.count)
		text_wrap(x, "swap area %u, page %" PRIu64 " of it", page->swap_type, page->swap_offset);
	put_pagemap(x, w);
}

void layout_pages(struct text *x, const struct space *s)
{
	const struct space_pages *p = &s->pages;
	bool runs = model_option(x->t->model, "range_to") || x->view->opt.top >= 0;
	const struct text_rows *rows = text_rows_of(x, &row_page);

	if (runs && rows) {
		text_table(x, rows);
		fputc('\n', x->view->out);
	}
	layout_table(x, &row_page_sum);
	text_wrap(x, "%" PRIu64 " pages looked at, %" PRIu64 " of them not there", p->head.looked, p->head.absent);
	if (p->head.sample > 1)
		text_wrap(x,
			  "SAMPLED: of %" PRIu64 " blocks of 512 pages%s one in %u: multiply, or give --range",
			  p->head.blocks,
			  model_fact(x->t->model, "unknown", "blocks") ? "" : " with something in them", p->head.sample);
	if (p->head.left_out)
		text_wrap(x, "(%" PRIu64 " more pages are in the sums, but in no run)", p->head.left_out);
}
