/* SPDX-License-Identifier: GPL-2.0 */
/* Events of trace, one by one: faults, mapping calls, fork, exec, exit.  The row is
 * the record of the ring, which the model has had. */
#include <inttypes.h>

#include "decode/decode.h"
#include "view/rows/call.h"
#include "view/rows/fault.h"
#include "view/rows/stat.h"

static const struct mmt_head *head_of(const void *row)
{
	return row;
}

static const struct mmt_fault *fault_of(const void *row)
{
	return row;
}

static const struct mmt_call *call_of(const void *row)
{
	return row;
}

/* --- all events --- */

static struct value get_time(const struct field *f, const void *row, const struct tick *t)
{
	uint64_t t0 = t->model->clock.t0, time = head_of(row)->time;

	(void)f;
	return value_uint(time > t0 ? time - t0 : 0);
}

static struct value get_head(const struct field *f, const void *row, const struct tick *t)
{
	const struct mmt_head *h = head_of(row);

	(void)t;
	return value_uint(f->arg == 0 ? h->cpu : f->arg == 1 ? h->tgid : h->tid);
}

#define EVENT_FIELDS \
	{ .key = "t", .help = "when it ended, ns since t0", .unit = UNIT_NS, .get = get_time }, \
	{ .key = "cpu", .help = "CPU", .unit = UNIT_NUMBER, .get = get_head, .arg = 0 }, \
	{ .key = "pid", .help = "process", .unit = UNIT_NUMBER, .get = get_head, .arg = 1 }, \
	{ .key = "tid", .help = "thread", .unit = UNIT_NUMBER, .get = get_head, .arg = 2 }

/* --- where the user's code was, of faults and calls --- */

static struct value get_ip(const struct field *f, const void *row, const struct tick *t)
{
	uint64_t ip = session_of(t->model)->code.ip;

	(void)f, (void)row;
	return ip ? value_uint(ip) : value_none();
}

const char *code_text(const struct tick *t)
{
	const struct code *c = &session_of(t->model)->code;

	return c->name ? tick_printf(t, "%s+0x%" PRIx64, c->name, c->offset) : NULL;
}

static struct value get_code(const struct field *f, const void *row, const struct tick *t)
{
	const char *text = code_text(t);

	(void)f, (void)row;
	return text ? value_text(text) : value_none();
}

#define CODE_FIELDS(ip_help) \
	{ .key = "ip", .help = ip_help, .unit = UNIT_ADDRESS, .get = get_ip }, \
	{ .key = "code", .help = "file and offset of ip: libc.so.6+0xd45e0; null: not known what is mapped there", \
	  .get = get_code }

/* --- faults --- */

static struct value get_address(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return value_uint(fault_of(row)->addr);
}

static struct value get_class(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return value_text(class_keys[fault_of(row)->cls]);
}

static struct value get_major(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return value_bool(fault_of(row)->flags & MMT_FAULT_MAJOR);
}

static struct value get_page(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return page_key(fault_of(row)) ? value_text(page_key(fault_of(row))) : value_none();
}

static struct value get_mode(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return value_text(mode_keys[fault_of(row)->mode]);
}

static struct value get_latency(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return fault_of(row)->ns ? value_uint(fault_of(row)->ns) : value_none();
}

static struct value get_vma(const struct field *f, const void *row, const struct tick *t)
{
	const struct vma *v = session_vma_of(session_of(t->model), row);

	(void)f;
	return v ? value_uint(v->id) : value_none();
}

static struct value get_stack(const struct field *f, const void *row, const struct tick *t)
{
	const struct mmt_fault_stack *r = row;

	(void)f, (void)t;
	return head_of(row)->kind == MMT_KIND_FAULT_STACK && r->stack ? value_uint(r->stack) : value_none();
}

/* clang-format off */
static const struct field fault_fields[] = {
	EVENT_FIELDS,
	{ .key = "addr", .help = "address", .unit = UNIT_ADDRESS, .get = get_address },
	{ .key = "class", .help = "what happened: docs/json.md lists the classes", .get = get_class },
	{ .key = "major", .help = "major, else minor (error: neither)", .get = get_major },
	{ .key = "page", .help = "new: the page of the file or shared memory was not in memory when it began; there: it was; "
				 "null: no such page, or not known", .get = get_page },
	{ .key = "mode", .help = "user, kernel or gup", .get = get_mode },
	{ .key = "ns", .help = "latency; null: not measured", .unit = UNIT_NS, .get = get_latency },
	{ .key = "vma", .help = "number of its VMA, as in rows; null: none is known", .unit = UNIT_NUMBER,
	  .get = get_vma },
	CODE_FIELDS("the user's instruction that made it, or in whose system call it was; null: no user's"),
	{ .key = "stack", .help = "number of its call stack, which a line of type frames describes; null: none was taken",
	  .unit = UNIT_ADDRESS, .get = get_stack },
};
/* clang-format on */

const struct row_type event_fault = {
	.name = "fault", .help = "a page fault", .fields = fault_fields, .count = FIELD_COUNT(fault_fields),
};

/* --- calls --- */

static struct value get_call(const struct field *f, const void *row, const struct tick *t)
{
	char name[24];

	(void)f;
	return value_text(tick_text(t, call_name(call_of(row), name, sizeof(name)), sizeof(name)));
}

static void put_args(const struct nest *n, struct nest_out *o)
{
	const struct mmt_call *c = n->data;

	for (int i = 0; i < call_args(c); i++) {
		struct value v = value_uint(c->arg[i]);

		o->value(o, NULL, &v, UNIT_ADDRESS);
	}
}

static struct value get_args(const struct field *f, const void *row, const struct tick *t)
{
	(void)f;
	return (struct value){ .type = VALUE_NEST, .nest = { put_args, row, t, true } };
}

static struct value get_result(const struct field *f, const void *row, const struct tick *t)
{
	(void)f;
	return value_text(tick_printf(t, "%lld", (long long)call_of(row)->ret)); /* may have more than 53 bits */
}

static struct value get_call_vma(const struct field *f, const void *row, const struct tick *t)
{
	const struct mmt_call *c = row;
	const struct vma *v = c->sig ? session_vma_by_key(session_of(t->model), c->head.mm_id, c->sig, c->anchor) : NULL;

	(void)f;
	return v ? value_uint(v->id) : value_none();
}

/* clang-format off */
static const struct field call_fields[] = {
	EVENT_FIELDS,
	{ .key = "call", .help = "mmap, munmap, brk ...; stack_grow: a stack grew", .get = get_call },
	{ .key = "args", .help = "as many as the call takes; of stack_grow the address reached", .get = get_args },
	{ .key = "ret", .help = "its result", .get = get_result },
	{ .key = "vma", .help = "number of the VMA concerned; null: none is known", .unit = UNIT_NUMBER,
	  .get = get_call_vma },
	CODE_FIELDS("the user's instruction behind the call; of stack_grow that which reached further; null: not known"),
};
/* clang-format on */

const struct row_type event_call = {
	.name = "call", .help = "a call that changes mappings, or the growth of a stack", .fields = call_fields,
	.count = FIELD_COUNT(call_fields),
};

/* --- fork, exec, exit --- */

static struct value get_event(const struct field *f, const void *row, const struct tick *t)
{
	uint16_t kind = head_of(row)->kind;

	(void)f, (void)t;
	return value_text(kind == MMT_KIND_EXEC ? "exec" : kind == MMT_KIND_FORK ? "fork" : "exit");
}

static struct value get_text(const struct field *f, const void *row, const struct tick *t)
{
	const struct mmt_fork *fork = row;

	(void)f;
	if (head_of(row)->kind == MMT_KIND_EXEC)
		return value_text(tick_text(t, ((const struct mmt_exec *)row)->filename, MMT_NAME_LEN * 2));
	if (head_of(row)->kind == MMT_KIND_FORK)
		return value_text(tick_printf(t, "%s of %u", fork->thread ? "thread" : "child", fork->parent_tgid));
	return value_text(((const struct mmt_exit *)row)->group_dead ? "process" : "thread");
}

static struct value get_fork_time(const struct field *f, const void *row, const struct tick *t)
{
	uint64_t ns = head_of(row)->kind == MMT_KIND_FORK ? session_of(t->model)->fork_ns : 0;

	(void)f;
	return ns ? value_uint(ns) : value_none();
}

/* clang-format off */
static const struct field life_fields[] = {
	EVENT_FIELDS,
	{ .key = "ns", .help = "of a fork: from the making of the child's mm, which its copying begins with; null: "
			       "none was copied (vfork, threads), or the kernel does not show it (before 6.2)",
	  .unit = UNIT_NS, .get = get_fork_time },
	{ .key = "event", .help = "fork, exec or exit", .get = get_event },
	{ .key = "text", .help = "the program; child or thread of a process; process or thread", .get = get_text },
};
/* clang-format on */

const struct row_type event_life = {
	.name = "life", .help = "fork, exec, exit", .fields = life_fields, .count = FIELD_COUNT(life_fields),
};

/* --- the mappings of events --- */

static const struct vma *vma_of(const void *row)
{
	return row;
}

/* pid 0, number 1, start 2, end 3, offset in its file 4 */
static struct value get_seen(const struct field *f, const void *row, const struct tick *t)
{
	const struct vma *v = vma_of(row);
	const uint64_t values[] = { (uint64_t)v->mm->proc->pid, v->id, v->v.start, v->v.end, v->v.pgoff * 4096 };

	(void)t;
	if ((f->arg > 1 && !v->known) || (f->arg == 4 && !(v->v.kind & MMT_VMA_FILE)))
		return value_none();
	return value_uint(values[f->arg]);
}

static struct value get_seen_name(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return value_text(vma_of(row)->name);
}

/* clang-format off */
static const struct field seen_fields[] = {
	{ .key = "pid", .help = "process whose address space it is in", .unit = UNIT_NUMBER, .get = get_seen, .arg = 0 },
	{ .key = "vma", .help = "its number, which stands for it in events", .unit = UNIT_NUMBER, .get = get_seen, .arg = 1 },
	{ .key = "start", .help = "its bounds; null: not known", .unit = UNIT_ADDRESS, .get = get_seen, .arg = 2 },
	{ .key = "end", .help = "the address behind it", .unit = UNIT_ADDRESS, .get = get_seen, .arg = 3 },
	{ .key = "offset", .help = "of start in its file; null: it has none", .unit = UNIT_ADDRESS, .get = get_seen,
	  .arg = 4 },
	{ .key = "name", .help = "file or name, as in /proc/PID/maps", .get = get_seen_name },
};
/* clang-format on */

const struct row_type event_seen = {
	.name = "vma_seen", .help = "a VMA, before the first event on it, and again where its bounds or its name are others",
	.fields = seen_fields, .count = FIELD_COUNT(seen_fields),
};

/* The VMA that a fault or call is about; NULL: none is known. */
static const struct vma *event_vma(const struct session *s, const struct row_type *type, const void *row)
{
	const struct mmt_call *c = row;

	if (type == &event_fault)
		return session_vma_of(s, row);
	return type == &event_call && c->sig ? session_vma_by_key(s, c->head.mm_id, c->sig, c->anchor) : NULL;
}

const struct row_type *fault_introduced(const struct model *m, const struct row_type *type, const void *row,
					struct introduced *out)
{
	const struct vma *v = event_vma(session_of(m), type, row);

	if (!v)
		return NULL;
	*out = (struct introduced){ v, v->id, v->v.start * 31 ^ v->v.end ^ v->named };
	return &event_seen;
}

/* --- which are shown --- */

const struct row_type *fault_event(const struct model *m, const struct input *in, const void **row)
{
	const struct mmt_head *h = in->kind == INPUT_RECORD ? decode_record(in->body, in->size) : NULL;

	if (!h || !filter_passes(session_of(m), h))
		return NULL;
	*row = in->body;
	return h->kind == MMT_KIND_FAULT || h->kind == MMT_KIND_FAULT_STACK ? &event_fault
		: h->kind == MMT_KIND_CALL ? &event_call : &event_life;
}
