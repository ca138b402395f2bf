/* SPDX-License-Identifier: GPL-2.0 */
/* Folded stacks, at the end: a line for each, the outermost frame first, and its weight, as tools for flame
 * graphs read them. */
#include <inttypes.h>
#include <string.h>

#include "model/fault/session.h"
#include "view/format.h"
#include "view/rows/stack.h"

/* What is weighed: faults, bytes, time, major ones. */
static uint64_t weight_of(const struct model *m, const struct stack_use *use)
{
	const char *by = model_fact(m, "option", "weight");

	if (by && !strcmp(by, "bytes"))
		return use->bytes;
	if (by && !strcmp(by, "time"))
		return use->ns;
	return by && !strcmp(by, "major") ? use->major : use->count;
}

/* Semicolons part frames; a name that is no list of functions may hold one. */
static void put_plain(struct view *v, const char *name)
{
	char *text = tick_escaped(&v->tick, name);

	for (char *c = text; *c; c++)
		*c = *c == ';' ? ':' : *c;
	fputs(text, v->out);
}

static void put_frames(struct view *v, const struct stack *stack)
{
	const struct session *s = session_of(v->model);

	if (stack->why != MMT_STACK_COMPLETE)
		fprintf(v->out, ";[incomplete: %s]", stack_why_key(stack->why));
	for (int i = stack->count; i-- > 0;) {
		const struct name *name = name_find(&s->names, INPUT_NAME_FRAME, stack->frame[i]);

		fputc(';', v->out);
		if (name)
			fputs(tick_escaped(&v->tick, name->text), v->out);
		else
			put_plain(v, frame_text(s, stack->frame[i], &v->tick));
		if (stack->guessed != MMT_STACK_ALL_KNOWN && i >= stack->guessed)
			fputs(" [guessed]", v->out);
	}
}

static void put_use(struct view *v, const struct stack_use *use)
{
	uint64_t weight = weight_of(v->model, use);

	if (!weight)
		return;
	put_plain(v, tick_text(&v->tick, use->comm, sizeof(use->comm)));
	if (use->stack)
		put_frames(v, use->stack);
	else
		fputs(";[no stack]", v->out);
	fprintf(v->out, " %" PRIu64 "\n", weight);
	scratch_reset(v->tick.scratch);
}

static void end(struct view *v)
{
	if (v->model->type != &model_fault)
		return;
	for (const struct stack_use *use = session_of(v->model)->stacks.first; use; use = use->next)
		put_use(v, use);
}

const struct format format_folded = { .name = "folded", .help = "folded call stacks, for tools that draw flame "
  "graphs", .end = end };
