/* SPDX-License-Identifier: GPL-2.0 */
#include "view/format/flame_folded.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"

/* The line so far, up to the frame that is looked at. */
struct line { char *text; size_t used, room; };

static void line_add(struct line *l, const struct flame_node *n)
{
	size_t need = 4 * strlen(n->name) + 16;
	char *name;

	while (l->room - l->used < need) {
		l->room = l->room ? l->room * 2 : 4096;
		l->text = xreallocarray(l->text, l->room, 1);
	}
	if (l->used)
		l->text[l->used++] = ';';
	name = l->text + l->used;
	text_escape(name, need - 8, n->name[0] ? n->name : "?");
	for (char *c = name; *c; c++)
		if (*c == ';')
			*c = ':';
	l->used += strlen(name);
	if (n->kind == FLAME_KERNEL) { /* as others mark it */
		memcpy(l->text + l->used, "_[k]", 4);
		l->used += 4;
	}
}

static void write_node(struct line *l, const struct flame_node *n, unsigned metric, FILE *out)
{
	size_t used = l->used;

	for (; n; n = n->next) {
		line_add(l, n);
		if (n->self[metric])
			fprintf(out, "%.*s %" PRIu64 "\n", (int)l->used, l->text, n->self[metric]);
		write_node(l, n->child, metric, out);
		l->used = used;
	}
}

void flame_folded_write(struct flame_tree *t, unsigned metric, FILE *out)
{
	const struct flame_node *root = flame_tree_root(t);
	struct line l = { 0 };
	unsigned count;

	flame_tree_metrics(t, &count);
	if (metric >= count)
		return;
	if (root->self[metric])
		fprintf(out, "[no stack] %" PRIu64 "\n", root->self[metric]);
	write_node(&l, root->child, metric, out);
	free(l.text);
}
