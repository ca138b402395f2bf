/* SPDX-License-Identifier: GPL-2.0 */
#include "view/format/text_leak.h"

#include "base/alloc.h"

#define LINES 4 /* of a part beside its rows: titles, "(N more", the total, what parts them or the cursor's */

/* A screen has room for both: what one does not need the other gets. */
static void share(const struct text *x, struct leak_parts *p)
{
	int height = x->view->opt.height, stack = 1;
	size_t room, n = p->rows[0].count, m = p->rows[1].count;

	p->limit[0] = p->limit[1] = text_limit(x);
	if (!x->view->opt.redraw || !height || x->view->opt.top >= 0 || x->t->last)
		return;
	for (int i = 0; i < 2; i++)
		for (size_t k = 0; k < p->rows[i].count; k++) {
			const struct leak_row *r = p->rows[i].row[k];

			stack = r->frame_count >= stack ? r->frame_count + 1 : stack;
		}
	room = (size_t)(height > LINES ? height - LINES : 1) / (size_t)stack;
	if (m)
		room = room > LINES + 1 ? room - LINES - 1 : 2;
	p->limit[1] = m && n + m > room ? (n < room - room / 3 ? room - n : room / 3) : m;
	p->limit[1] += m && !p->limit[1];
	p->limit[0] = room > p->limit[1] ? room - p->limit[1] : 1;
}

struct leak_parts text_leak_parts(const struct text *x, const struct text_rows *all)
{
	struct leak_parts p;

	for (int i = 0; i < 2; i++)
		p.rows[i] = (struct text_rows){ .type = &row_leak, .row = xcalloc((all ? all->count : 0) + 1, sizeof(void *)) };
	for (size_t i = 0; all && i < all->count; i++) {
		struct text_rows *part = &p.rows[leak_table_doubt(all->row[i])];

		part->row[part->count++] = all->row[i];
	}
	share(x, &p);
	return p;
}
