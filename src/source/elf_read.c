/* SPDX-License-Identifier: GPL-2.0 */
#include "source/elf_read.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "decode/decode.h"
#include "host/procfs.h"
#include "model/fault/elf.h"
#include "model/fault/kind.h"

#define SETTLE_NS 200000000ull
#define FINISH_NS 500000000ull /* at the end of a run, what was asked has so long to be answered */

static void emit_missing(struct elf_reader *e, const struct opener_request *r, enum input_elf_read why)
{
	struct input_elf head = { .dev = r->dev, .ino = r->ino, .edition = r->edition, .read = why & 15u };

	e->remote += why == ELF_REMOTE;
	e->late += why == ELF_LATE || why == ELF_DEVICE_LATE;
	e->unasked += why == ELF_UNASKED || why == ELF_DIED;
	if (e->s->args->probe.verbose)
		fprintf(stderr, "mmtrace: ELF headers of inode %llu on device %x:%x: %s\n", (unsigned long long)r->ino,
			r->dev >> 20, r->dev & 0xfffff, elf_read_text(why));
	emit(e->s, INPUT_ELF, &head, sizeof(head), NULL, 0);
}

static void emit_answer(struct elf_reader *e, const struct opener_request *r, const struct elf_answer *a)
{
	struct input_elf head = { .dev = r->dev, .ino = r->ino, .edition = r->edition,
				  .read = a->head.error ? ELF_UNREADABLE : ELF_READ, .relro_start = a->relro_start, .relro_end = a->relro_end };
	struct input_segment list[ELF_PARTS] = { 0 };
	size_t n = 0;

	for (unsigned i = 0; i < a->count && n < ELF_PARTS; i++) {
		const struct elf_segment *seg = &a->segment[i];

		list[n++] = (struct input_segment){
			seg->offset, seg->vaddr, seg->filesz, seg->memsz,
			(seg->flags & 4 ? VM_READ : 0) | (seg->flags & 2 ? VM_WRITE : 0) | (seg->flags & 1 ? VM_EXEC : 0), 0,
		};
	}
	emit(e->s, INPUT_ELF, &head, sizeof(head), list, n * sizeof(list[0]));
}

static void on_end(void *ctx, const struct opener_request *r, enum opener_end end, const void *answer)
{
	const struct elf_answer *a = answer;
	struct elf_reader *e = ctx;

	switch (end) {
	case OPENER_ANSWERED:
		/* the VMA is gone: the next layout asks again */
		if (a->head.error != -ENOENT && a->head.error != -ESRCH && a->head.error != -ESTALE)
			emit_answer(e, r, a);
		break;
	case OPENER_LATE: emit_missing(e, r, ELF_LATE); break;
	case OPENER_DEVICE_LATE: emit_missing(e, r, ELF_DEVICE_LATE); break;
	case OPENER_DIED: emit_missing(e, r, ELF_DIED); break;
	case OPENER_NONE: emit_missing(e, r, ELF_UNASKED); break;
	}
}

/* Only what is mapped for execution: reading would bring a data file's pages into
 * memory, and so change what is being watched. */
static bool is_wanted(const struct elf_reader *e, const struct mmt_vma *v)
{
	return v->kind & MMT_VMA_FILE && !(v->kind & (MMT_VMA_ANON | MMT_VMA_DEVICE)) && v->vm_flags & VM_EXEC &&
	       !(v->vm_flags & VM_MAYSHARE) && !session_elf_known(session_of(e->s->model), v);
}

/* Not the path's file, which may be another one by now or in this namespace,
 * but the one that is mapped. */
static void ask(struct elf_reader *e, pid_t tid, const struct mmt_vma *v, const struct mmt_file_stamp *stamp,
		const char *path)
{
	struct opener_request r = { .what = OPENER_ELF_HEADERS, .by = OPENER_BY_RANGE, .pid = tid, .start = v->start,
					  .end = v->end, .dev = v->dev, .ino = v->ino, .edition = v->edition };

	if (stamp && strlen(path) < sizeof(r.path)) {
		strcpy(r.path, path);
		r.size = stamp->size;
		r.ctime_ns = stamp->ctime_ns;
	}
	if (v->kind & MMT_VMA_REMOTE)
		emit_missing(e, &r, ELF_REMOTE);
	else if (!e->opener)
		emit_missing(e, &r, ELF_UNASKED);
	else
		opener_ask(e->opener, &r); /* no room, or asked already: the next layout asks again */
}

void elf_ask_layout(struct elf_reader *e, pid_t pid, const void *layout, size_t size)
{
	struct layout_cursor c = { .bytes = layout, .size = size };
	struct layout_record r;
	pid_t via = 0;

	while (decode_layout(&c, &r)) {
		if (r.type != MMT_LAYOUT_VMA || !is_wanted(e, &r.vma->vma))
			continue;
		via = via ? via : procfs_living(pid);
		ask(e, via, &r.vma->vma, NULL, NULL);
	}
	elf_take(e);
}

void elf_ask_seen(struct elf_reader *e, const void *record, size_t size)
{
	const struct mmt_head *h = decode_record(record, size);
	const struct mmt_vma_seen *seen = record;
	const struct mmt_file_stamp *stamp;
	struct mmt_file_stamp room;
	char name[NAME_ROOM];

	if (!h || h->kind != MMT_KIND_VMA_SEEN || seen->foreign || !is_wanted(e, &seen->vma))
		return;
	size -= offsetof(struct mmt_vma_seen, name);
	stamp = decode_stamp(seen->name_flags, seen->name, size, &room);
	if (seen->name_flags & (MMT_NAME_DELETED | MMT_NAME_CUT | MMT_NAME_UNKNOWN))
		stamp = NULL; /* it has no such path */
	decode_name(seen->name_flags, seen->vma.ino, seen->name, size, name);
	ask(e, (pid_t)h->tid, &seen->vma, stamp, name);
}

static void say_deaths(struct elf_reader *e)
{
	if (e->deaths_said || !opener_deaths(e->opener))
		return;
	e->deaths_said = true;
	fprintf(stderr, "mmtrace: %.1fs: a process that reads ELF headers for it has died: the file it was at is not read\n",
		e->s->t0 ? (double)(clock_monotonic_ns() - e->s->t0) / 1e9 : 0.0);
}

void elf_take(struct elf_reader *e)
{
	if (!e->opener)
		return;
	opener_take(e->opener, on_end, e);
	say_deaths(e);
}

void elf_settle(struct elf_reader *e)
{
	if (!e->opener)
		return;
	opener_wait(e->opener, SETTLE_NS, on_end, e);
	say_deaths(e);
}

void elf_finish(struct elf_reader *e)
{
	if (!e->opener)
		return;
	opener_finish(e->opener, FINISH_NS, on_end, e);
	say_deaths(e);
}

/* --- thread stacks --- */

#define STACK_TRIES 10 /* passes: a thread that never blocks is not asked for ever */
#define STACK_THREADS 64

struct stack_search { struct source *s; const struct process *p; pid_t from; int budget; bool running; };

static bool on_thread(void *ctx, pid_t tid)
{
	struct stack_search *search = ctx;
	struct input_stack found = { .pid = search->p->pid, .tid = tid };
	struct input_thread named = { .pid = search->p->pid, .tid = tid };
	char name[17];

	if (tid == search->p->pid || tid < search->from)
		return true; /* the leader's is [stack] */
	search->from = tid;
	if (!search->budget)
		return false;
	search->budget--;
	if (procfs_thread_name(search->p->pid, tid, name))
		emit(search->s, INPUT_THREAD, &named, sizeof(named), name, strlen(name) + 1);
	if (procfs_stack_pointer(search->p->pid, tid, &found.sp) == 0)
		emit(search->s, INPUT_STACK, &found, sizeof(found), NULL, 0);
	else
		search->running = true;
	return true;
}

/* false: the budget is spent, it goes on there next time. */
static bool search_process(struct stack_search *search)
{
	const struct process *p = search->p;
	bool news = p->stacks_at != p->threads_changed + 1;
	struct input_stacks state = { .threads_changed = p->threads_changed, .pid = p->pid,
				      .passes = news ? STACK_TRIES : p->stacks_passes };

	if (!state.passes)
		return true;
	search->from = news ? 0 : p->stacks_from;
	search->running = false;
	procfs_threads(p->pid, on_thread, search);
	if (!search->budget) {
		state.from = search->from;
	} else {
		state.passes = search->running ? state.passes - 1 : 0;
	}
	emit(search->s, INPUT_STACKS, &state, sizeof(state), NULL, 0);
	return search->budget > 0;
}

void stacks_read(struct source *s)
{
	struct stack_search search = { .s = s, .budget = STACK_THREADS };

	for (const struct process *p = session_of(s->model)->processes; p; p = p->next) {
		const struct mm *mm = process_mm(session_of(s->model), p);

		search.p = p;
		if (!p->dead && mm && mm->generation && !search_process(&search)) /* no layout, no stacks */
			return;
	}
}
