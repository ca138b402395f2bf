/* SPDX-License-Identifier: GPL-2.0 */
/* The drawing of an address space: VMAs that belong together are a block, gaps have their sizes, sections stand
 * in the VMA that holds them, marks of the mm_struct at their places. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "view/format/text_layout.h"
#include "view/rows/space.h"

#define TEXT_COLUMN 44 /* where names and sections begin */

struct drawing {
	struct text *x;
	const struct space *s;
	bool wide;
};

/* The first line of a block names it, the others need not. */
static const char *name_of(const struct drawing *m, size_t i)
{
	const struct space_area *a = &m->s->areas.list[i];
	const char *name = "";
	char *shown;

	if (a->thread)
		name = tick_printf(m->x->t, "thread %d %s", a->thread, a->thread_name);
	else if (!(i && layout_goes_on(a - 1, a)))
		name = a->name;
	shown = tick_escaped(m->x->t, name);
	if (m->x->view->opt.width > TEXT_COLUMN + 20)
		text_keep_end(shown, m->x->view->opt.width - TEXT_COLUMN);
	return shown;
}

static const char *sections_of(const struct drawing *m, const struct space_area *a)
{
	const char *text = "";

	for (size_t i = 0; i < a->section_count; i++) {
		text = tick_printf(m->x->t, "%s%s%s", text, i ? " " : "", tick_escaped(m->x->t, a->sections[i].name));
		if (m->wide)
			text = tick_printf(m->x->t, "%s %s", text,
					   layout_bytes(m->x, a->sections[i].end - a->sections[i].start));
	}
	if (a->more_sections)
		text = tick_printf(m->x->t, "%s%s(more sections)", text, *text ? " " : "");
	return text;
}

static const char *amounts_of(const struct drawing *m, const struct space_area *a)
{
	static const struct {
		enum vma_amount which;
		const char *name;
	} shown[] = {
		{ VMA_PSS, "Pss" },
		{ VMA_PRIVATE_DIRTY, "Private_Dirty" },
		{ VMA_ANONYMOUS, "Anonymous" },
		{ VMA_SWAP, "Swap" },
		{ VMA_ANON_HUGE, "AnonHugePages" },
		{ VMA_LOCKED, "Locked" },
		{ VMA_PAGE, "KernelPageSize" },
	};
	const char *text = "";

	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
		uint64_t v = a->v.amount[shown[i].which];

		if (v && v != SPACE_UNKNOWN)
			text = tick_printf(m->x->t, "%s%s%s %s", text, *text ? " " : "", shown[i].name,
					   layout_bytes(m->x, v));
	}
	return text;
}

/* Below the line of an area, under its name. */
static void put_below(const struct drawing *m, const char *text)
{
	if (*text)
		text_wrap_at(m->x, TEXT_COLUMN, "%*s%s", TEXT_COLUMN, "", text);
}

/* Marks that lie in it, or at its end where nothing else begins. */
static void put_marks(const struct drawing *m, size_t i)
{
	const struct space_area *a = &m->s->areas.list[i], *next = i + 1 < m->s->areas.count ? a + 1 : NULL;
	const char *text = "", *arrow = m->x->view->opt.ascii ? "<" : "\u25c2";

	for (int k = 0; k < MMT_MARKS; k++) {
		uint64_t v = m->s->now.mark[k];
		bool in = v >= a->v.start && v < a->v.end, at_end = v == a->v.end && !a->gap && (!next || next->gap);
		bool begins = v == a->v.start && a->gap && i; /* the end of the VMA below */

		if (mark_unit((enum mmt_mark)k) != UNIT_ADDRESS || v == SPACE_UNKNOWN || !(in || at_end) || begins)
			continue;
		text = tick_printf(m->x->t, "%s%s%s %" PRIx64, text, *text ? "  " : "", mark_key((enum mmt_mark)k), v);
	}
	if (*text)
		put_below(m, tick_printf(m->x->t, "%s %s", arrow, text));
}

/* Which program header it shows, and where the file was linked to. */
static const char *segment_of(const struct drawing *m, const struct space_area *a)
{
	const char *type = a->elf_type == 2 ? ", ET_EXEC: at the addresses it was linked to" : "";

	if (a->elf_type == 3)
		type = tick_printf(m->x->t, ", ET_DYN: loaded at %" PRIx64, a->bias);
	return a->segment < 0 ? "" : tick_printf(m->x->t, "%s%s", area_segment(a, m->x->t), type);
}

static void put_gap(const struct drawing *m, const struct space_area *a)
{
	static const char drawn[] = "\u00b7\u00b7\u00b7", plain[] = "...";
	const char *dots = m->x->view->opt.ascii ? plain : drawn;

	text_line(m->x, "%13s %6s %s gap %s", "", layout_bytes(m->x, a->v.end - a->v.start), dots, dots);
}

static void put_area(const struct drawing *m, size_t i)
{
	const struct space_area *a = &m->s->areas.list[i];
	const char *change = area_change(a, m->x->t), *name = name_of(m, i), *sections = sections_of(m, a);
	const char *segment = m->wide ? segment_of(m, a) : "", *first = *name ? name : *segment ? segment : sections;

	if (change)
		first = tick_printf(m->x->t, "%s%s(%s)", first, *first ? " " : "", change);
	text_wrap_at(m->x, TEXT_COLUMN, "%s%12" PRIx64 " %6s %6s %s %s %-8s%s%s",
		     change ? "*" : layout_block(m->x, m->s, i), a->v.start, layout_bytes(m->x, a->v.end - a->v.start),
		     layout_bytes(m->x, a->v.amount[VMA_RSS]), layout_fill(m->x, a), tick_escaped(m->x->t, a->v.perm),
		     area_kind(a, m->x->t), *first ? " " : "", first);
	if (*name)
		put_below(m, segment);
	if (*name || *segment)
		put_below(m, sections);
	if (m->wide) {
		put_below(m, amounts_of(m, a));
		put_below(m, tick_escaped(m->x->t, a->flags));
	}
}

bool layout_changes(const struct text *x, const struct space *s)
{
	return x->view->opt.redraw && s->readings > 1 && !model_option(x->t->model, "wide");
}

void layout_map(struct text *x, const struct space *s)
{
	struct drawing m = { .x = x, .s = s, .wide = model_option(x->t->model, "wide") };
	bool changes = layout_changes(x, s);
	size_t same = 0;

	text_line(x, "%13s %6s %6s   %-4s %-8s %s", "ADDRESS", "SIZE", "RSS", "PERM", "KIND", "WHAT");
	for (size_t i = 0; i < s->areas.count; i++) {
		if (!space_asked(s, &s->areas.list[i]))
			continue;
		if (changes && (s->areas.list[i].gap || s->areas.list[i].change == SPACE_SAME)) {
			same += !s->areas.list[i].gap;
			continue;
		}
		if (s->areas.list[i].gap)
			put_gap(&m, &s->areas.list[i]);
		else
			put_area(&m, i);
		put_marks(&m, i);
	}
	for (size_t i = 0; i < s->gone.count; i++) {
		const struct space_area *a = &s->gone.list[i];

		if (!space_asked(s, a))
			continue;
		text_line(x, "*%12" PRIx64 " %6s %6s   %s %-8s %s (gone)", a->v.start,
			  layout_bytes(x, a->v.end - a->v.start), "-", tick_escaped(x->t, a->v.perm),
			  area_kind(a, x->t), tick_escaped(x->t, a->name));
	}
	if (changes)
		text_line(x, "(%zu VMAs as they were; -w draws all)", same);
}
