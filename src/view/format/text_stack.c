/* SPDX-License-Identifier: GPL-2.0 */
/* What is said of call stacks below the tables. */
#include <inttypes.h>

#include "view/format/flame_stacks.h"
#include "view/format/text_fault.h"
#include "view/rows/stack.h"
#include "view/shows.h"
#include "view/view.h"

#define LINES_SHOWN 24
#define INDENT_MOST 24

struct printed { struct text *x; uint64_t all, least; size_t lines; bool counting; };

/* The next frame of a call chain from which next to nothing branches off: it goes on in the same line. */
static const struct flame_node *chained(const struct flame_node *n)
{
	const struct flame_node *c = n->child;

	return c && c->total[0] >= n->total[0] - n->total[0] / 50 ? c : NULL;
}

static void put_chain(struct printed *p, const struct flame_node *from, int depth)
{
	int indent = 16 + (2 * depth < INDENT_MOST ? 2 * depth : INDENT_MOST);
	const struct tick *t = p->x->t;
	const char *line = tick_escaped(t, from->name), *arrow = p->x->view->opt.ascii ? " > " : " \u203a ";

	for (const struct flame_node *n = chained(from); n; n = chained(n))
		line = tick_printf(t, "%s%s%s", line, arrow, tick_escaped(t, n->name));
	text_wrap_at(p->x, indent, "%5.1f%% %8s %*s%s", 100.0 * (double)from->total[0] / (double)p->all,
		     text_value(p->x, &(struct value){ .type = VALUE_UINT, .u = from->total[0] }, UNIT_COUNT), indent - 16, "",
		     line);
}

static void put_tree(struct printed *p, const struct flame_node *n, int depth)
{
	const struct flame_node *end = n;

	if (n->total[0] < p->least)
		return;
	p->lines++;
	if (!p->counting)
		put_chain(p, n, depth);
	while (chained(end))
		end = chained(end);
	for (const struct flame_node *c = end->child; c; c = c->next)
		put_tree(p, c, depth + 1);
}

static void put_all(struct printed *p, const struct flame_node *root)
{
	p->lines = 0;
	for (const struct flame_node *c = root->child; c; c = c->next)
		put_tree(p, c, 0);
}

/* Callers above what they call, the costliest first; as small a share as fits is still shown. */
static void put_call_tree(struct text *x)
{
	struct flame_metric order[FLAME_WEIGHTS];
	struct flame_tree *tree = flame_stacks(x->view, order);
	const struct flame_node *root = flame_tree_root(tree);
	struct printed p = { .x = x, .all = root->total[0], .counting = true };

	for (uint64_t parts = 200; p.all && parts >= 2; parts = parts * 2 / 3) {
		p.least = (p.all + parts - 1) / parts;
		put_all(&p, root);
		if (p.lines <= LINES_SHOWN)
			break;
	}
	if (p.all) {
		text_line(x, " SHARE   FAULTS CALLED FROM, CALLING (from %.1f%% on)", 100.0 * (double)p.least / (double)p.all);
		p.counting = false;
		put_all(&p, root);
	}
	flame_tree_free(tree);
}

void text_stacks(struct text *x)
{
	if (!model_option(x->t->model, "stacks"))
		return;
	put_call_tree(x);
	text_stack_totals(x);
}

void text_stack_totals(struct text *x)
{
	const struct stacks *s = &session_of(x->t->model)->stacks;

	text_wrap(x, "stacks: %" PRIu64 " faults complete, %" PRIu64 " guessed, %" PRIu64 " incomplete, %" PRIu64 " without",
		  s->state[STACK_IS_COMPLETE], s->state[STACK_IS_GUESSED], s->state[STACK_IS_INCOMPLETE], s->none);
	for (unsigned i = MMT_STACK_COMPLETE + 1; i < MMT_STACK_WHY_COUNT; i++)
		if (s->why[i])
			text_wrap(x, "    %" PRIu64 ": %s", s->why[i], stack_why_help(i));
}

static void put_flame_foot(struct text *x)
{
	if (!x->t->last)
		return;
	text_stack_totals(x);
	text_fault_losses(x);
	text_overhead(x);
}

const struct text_page page_flame = { .foot = put_flame_foot };

void text_flame_words(const struct model *m, bool ascii, FILE *out)
{
	struct view *v = view_new(format_find("text"), &show_flame, m, &(struct view_options){ .top = -1, .ascii = ascii });
	struct text x = { .view = v, .t = &v->tick };

	v->out = out;
	v->tick.model = m;
	v->tick.last = true;
	put_flame_foot(&x);
	view_free(v);
}
