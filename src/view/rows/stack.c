/* SPDX-License-Identifier: GPL-2.0 */
/* Call stacks: what was counted under each, by process, and, once, its frames. */
#include "view/rows/stack.h"

#include <inttypes.h>
#include <string.h>

#include "model/names.h"
#include "view/rows/fault.h"

static const char *const states[STACK_STATES] = { "complete", "guessed", "incomplete" };

static const struct { const char *key, *help; } whys[] = {
#define STACK_WHY(NAME, n, key, help) [n] = { key, help },
#include "wire/stack_why.def"
#undef STACK_WHY
};

/* --- frames in words --- */

const char *frame_module(const struct session *s, uint64_t frame, const struct tick *t)
{
	const struct stack_file *f;
	const char *last;

	if (frame & MMT_FRAME_KERNEL)
		return "[kernel]";
	if (frame & MMT_FRAME_ADDRESS)
		return "[anon]";
	if (frame & MMT_FRAME_VDSO)
		return "[vdso]";
	f = stacks_file(&s->stacks, MMT_FRAME_ID(frame));
	if (!f || !f->name)
		return "[unknown]";
	last = strrchr(f->name, '/');
	return tick_printf(t, "%s", last ? last + 1 : f->name);
}

uint64_t frame_offset(uint64_t frame)
{
	return frame & MMT_FRAME_KERNEL ? frame : frame & MMT_FRAME_ADDRESS ? frame & ~MMT_FRAME_ADDRESS : (uint32_t)frame;
}

/* "outer;inner" as "inner < outer": here the innermost is first. */
static const char *inlined_first(const char *names, const struct tick *t)
{
	char *rest = tick_printf(t, "%s", names), *last;
	const char *text = NULL;

	while ((last = strrchr(rest, ';'))) {
		text = text ? tick_printf(t, "%s < %s", text, last + 1) : last + 1;
		*last = '\0';
	}
	return text ? tick_printf(t, "%s < %s", text, rest) : rest;
}

const struct name *frame_name(const struct session *s, uint64_t frame, pid_t pid)
{
	if (frame_is_own(frame))
		return name_find_code(&s->names, pid, frame);
	return name_find(&s->names, INPUT_NAME_FRAME, frame);
}

const char *frame_text(const struct session *s, uint64_t frame, pid_t pid, const struct tick *t)
{
	const struct name *name = frame_name(s, frame, pid);

	if (name)
		return tick_printf(t, "%s%s", inlined_first(name->text, t), frame & MMT_FRAME_KERNEL ? "_[k]" : "");
	return tick_printf(t, "%s+0x%" PRIx64, frame_module(s, frame, t), frame_offset(frame));
}

/* --- who faults --- */

static const struct stack_use *use_of(const void *row)
{
	return row;
}

static void each(const struct model *m, row_fn fn, void *ctx)
{
	for (const struct stack_use *use = session_of(m)->stacks.first; use; use = use->next)
		fn(ctx, use);
}

static uint64_t version(const void *row)
{
	return use_of(row)->version;
}

static struct value get_id(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return use_of(row)->id ? value_uint(use_of(row)->id) : value_none();
}

static struct value get_number(const struct field *f, const void *row, const struct tick *t)
{
	const struct stack_use *u = use_of(row);
	const uint64_t values[] = { (uint64_t)u->pid, u->count, u->major, u->ns, u->bytes };

	(void)t;
	return f->arg || u->pid ? value_uint(values[f->arg]) : value_none();
}

static struct value get_comm(const struct field *f, const void *row, const struct tick *t)
{
	(void)f;
	if (!use_of(row)->pid)
		return value_none();
	return value_text(tick_text(t, use_of(row)->comm, sizeof(use_of(row)->comm)));
}

static struct value get_state(const struct field *f, const void *row, const struct tick *t)
{
	const struct stack *s = use_of(row)->stack;

	(void)t;
	if (!s)
		return value_none();
	return value_text(f->arg ? whys[s->why].key : states[stack_state(s)]);
}

static struct value get_depth(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return use_of(row)->stack ? value_uint(use_of(row)->stack->count) : value_none();
}

/* The innermost frames, the first one first: what has room on a line. */
static struct value get_frames(const struct field *f, const void *row, const struct tick *t)
{
	const struct stack *s = use_of(row)->stack;
	const char *text = "";

	(void)f;
	if (!s)
		return value_none();
	for (int i = 0; i < s->count; i++)
		text = tick_printf(t, "%s%s%s", text, i ? " < " : "",
				   frame_text(session_of(t->model), s->frame[i], use_of(row)->pid, t));
	return value_text(text);
}

/* clang-format off */
static const struct field fields[] = {
	{ .key = "stack", .title = "STACK", .help = "its number, by which a line of type frames describes it; "
	  "null: it could not be taken",
	  .unit = UNIT_ADDRESS, .width = 18, .label = true, .flags = FIELD_VOLATILE, .rank = RANK_ASKED, .get = get_id },
	{ .key = "pid", .title = "PID", .help = "process that faulted; null: many, whose rows had no room",
	  .unit = UNIT_NUMBER, .width = 7, .label = true, .flags = FIELD_VOLATILE | FIELD_SAME_GOES, .get = get_number },
	{ .key = "comm", .title = "COMM", .help = "name of the process", .width = -15, .label = true, .flags = FIELD_SAME_GOES,
	  .rank = 20, .get = get_comm },
	{ .key = "count", .path = "faults.count", .title = "FAULTS", .help = "faults under the stack",
	  .unit = UNIT_COUNT, .width = 8,
	  .flow = FLOW_TOTAL, .merge = MERGE_SUM, .get = get_number, .arg = 1 },
	{ .key = "major", .path = "faults.major", .title = "MAJOR", .help = "of these, major ones",
	  .unit = UNIT_COUNT, .width = 7,
	  .flow = FLOW_TOTAL, .merge = MERGE_SUM, .flags = FIELD_ZERO_GOES, .rank = 10, .get = get_number, .arg = 2 },
	{ .key = "time", .path = "faults.ns", .title = "TIME", .help = "time spent in them", .unit = UNIT_NS, .width = 8,
	  .flow = FLOW_TOTAL, .merge = MERGE_SUM, .rank = 11, .get = get_number, .arg = 3 },
	{ .key = "bytes", .path = "faults.bytes", .title = "BYTES", .help = "made resident by them, at least: a "
	  "page each, huge ones whole",
	  .unit = UNIT_BYTES, .width = 7, .flow = FLOW_TOTAL, .merge = MERGE_SUM, .rank = 5, .get = get_number, .arg = 4 },
	{ .key = "state", .title = "STATE", .help = "complete; guessed: from some frame on by frame pointers; "
	  "incomplete", .width = -10,
	  .label = true, .rank = 30, .flags = FIELD_SAME_GOES, .get = get_state, .arg = 0 },
	{ .key = "why", .title = "ENDS", .help = "how the walk ended: complete, no_table, no_info, unreadable, "
	  "not_code, register, rule, "
	  "too_deep, loop, bits_32, unread_file, no_user, files_full, far_offset", .width = -11, .label = true,
	  .rank = RANK_ASKED, .get = get_state, .arg = 1 },
	{ .key = "depth", .title = "DEPTH", .help = "frames", .unit = UNIT_NUMBER, .width = 5,
	  .rank = RANK_ASKED, .get = get_depth },
	{ .key = "frames", .title = "FRAMES", .help = "its frames, the innermost first: file and offset in it", .width = -20,
	  .flags = FIELD_TABLE_ONLY | FIELD_LAST | FIELD_CUT_END, .get = get_frames },
};
/* clang-format on */

const struct row_type row_stack = {
	.name = "stack", .noun = "stack", .nouns = "stacks", .help = "faults by call stack and process (-U)",
	.sort = "count", .tie = "stack", .fields = fields, .count = FIELD_COUNT(fields), .each = each, .version = version,
};

/* --- what they are --- */

static const struct stack *stack_of(const void *row)
{
	return ((const struct stack_use *)row)->stack;
}

/* One use of each stack that has come; each of those with code of its own process. */
static void each_frames(const struct model *m, row_fn fn, void *ctx)
{
	for (const struct stack_use *use = session_of(m)->stacks.first; use; use = use->next)
		if (use->stack && use->describes)
			fn(ctx, use);
}

static uint64_t frames_version(const void *row)
{
	return ((const struct stack_use *)row)->described;
}

static struct value get_own(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return stack_of(row)->own ? value_uint((uint64_t)use_of(row)->pid) : value_none();
}

static struct value get_guessed(const struct field *f, const void *row, const struct tick *t)
{
	const struct stack *s = stack_of(row);

	(void)f, (void)t;
	return s->guessed == MMT_STACK_ALL_KNOWN ? value_none() : value_uint(s->guessed);
}

static void put_frames(const struct nest *n, struct nest_out *o)
{
	const struct session *session = session_of(n->t->model);
	const struct stack_use *use = n->data;
	const struct stack *s = use->stack;

	for (int i = 0; i < s->count; i++) {
		const struct stack_file *file = stacks_file(&session->stacks, MMT_FRAME_ID(s->frame[i]));
		const struct value module = value_text(file && file->name ? file->name : frame_module(session, s->frame[i], n->t));
		const struct value offset = value_uint(frame_offset(s->frame[i]));
		const struct name *name = frame_name(session, s->frame[i], use->pid);
		const struct value function = value_text(name ? name->text : NULL);
		const struct value source = value_text(name && *name->more ? name->more : NULL);

		o->open(o, NULL, false);
		o->value(o, "module", &module, UNIT_NONE);
		o->value(o, "offset", &offset, UNIT_ADDRESS);
		o->value(o, "function", &function, UNIT_NONE);
		o->value(o, "source", &source, UNIT_NONE);
		o->close(o, false);
	}
}

static struct value get_nest(const struct field *f, const void *row, const struct tick *t)
{
	(void)f;
	return (struct value){ .type = VALUE_NEST, .nest = { put_frames, row, t, true } };
}

/* clang-format off */
static const struct field frames_fields[] = {
	{ .key = "stack", .help = "number of the stack", .unit = UNIT_ADDRESS, .get = get_id },
	{ .key = "pid", .help = "process, if frames lie in memory of no file, where each has "
	  "code of its own: a line for each; null: the same in all", .unit = UNIT_NUMBER, .get = get_own },
	{ .key = "state", .help = "complete; guessed: from guessed_from on by frame pointers; incomplete",
	  .get = get_state, .arg = 0 },
	{ .key = "why", .help = "how the walk ended; complete: where the thread began", .get = get_state, .arg = 1 },
	{ .key = "guessed_from", .help = "the first frame that was found by frame pointers; null: none was",
	  .unit = UNIT_NUMBER,
	  .get = get_guessed },
	{ .key = "frames", .help = "[{module, offset, function, source}], the innermost first; offset: in the "
	  "file, of the call where it is no first frame; of module [kernel], which come first, the address; "
	  "function, source: null before the end of the run, and where not known; those inlined in it follow "
	  "behind semicolons",
	  .rank = RANK_DATA, .get = get_nest },
};
/* clang-format on */

const struct row_type row_frames = {
	.name = "frames", .noun = "stack", .nouns = "stacks", .help = "the frames of a call stack, once",
	.fields = frames_fields, .count = FIELD_COUNT(frames_fields), .each = each_frames, .version = frames_version,
};

/* --- totals, in the last line --- */

const char *stack_why_key(unsigned why)
{
	return whys[why].key;
}

const char *stack_why_help(unsigned why)
{
	return whys[why].help;
}

static void put_totals(const struct nest *n, struct nest_out *o)
{
	const struct stacks *s = n->data;

	for (int i = 0; i < STACK_STATES; i++) {
		const struct value v = value_uint(s->state[i]);

		o->value(o, states[i], &v, UNIT_COUNT);
	}
	const struct value none = value_uint(s->none);

	o->value(o, "none", &none, UNIT_COUNT);
	o->open(o, "why", false);
	for (int i = 0; i < MMT_STACK_WHY_COUNT; i++) {
		const struct value v = value_uint(s->why[i]);

		if (s->why[i])
			o->value(o, whys[i].key, &v, UNIT_COUNT);
	}
	o->close(o, false);
}

struct value stacks_value(const struct session *s, const struct tick *t)
{
	if (!model_option(&s->base, "stacks"))
		return value_none();
	return (struct value){ .type = VALUE_NEST, .nest = { put_totals, &s->stacks, t, false } };
}
