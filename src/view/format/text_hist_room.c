/* SPDX-License-Identifier: GPL-2.0 */
/* What of hist has room on a screen. */
#include "view/format/text_hist.h"

/* An event and operation without anything is shown where it is the main one. */
bool text_hist_has(const struct text *x, uint8_t domain, uint8_t op)
{
	bool main = op == (hist_is(domain, HD_SIZED) ? MMT_OP_ALLOC : MMT_OP_LATENCY);

	if (domain == MMT_DOMAIN_OOM || !model_fact(x->t->model, "backend", hist_domains[domain].key) ||
	    (op == MMT_OP_LATENCY && !hist_is(domain, HD_TIMED)) || (op == MMT_OP_ALLOC && !hist_is(domain, HD_SIZED)))
		return false;
	return hist_total(text_hist_shown(x), domain, op, NULL).count || main;
}

size_t text_hist_room(const struct text *x)
{
	int tables = 0, height = x->view->opt.height;

	if (!x->view->opt.redraw || !height || x->t->last || hist_of(x->t->model)->by[0] == MMT_KEY_NONE)
		return 0;
	for (uint8_t d = 0; d < MMT_DOMAIN_COUNT; d++)
		for (uint8_t op = 0; op < MMT_OP_COUNT; op++)
			tables += text_hist_has(x, d, op);
	/* of each table: sums, titles, "(N more", the line that parts them; above, the head; below, the cursor */
	return tables && height > 2 + 5 * tables ? (size_t)((height - 2 - 4 * tables) / tables) : 1;
}

#define WIDE 120
#define MIDDLE 100

struct hist_room text_hist_columns(const struct text *x)
{
	int width = text_hist_room(x) ? x->view->opt.width : 0;

	return (struct hist_room){ .picture = !width || width >= WIDE, .waste = !width || width >= MIDDLE };
}
