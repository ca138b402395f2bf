/* SPDX-License-Identifier: GPL-2.0 */
/* --kernel for people: regions from low to high with their parts below, what vmalloc and modules hold, an address. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "view/format/text_layout.h"
#include "view/rows/space_kernel.h"
#include "view/rows/space_pages.h"

#define SHOWN 10u /* of what is in a region, the largest */
#define NOTE_COLUMN 50

static void put_region(struct text *x, const struct space_region *r, const char *indent)
{
	const char *start = r->r.end ? tick_printf(x->t, "%016" PRIx64, r->r.start) : "-";
	const char *size = r->r.end ? layout_bytes(x, r->r.end - r->r.start) : "-";
	const char *name = tick_printf(x->t, "%s%s", indent, tick_escaped(x->t, r->name));

	text_wrap_at(x, NOTE_COLUMN, r->note[0] ? "%16s %6s %6s  %-17s %s" : "%16s %6s %6s  %s%s", start, size,
		     layout_bytes(x, r->r.used), name, tick_escaped(x->t, r->note));
}

/* What is in a region and has an address of its own stands below it. */
static void put_regions(struct text *x, const struct space_kernel *k)
{
	text_line(x, "%16s %6s %6s  REGION", "START", "SIZE", "USED");
	for (size_t i = 0; i < k->count && !k->list[i].in[0]; i++) {
		put_region(x, &k->list[i], "");
		for (size_t n = i + 1; n < k->count && !strcmp(k->list[i].name, "kernel image"); n++)
			if (!strcmp(k->list[n].in, k->list[i].name))
				put_region(x, &k->list[n], "  ");
	}
}

static void put_largest(struct text *x, const struct space_kernel *k, const char *in, const char *title)
{
	size_t limit = x->view->opt.top > 0 ? (size_t)x->view->opt.top : x->view->opt.top ? SHOWN : SIZE_MAX, n = 0;
	uint64_t rest = 0;

	for (size_t i = 0; i < k->count; i++) {
		const struct space_region *r = &k->list[i];

		if (strcmp(r->in, in))
			continue;
		if (!n)
			text_line(x, "\n%6s %6s  %s", "USED", "COUNT", title);
		if (n++ < limit)
			text_line(x, "%6s %6" PRIu64 "  %s", layout_bytes(x, r->r.used), r->r.count,
				  tick_escaped(x->t, r->name));
		else
			rest += r->r.used;
	}
	if (n > limit)
		text_line(x, "%6s         (%zu more; -n 0 shows all)", layout_bytes(x, rest), n - limit);
}

static void put_place(struct text *x, const struct space *s)
{
	const struct space_kernel *k = &s->kernel;

	text_wrap(x, "%016" PRIx64 " lies in: %s%s%s", k->place.addr, tick_escaped(x->t, k->place_region),
		  k->place_symbol[0] ? ": " : "", tick_escaped(x->t, k->place_symbol));
	if (s->walk.walk.count)
		layout_table(x, &row_entry);
	if (k->place.phys == SPACE_UNKNOWN) {
		text_wrap(x, "no physical address%s", s->walk.walk.count ? ": nothing is mapped there" : "");
		return;
	}
	text_wrap(x, "physical address %" PRIx64 ", page frame %" PRIx64 "; its struct page:", k->place.phys,
		  k->place.phys >> 12);
	layout_table(x, &row_page);
}

void layout_kernel(struct text *x, const struct space *s)
{
	const char *release = model_fact(x->t->model, "run", "kernel");

	text_line(x, "mmtrace layout --kernel%s%s%s%s levels of page tables", text_dot(x),
		  release ? tick_escaped(x->t, release) : "-", text_dot(x),
		  model_fact(x->t->model, "option", "levels")
			  ? tick_escaped(x->t, model_fact(x->t->model, "option", "levels"))
			  : "-");
	if (s->kernel.place_region) {
		put_place(x, s);
		return;
	}
	put_regions(x, &s->kernel);
	put_largest(x, &s->kernel, "vmalloc", "largest in vmalloc space, by caller");
	put_largest(x, &s->kernel, "modules", "largest modules");
}
