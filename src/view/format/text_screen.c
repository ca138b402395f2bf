/* SPDX-License-Identifier: GPL-2.0 */
/* Pages that are drawn over each other. */
#include <stdlib.h>
#include <string.h>

#include "view/format/text.h"

/* A page may not scroll, or nothing would stand where it was. */
void text_redraw(struct text *x, void (*put)(struct view *v))
{
	struct view *v = x->view;
	char *page = NULL;
	size_t size;
	FILE *out = v->out;

	if (!(v->out = open_memstream(&page, &size))) {
		v->out = out;
		return;
	}
	for (int i = 0; i < x->said_count; i++)
		fputs(x->said[i], v->out);
	put(v);
	fclose(v->out);
	v->out = out;
	fputs("\033[H\033[2J", out);
	text_screen(out, page, v->opt.width, v->opt.height);
	free(page);
}

/* Keeps the words of an event for the screens to come. */
void text_say(struct text *x, const struct row_type *type, const void *row)
{
	struct view *v = x->view;
	char *line = NULL;
	size_t size;
	FILE *out = v->out;

	if (!v->show->page->event || !(v->out = open_memstream(&line, &size))) {
		v->out = out;
		return;
	}
	v->show->page->event(x, type, row);
	fclose(v->out);
	v->out = out;
	if (x->said_count == TEXT_SAID) {
		free(x->said[0]);
		memmove(x->said, x->said + 1, --x->said_count * sizeof(x->said[0]));
	}
	x->said[x->said_count++] = line;
}
