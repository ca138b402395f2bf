/* SPDX-License-Identifier: GPL-2.0 */
#include "cmd/images.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "model/image.h"
#include "model/kind.h"
#include "probe/procfs.h"
#include "sym/elf.h"

/* Not the path's file, which may be another one by now or in this namespace,
 * but the one that is mapped. */
static void image_read(struct session *s, pid_t pid, const struct mmt_vma *v)
{
	struct image image = { .dev = v->dev, .ino = v->ino };
	struct elf_headers h;
	char path[96];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/map_files/%llx-%llx", pid, v->start, v->end);
	fd = elf_open(path);
	if (fd == -ENOENT)
		return; /* the VMA changed meanwhile: the next layout asks again */
	if (fd >= 0) {
		image.read = elf_read(fd, &h) == 0;
		close(fd);
	}
	for (unsigned i = 0; image.read && i < h.count && i < IMAGE_SEGMENTS; i++) {
		const struct elf_segment *e = &h.segment[i];

		image.segment[image.count++] = (struct image_segment){
			e->offset, e->vaddr, e->filesz, e->memsz,
			(e->flags & 4 ? VM_READ : 0) | (e->flags & 2 ? VM_WRITE : 0) | (e->flags & 1 ? VM_EXEC : 0),
		};
	}
	if (image.read) {
		image.relro_start = h.relro_start;
		image.relro_end = h.relro_end;
	}
	image_add(s, &image);
}

void images_read(struct session *s, pid_t pid, const void *layout, size_t size)
{
	struct layout_cursor c = { .bytes = layout, .size = size };
	struct layout_record r;
	pid_t via = 0;

	while (decode_layout(&c, &r)) {
		const struct mmt_vma *v = r.type == MMT_LAYOUT_VMA ? &r.vma->vma : NULL;

		/* only what is mapped for execution: reading would bring a data
		 * file's pages into memory, and so change what is being watched */
		if (v && v->kind & MMT_VMA_FILE && !(v->kind & (MMT_VMA_ANON | MMT_VMA_DEVICE)) &&
		    v->vm_flags & VM_EXEC && !(v->vm_flags & VM_SHARED) && !image_find(s, v->dev, v->ino)) {
			via = via ? via : procfs_living(pid);
			image_read(s, via, v);
		}
	}
}

#define STACK_TRIES 10 /* passes: a thread that never blocks is not asked for ever */
#define STACK_THREADS 64

struct stack_look { struct session *s; struct process *p; int budget; bool running; };

static bool on_thread(void *ctx, pid_t tid)
{
	struct stack_look *look = ctx;
	uint64_t sp;

	if (tid == look->p->pid || tid < look->p->stacks_from)
		return true; /* the leader's is [stack] */
	look->p->stacks_from = tid;
	if (!look->budget)
		return false;
	look->budget--;
	if (procfs_stack_pointer(look->p->pid, tid, &sp) == 0)
		session_stack_pointer(look->s, look->p->pid, sp);
	else
		look->running = true;
	return true;
}

void stacks_read(struct session *s)
{
	struct stack_look look = { .s = s, .budget = STACK_THREADS };

	for (struct process *p = s->processes; p && look.budget; p = p->next) {
		const struct mm *mm = process_mm(s, p);

		if (p->dead || !mm || !mm->generation)
			continue; /* no layout, no stacks */
		if (p->stacks_at != p->threads_changed + 1) {
			p->stacks_at = p->threads_changed + 1;
			p->stacks_passes = STACK_TRIES;
			p->stacks_from = 0;
		}
		if (!p->stacks_passes)
			continue;
		look.p = p;
		look.running = false;
		procfs_threads(p->pid, on_thread, &look);
		if (!look.budget)
			return; /* goes on there */
		p->stacks_passes = look.running ? p->stacks_passes - 1 : 0;
		p->stacks_from = 0;
	}
}
