/* SPDX-License-Identifier: GPL-2.0 */
#include "source/stack_names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "decode/decode.h"
#include "model/fault/session.h"
#include "probe/probe.h"
#include "source/source.h"
#include "sym/user.h"

#define RESOLVE_NS (20 * CLOCK_SECOND_NS)
#define SERVERS_NS (300 * CLOCK_SECOND_NS) /* where servers are asked */
#define TEXT_MAX 4096
#define STARTED_SLACK_NS CLOCK_SECOND_NS /* times of files are coarse, and clocks are set */

void stack_names_start(struct stack_namer *n, const struct args *a)
{
	struct user_options options = { .inlined = true, .debuginfod = a->stack.debuginfod };

	n->kernel = a->stack.kernel ? ksym_load(NULL) : NULL;
	options.kernel = n->kernel;
	n->resolve_ns = a->stack.debuginfod ? SERVERS_NS : RESOLVE_NS;
	n->modules = MAP(1);
	n->user = user_start(&options);
}

void stack_names_entries(const struct stack_namer *n, struct probe_options *out)
{
	static const char *const names[MMT_FAULT_ENTRIES] = { "asm_exc_page_fault", "handle_mm_fault" };
	struct ksym_span span;
	struct ksym k;

	for (size_t i = 0; n->kernel && i < MMT_FAULT_ENTRIES; i++) {
		out->fault_entry[i].from = ksym_address(n->kernel, names[i]);
		for (size_t at = 0; out->fault_entry[i].from && ksym_span(n->kernel, at, &span); at++)
			if (span.start == out->fault_entry[i].from && ksym_find(n->kernel, span.start, &k))
				out->fault_entry[i].size = span.end - span.start;
	}
}

void stack_names_take(struct stack_namer *n)
{
	if (n->user)
		user_take(n->user);
}

int stack_names_fd(const struct stack_namer *n)
{
	return n->user ? user_fd(n->user) : -1;
}

void stack_names_stop(struct stack_namer *n)
{
	user_free(n->user);
	ksym_free(n->kernel);
	map_free(&n->modules);
}

void stack_names_note(struct stack_namer *n, const struct source *s, const void *record, size_t size,
		      const char *path)
{
	const struct mmt_head *h = n->user ? decode_record(record, size) : NULL;
	const struct mmt_object *o = record;
	const struct stack_file *known;
	struct user_file file;
	uint32_t module;

	if (!h || h->kind != MMT_KIND_OBJECT)
		return;
	known = stacks_file(&session_of(s->model)->stacks, o->id);
	file = (struct user_file){ .ino = o->key.ino, .dev = o->key.dev, .edition = o->key.edition, .pid = (int32_t)h->tid,
				   .start = o->start, .end = o->end, .path = path ? path : known ? known->name : NULL, .remote = o->remote };
	module = user_module(n->user, &file);
	if (module)
		map_set_number(&n->modules, o->id, (void *)(uintptr_t)module);
	user_take(n->user);
}

/* --- at the end --- */

struct frames {
	struct source *s;
	struct user_place *place;
	uint64_t *frame;
	size_t count, room, frame_room;
	struct map seen;
};

/* 0: not known. */
static uint64_t started_unix_ns(const struct session *s, pid_t pid)
{
	const struct process *p = session_find(s, pid);

	return p && p->start_time ? p->start_time + clock_unix_ns() - clock_boottime_ns() - STARTED_SLACK_NS : 0;
}

static void frame_add(struct stack_namer *n, struct frames *f, uint64_t frame, int32_t pid)
{
	struct user_place place = { .kind = USER_FILE, .address = (uint32_t)frame };

	if (map_get_number(&f->seen, frame))
		return;
	map_set_number(&f->seen, frame, f);
	if (frame & MMT_FRAME_KERNEL)
		place = (struct user_place){ .kind = USER_KERNEL, .address = frame };
	else if (frame & MMT_FRAME_VDSO)
		place.kind = USER_VDSO;
	else if (frame & MMT_FRAME_ADDRESS)
		place = (struct user_place){ .kind = USER_JIT, .pid = pid, .address = frame & ~MMT_FRAME_ADDRESS,
					     .started_unix_ns = started_unix_ns(session_of(f->s->model), pid) };
	else
		place.module = (uint32_t)(uintptr_t)map_get_number(&n->modules, MMT_FRAME_ID(frame));
	if (place.kind == USER_FILE && !place.module)
		return;
	f->place = xgrow(f->place, f->count, &f->room, sizeof(*f->place));
	f->frame = xgrow(f->frame, f->count, &f->frame_room, sizeof(*f->frame));
	f->place[f->count] = place;
	f->frame[f->count++] = frame;
}

/* Functions, the outermost first, as folded stacks have them; then the line of source, if it is known. */
static void on_name(void *ctx, size_t i, const struct user_place *place, const struct user_name *name)
{
	struct frames *f = ctx;
	struct input_name head = { .kind = INPUT_NAME_FRAME, .key = f->frame[i], .extra = name->offset };
	char text[TEXT_MAX];
	size_t used = 0;

	if (!name->count && f->s->args->probe.verbose)
		fprintf(stderr, "mmtrace: frame %llx of file %u: %s\n", (unsigned long long)place->address, place->module,
			user_why_text(name->why));
	if (!name->count)
		return;
	for (uint32_t k = name->count; k-- > 0 && used < sizeof(text) / 2;)
		used += (size_t)snprintf(text + used, sizeof(text) / 2 - used + 1, "%s%s", used ? ";" : "", name->frame[k].function);
	used = strlen(text) + 1;
	if (name->frame[0].source)
		used += (size_t)snprintf(text + used, 1024, "%.900s:%u", name->frame[0].source, name->frame[0].line) + 1;
	else
		text[used++] = '\0';
	emit(f->s, INPUT_NAME, &head, sizeof(head), text, strnlen(text + strlen(text) + 1, 1023) + strlen(text) + 2);
}

void stack_names_emit(struct stack_namer *n, struct source *s)
{
	struct frames f = { .s = s, .seen = MAP(1) };

	if (!n->user)
		return;
	for (const struct stack_use *use = session_of(s->model)->stacks.first; use; use = use->next) {
		const struct stack *stack = stacks_find(&session_of(s->model)->stacks, use->id);

		for (int i = 0; stack && i < stack->count; i++)
			frame_add(n, &f, stack->frame[i], use->pid);
	}
	if (f.count)
		user_resolve(n->user, f.place, f.count, n->resolve_ns, on_name, &f);
	free(f.place);
	free(f.frame);
	map_free(&f.seen);
}
