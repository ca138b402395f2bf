/* SPDX-License-Identifier: GPL-2.0 */
/* What is said of call stacks below the tables. */
#include <inttypes.h>

#include "view/format/text_fault.h"
#include "view/rows/stack.h"

#define STACKS_SHOWN 5
#define FRAMES_SHOWN 12

static void put_stack(struct text *x, const struct stack_use *use)
{
	const struct session *s = session_of(x->t->model);
	const struct stack *stack = use->stack;
	int shown = stack ? stack->count : 0;

	text_line(x, "%" PRIu64 " faults, pid %d %s:", use->count, use->pid,
		  tick_escaped(x->t, tick_text(x->t, use->comm, sizeof(use->comm))));
	for (int i = 0; i < shown && i < FRAMES_SHOWN; i++)
		text_line(x, "    %s%s", tick_escaped(x->t, frame_text(s, stack->frame[i], x->t)),
			  stack->guessed != MMT_STACK_ALL_KNOWN && i >= stack->guessed ? " (guessed)" : "");
	if (shown > FRAMES_SHOWN)
		text_line(x, "    (%d more frames)", shown - FRAMES_SHOWN);
	if (!stack)
		text_line(x, "    (frames not known)");
	else if (stack->why != MMT_STACK_COMPLETE)
		text_line(x, "    (ends here: %s)", stack_why_help(stack->why));
}

/* The next in order of faults after `after`: few are shown of many. */
static const struct stack_use *next_of(const struct stacks *s, const struct stack_use *after)
{
	const struct stack_use *best = NULL;

	for (const struct stack_use *use = s->first; use; use = use->next) {
		bool below = !after || use->count < after->count || (use->count == after->count && use->id < after->id) ||
			     (use->count == after->count && use->id == after->id && use->pid < after->pid);

		if (below && (!best || use->count > best->count || (use->count == best->count && use->id > best->id) ||
			      (use->count == best->count && use->id == best->id && use->pid > best->pid)))
			best = use;
	}
	return best;
}

void text_stacks(struct text *x)
{
	const struct stacks *s = &session_of(x->t->model)->stacks;
	const struct stack_use *use = NULL;

	if (!model_option(x->t->model, "stacks"))
		return;
	for (int i = 0; i < STACKS_SHOWN && (use = next_of(s, use)); i++)
		put_stack(x, use);
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
