/* SPDX-License-Identifier: GPL-2.0 */
#include "view/format/flame_stacks.h"

#include <string.h>

#include "model/fault/session.h"
#include "view/rows/stack.h"

/* In the order of --weight's words; the one asked for is first. */
static const struct flame_metric weights[] = {
	{ "faults", "faults", FLAME_COUNT },
	{ "bytes", "bytes made resident", FLAME_BYTES },
	{ "time", "time in faults", FLAME_NS },
	{ "major", "major faults", FLAME_COUNT },
};
_Static_assert(sizeof(weights) / sizeof(weights[0]) == FLAME_WEIGHTS, "a name for each");

static unsigned weight_first(const struct model *m)
{
	const char *by = model_fact(m, "option", "weight");

	for (unsigned i = 0; by && i < FLAME_WEIGHTS; i++)
		if (!strcmp(by, weights[i].key))
			return i;
	return 0;
}

struct path { struct flame_frame frame[FLAME_DEPTH]; unsigned depth; };

static void path_add(struct path *p, const char *name, const char *module, const char *detail, enum flame_kind kind)
{
	if (p->depth < FLAME_DEPTH)
		p->frame[p->depth++] = (struct flame_frame){ name, module, detail, kind };
}

/* A function, and those that are inlined in it. */
static void path_add_named(struct path *p, const struct name *name, const char *module, enum flame_kind kind,
			   const struct tick *t)
{
	char *text = tick_printf(t, "%s", name->text), *next;

	for (; text; text = next, kind = FLAME_INLINED) {
		next = strchr(text, ';');
		if (next)
			*next++ = '\0';
		path_add(p, text, module, *name->more && !next ? name->more : NULL, kind);
	}
}

static enum flame_kind unnamed_kind(uint64_t frame)
{
	return frame & MMT_FRAME_KERNEL ? FLAME_KERNEL : frame & MMT_FRAME_ADDRESS ? FLAME_JIT : FLAME_UNKNOWN;
}

static void path_add_frames(struct path *p, const struct session *s, const struct stack *stack, const struct tick *t)
{
	if (stack->why != MMT_STACK_COMPLETE)
		path_add(p, tick_printf(t, "[incomplete: %s]", stack_why_key(stack->why)), NULL, stack_why_help(stack->why),
			 FLAME_UNKNOWN);
	for (int i = stack->count; i-- > 0;) {
		const struct name *name = name_find(&s->names, INPUT_NAME_FRAME, stack->frame[i]);
		const char *module = frame_module(s, stack->frame[i], t);

		if (stack->guessed != MMT_STACK_ALL_KNOWN && i == stack->guessed - 1)
			path_add(p, "[guessed above]", NULL, "the frames above were found by frame pointers", FLAME_UNKNOWN);
		if (name)
			path_add_named(p, name, module, stack->frame[i] & MMT_FRAME_KERNEL ? FLAME_KERNEL : FLAME_USER, t);
		else
			path_add(p, frame_text(s, stack->frame[i], t), module, NULL, unnamed_kind(stack->frame[i]));
	}
}

struct flame_tree *flame_stacks(struct view *v, struct flame_metric order[FLAME_WEIGHTS])
{
	const struct session *s = session_of(v->model);
	unsigned first = weight_first(v->model);
	struct flame_tree *tree;

	for (unsigned i = 0; i < FLAME_WEIGHTS; i++)
		order[i] = weights[(first + i) % FLAME_WEIGHTS];
	tree = flame_tree_new(order, FLAME_WEIGHTS, 0);
	for (const struct stack_use *use = s->stacks.first; use; use = use->next) {
		const uint64_t all[FLAME_WEIGHTS] = { use->count, use->bytes, use->ns, use->major };
		struct path *p = tick_alloc(&v->tick, sizeof(*p));
		uint64_t turned[FLAME_WEIGHTS];

		for (unsigned i = 0; i < FLAME_WEIGHTS; i++)
			turned[i] = all[(first + i) % FLAME_WEIGHTS];
		path_add(p, tick_text(&v->tick, use->comm, sizeof(use->comm)), NULL, NULL, FLAME_GROUP);
		if (use->stack)
			path_add_frames(p, s, use->stack, &v->tick);
		else
			path_add(p, "[no stack]", NULL, NULL, FLAME_UNKNOWN);
		flame_tree_add(tree, p->frame, p->depth, turned);
		scratch_reset(v->tick.scratch);
	}
	return tree;
}
