/* SPDX-License-Identifier: GPL-2.0 */
/* Call stacks at the end of a run: folded, for other programs, or as a page that shows a flame graph. */
#include "model/fault/loss.h"
#include "model/fault/session.h"
#include "view/format.h"
#include "view/format/flame_folded.h"
#include "view/format/flame_page.h"
#include "view/format/flame_stacks.h"

static void end_folded(struct view *v)
{
	struct flame_metric order[FLAME_WEIGHTS];
	struct flame_tree *tree;

	if (v->model->type != &model_fault)
		return;
	tree = flame_stacks(v, order);
	flame_folded_write(tree, 0, v->out);
	flame_tree_free(tree);
}

/* What is missing from the graph. */
static const char *losses_text(const struct view *v)
{
	const char *text = "";

	for (int i = 0; i < MMT_LOSS_COUNT; i++)
		if (v->model->losses[i] && loss_is_lost((enum mmt_loss)i))
			text = tick_printf(&v->tick, "%s; LOST: %llu %s (%s)", text, (unsigned long long)v->model->losses[i],
					   loss_texts[i].key, loss_texts[i].text);
	return text;
}

static void end_page(struct view *v)
{
	const struct stacks *s = &session_of(v->model)->stacks;
	const char *title = model_fact(v->model, "target", "title");
	struct flame_metric order[FLAME_WEIGHTS];
	struct flame_words words;
	struct flame_tree *tree;

	if (v->model->type != &model_fault)
		return;
	tree = flame_stacks(v, order);
	words.title = tick_printf(&v->tick, "mmtrace flame: %s", title ? title : "-");
	words.subtitle = tick_printf(&v->tick, "stacks: %llu faults complete, %llu guessed, %llu incomplete, %llu without%s",
				     (unsigned long long)s->state[STACK_IS_COMPLETE],
				     (unsigned long long)s->state[STACK_IS_GUESSED],
				     (unsigned long long)s->state[STACK_IS_INCOMPLETE], (unsigned long long)s->none,
				     losses_text(v));
	flame_page_write(tree, &words, v->out);
	flame_tree_free(tree);
}

const struct format format_folded = { .name = "folded", .help = "folded call stacks", .end = end_folded };
const struct format format_page = { .name = "page", .help = "a flame graph as one HTML page", .end = end_page };
