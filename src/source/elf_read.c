/* SPDX-License-Identifier: GPL-2.0 */
#include "source/elf_read.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "decode/decode.h"
#include "host/elf.h"
#include "host/procfs.h"
#include "model/fault/elf.h"
#include "model/fault/kind.h"

/* Not the path's file, which may be another one by now or in this namespace,
 * but the one that is mapped. */
static void file_read(struct source *s, pid_t pid, const struct mmt_vma *v)
{
	struct input_elf head = { .dev = v->dev, .ino = v->ino };
	struct input_segment list[ELF_PARTS] = { 0 };
	struct elf_headers h = { 0 };
	char path[96];
	size_t n = 0;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/map_files/%llx-%llx", pid, v->start, v->end);
	fd = elf_open(path);
	if (fd == -ENOENT)
		return; /* the VMA changed meanwhile: the next layout asks again */
	if (fd >= 0) {
		head.read = elf_read(fd, &h) == 0;
		close(fd);
	}
	for (unsigned i = 0; head.read && i < h.count && n < ELF_PARTS; i++) {
		const struct elf_segment *e = &h.segment[i];

		list[n++] = (struct input_segment){
			e->offset, e->vaddr, e->filesz, e->memsz,
			(e->flags & 4 ? VM_READ : 0) | (e->flags & 2 ? VM_WRITE : 0) | (e->flags & 1 ? VM_EXEC : 0), 0,
		};
	}
	if (head.read) {
		head.relro_start = h.relro_start;
		head.relro_end = h.relro_end;
	}
	emit(s, INPUT_ELF, &head, sizeof(head), list, n * sizeof(list[0]));
}

/* Only what is mapped for execution: reading would bring a data file's pages into
 * memory, and so change what is being watched. */
static bool is_wanted(const struct mmt_vma *v)
{
	return v->kind & MMT_VMA_FILE && !(v->kind & (MMT_VMA_ANON | MMT_VMA_DEVICE)) && v->vm_flags & VM_EXEC &&
	       !(v->vm_flags & VM_MAYSHARE);
}

void elf_read_layout(struct source *s, pid_t pid, const void *layout, size_t size)
{
	struct layout_cursor c = { .bytes = layout, .size = size };
	struct layout_record r;
	pid_t via = 0;

	while (decode_layout(&c, &r)) {
		const struct mmt_vma *v = r.type == MMT_LAYOUT_VMA ? &r.vma->vma : NULL;

		if (!v || !is_wanted(v) || session_elf_known(session_of(s->model), v->dev, v->ino))
			continue;
		via = via ? via : procfs_living(pid);
		file_read(s, via, v);
	}
}

/* --- thread stacks --- */

#define STACK_TRIES 10 /* passes: a thread that never blocks is not asked for ever */
#define STACK_THREADS 64

struct stack_search { struct source *s; const struct process *p; pid_t from; int budget; bool running; };

static bool on_thread(void *ctx, pid_t tid)
{
	struct stack_search *search = ctx;
	struct input_stack found = { .pid = search->p->pid };

	if (tid == search->p->pid || tid < search->from)
		return true; /* the leader's is [stack] */
	search->from = tid;
	if (!search->budget)
		return false;
	search->budget--;
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
