/* SPDX-License-Identifier: GPL-2.0 */
/* VMAs, from smaps, and what their files say. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "host/procfs.h"
#include "model/fault/elf.h"
#include "model/fault/vm.h"
#include "model/space.h"
#include "source/space.h"

#define TRIES 4
#define FILES_NS 3000000000ull /* files that do not answer are left out */

/* --- reading --- */

void space_vmas_clean(struct space_vmas *v)
{
	for (size_t i = 0; i < v->count; i++)
		free(v->list[i].name);
	free(v->list);
	*v = (struct space_vmas){ 0 };
}

static void on_vma(void *ctx, const struct smaps_vma *v)
{
	struct space_vmas *to = ctx;

	to->list = xgrow(to->list, to->count, &to->room, sizeof(*to->list));
	to->list[to->count] = (struct space_vma){ *v, xstrdup(v->name) };
	to->list[to->count].v.name = NULL;
	to->count++;
}

/* maps has it as it was in smaps. */
struct comparison {
	const struct space_vmas *with;
	size_t at;
	bool differs;
};

static void on_compare(void *ctx, const struct smaps_vma *v)
{
	struct comparison *c = ctx;
	const struct space_vma *x = c->at < c->with->count ? &c->with->list[c->at++] : NULL;

	c->differs |= !x || x->v.start != v->start || x->v.end != v->end || x->v.offset != v->offset ||
		      x->v.ino != v->ino || strcmp(x->v.perm, v->perm) || strcmp(x->name, v->name);
}

/* The kernel shows some VMAs, lets the process go on, and shows the next ones: a reading is that of one moment if
 * one after it is the same. */
int space_vmas_read(struct space_source *s, bool *racing)
{
	*racing = true;
	for (int i = 0; i < TRIES && *racing; i++) {
		struct comparison c = { .with = &s->vmas };
		int err;

		space_vmas_clean(&s->vmas);
		err = smaps_read(s->tid, on_vma, &s->vmas);
		if (!err)
			err = maps_read(s->tid, on_compare, &c);
		if (err)
			return err;
		*racing = c.differs || c.at != s->vmas.count;
	}
	return s->vmas.count ? 0 : -ESRCH;
}

/* --- emitting --- */

bool space_vma_flag(const struct smaps_vma *v, const char *two)
{
	const char *at = v->flags;

	for (; *at; at += strcspn(at, " "), at += *at == ' ')
		if (!strncmp(at, two, 2))
			return true;
	return false;
}

/* The device of memfd and of shared anonymous memory. */
static bool is_shm(struct space_source *s, uint32_t dev)
{
	struct stat st;
	int fd;

	if (!s->shm_known) {
		fd = memfd_create("mmtrace", MFD_CLOEXEC);
		if (fd >= 0 && !fstat(fd, &st))
			s->shm_dev = (uint32_t)(st.st_dev >> 8 & 0xfff) << 20 |
				     (uint32_t)((st.st_dev & 0xff) | (st.st_dev >> 12 & 0xfff00));
		if (fd >= 0)
			close(fd);
		s->shm_known = true;
	}
	return s->shm_dev && dev == s->shm_dev;
}

/* As the fault model knows it: what smaps says of it, in the kernel's bits. */
static struct mmt_vma vma_of(struct space_source *s, const struct space_vma *x)
{
	const struct smaps_vma *v = &x->v;
	struct mmt_vma out = {
		.start = v->start, .end = v->end, .pgoff = v->offset >> 12, .ino = v->ino, .dev = v->dev
	};

	out.vm_flags = (v->perm[0] == 'r' ? VM_READ : 0) | (v->perm[1] == 'w' ? VM_WRITE : 0) |
		       (v->perm[2] == 'x' ? VM_EXEC : 0) | (v->perm[3] == 's' ? VM_SHARED | VM_MAYSHARE : 0) |
		       (space_vma_flag(v, "gd") ? VM_GROWSDOWN : 0) | (space_vma_flag(v, "ht") ? VM_HUGETLB : 0);
	if (v->ino || x->name[0] == '/')
		out.kind |= MMT_VMA_FILE;
	else if (!strncmp(x->name, "[v", 2) || !strncmp(x->name, "[uprobes]", 9))
		out.kind |= MMT_VMA_SPECIAL;
	else
		out.kind |= MMT_VMA_ANON;
	if (out.kind & MMT_VMA_FILE && is_shm(s, v->dev))
		out.kind |= MMT_VMA_SHMEM;
	if (space_vma_flag(v, "pf") || space_vma_flag(v, "mm") || !strncmp(x->name, "anon_inode:", 11))
		out.kind |= MMT_VMA_DEVICE;
	out.anchor = out.vm_flags & VM_GROWSDOWN ? out.end : out.start;
	/* one and the same while file, place in it and protection are */
	out.sig = (uint32_t)((out.ino * 31 + out.dev) * 31 + (out.pgoff - (out.start >> 12)) * 7 +
			     (out.vm_flags & 0x40010f)) |
		  1;
	return out;
}

static void put(uint8_t **bytes, size_t *size, const void *what, size_t n)
{
	*bytes = xreallocarray(*bytes, *size + n, 1);
	memcpy(*bytes + *size, what, n);
	*size += n;
}

/* The kernel's own name for what lies between start_brk and brk. */
static uint64_t heap_end(const struct space_vmas *v)
{
	uint64_t end = SPACE_UNKNOWN;

	for (size_t i = 0; i < v->count; i++)
		if (!strcmp(v->list[i].name, "[heap]"))
			end = v->list[i].v.end;
	return end;
}

static void emit_layout(struct space_source *s, uint64_t start_boottime)
{
	struct input_process head = { .start_boottime = start_boottime, .pid = s->pid };
	const uint64_t *mark = space_of(s->s.model)->now.mark;
	struct mmt_layout_mm mm = {
		.type = MMT_LAYOUT_MM, .size = sizeof(mm), .mm_id = 1, .start_boottime = start_boottime
	};
	struct mmt_layout_end end = { .type = MMT_LAYOUT_END, .size = sizeof(end) };
	uint8_t *bytes = NULL;
	size_t size = 0;

	mm.bounds = (struct mmt_mm_bounds){
		mark[MMT_MARK_START_CODE], mark[MMT_MARK_END_CODE], mark[MMT_MARK_START_DATA],  mark[MMT_MARK_END_DATA],
		mark[MMT_MARK_START_BRK],  mark[MMT_MARK_BRK],      mark[MMT_MARK_START_STACK],
	};
	if (mm.bounds.brk == SPACE_UNKNOWN)
		mm.bounds.brk = heap_end(&s->vmas);
	put(&bytes, &size, &mm, sizeof(mm));
	for (size_t i = 0; i < s->vmas.count; i++) {
		const struct space_vma *x = &s->vmas.list[i];
		struct mmt_layout_vma rec = { .type = MMT_LAYOUT_VMA, .vma = vma_of(s, x), .name_flags = MMT_NAME_NEW };

		if (!strcmp(x->name, "[vsyscall]")) /* the model adds it */
			continue;
		rec.path_len = (uint32_t)strnlen(x->name, MMT_PATH_MAX);
		rec.size = (uint32_t)sizeof(rec) + rec.path_len;
		put(&bytes, &size, &rec, sizeof(rec));
		put(&bytes, &size, x->name, rec.path_len);
	}
	put(&bytes, &size, &end, sizeof(end));
	emit(&s->s, INPUT_LAYOUT, &head, sizeof(head), bytes, size);
	free(bytes);
}

static void emit_vma(struct space_source *s, const struct space_vma *x)
{
	struct input_space_vma v = {
		.start = x->v.start, .end = x->v.end, .offset = x->v.offset, .ino = x->v.ino, .dev = x->v.dev
	};
	size_t name = strlen(x->name) + 1, flags = strlen(x->v.flags) + 1;
	char *text = xmalloc(name + flags);

	memcpy(v.perm, x->v.perm, sizeof(x->v.perm));
#define AMOUNT(ID, ...) v.amount[VMA_##ID] = x->v.amount[SMAPS_##ID];
#include "input/vma_amounts.def"
#undef AMOUNT
	memcpy(text, x->name, name);
	memcpy(text + name, x->v.flags, flags);
	emit(&s->s, INPUT_SPACE_VMA, &v, sizeof(v), text, name + flags);
	free(text);
}

static bool on_thread(void *ctx, pid_t tid)
{
	struct space_source *s = ctx;
	struct input_thread named = { .pid = s->pid, .tid = tid };
	struct input_stack found = { .pid = s->pid, .tid = tid };
	char name[17];

	if (tid == s->pid) /* the leader's is [stack] */
		return true;
	if (procfs_thread_name(s->pid, tid, name))
		emit(&s->s, INPUT_THREAD, &named, sizeof(named), name, strlen(name) + 1);
	if (procfs_stack_pointer(s->pid, tid, &found.sp) == 0)
		emit(&s->s, INPUT_STACK, &found, sizeof(found), NULL, 0);
	return true;
}

void space_vmas_emit(struct space_source *s, uint64_t start_boottime)
{
	emit_layout(s, start_boottime);
	procfs_threads(s->pid, on_thread, s);
	for (size_t i = 0; i < s->vmas.count; i++)
		emit_vma(s, &s->vmas.list[i]);
}

/* --- files --- */

static void on_answer(void *ctx, const struct opener_request *r, enum opener_end end, const void *answer)
{
	const struct elf_answer *a = answer;
	static const enum input_elf_read why[] = { [OPENER_LATE] = ELF_LATE,
						   [OPENER_DEVICE_LATE] = ELF_DEVICE_LATE,
						   [OPENER_DIED] = ELF_DIED,
						   [OPENER_NONE] = ELF_UNASKED };
	struct input_elf head = { .dev = r->dev, .ino = r->ino };
	struct input_sections sections = { .dev = r->dev, .ino = r->ino };
	struct input_segment list[ELF_PARTS] = { 0 };
	struct input_section all[ELF_SECTIONS];
	struct space_source *s = ctx;
	size_t n = 0;

	head.read = (end == OPENER_ANSWERED ? (a->head.error ? ELF_UNREADABLE : ELF_READ) : why[end]) & 15u;
	if (end != OPENER_ANSWERED || a->head.error) {
		emit(&s->s, INPUT_ELF, &head, sizeof(head), NULL, 0);
		return;
	}
	head.relro_start = a->relro_start;
	head.relro_end = a->relro_end;
	for (unsigned i = 0; i < a->count && n < ELF_PARTS; i++) {
		const struct elf_segment *seg = &a->segment[i];

		list[n++] = (struct input_segment){ seg->offset,
						    seg->vaddr,
						    seg->filesz,
						    seg->memsz,
						    (seg->flags & 4 ? VM_READ : 0) | (seg->flags & 2 ? VM_WRITE : 0) |
							    (seg->flags & 1 ? VM_EXEC : 0),
						    0 };
	}
	emit(&s->s, INPUT_ELF, &head, sizeof(head), list, n * sizeof(list[0]));
	sections.type = a->sections.type | (a->sections.truncated ? SECTIONS_TRUNCATED : 0);
	for (unsigned i = 0; i < a->sections.count; i++) {
		const struct elf_section *sec = &a->sections.section[i];

		all[i] = (struct input_section){ sec->addr, sec->size, sec->flags, sec->type, "" };
		memcpy(all[i].name, sec->name, sizeof(all[i].name));
	}
	emit(&s->s, INPUT_SECTIONS, &sections, sizeof(sections), all, a->sections.count * sizeof(all[0]));
}

/* As live: only what is mapped for execution, since reading would bring a data file's pages into memory. */
void space_files_read(struct space_source *s)
{
	const struct session *known = session_of(space_of(s->s.model)->session);

	for (size_t i = 0; i < s->vmas.count; i++) {
		const struct smaps_vma *v = &s->vmas.list[i].v;
		struct mmt_vma at = vma_of(s, &s->vmas.list[i]);
		struct opener_request r = { .what = OPENER_ELF_SECTIONS,
					    .by = OPENER_BY_RANGE,
					    .pid = s->tid,
					    .start = v->start,
					    .end = v->end,
					    .dev = v->dev,
					    .ino = v->ino };

		if (!v->ino || at.kind & MMT_VMA_DEVICE || !(at.vm_flags & VM_EXEC) || at.vm_flags & VM_MAYSHARE ||
		    session_elf_known(known, &at))
			continue;
		if (!s->opener) {
			on_answer(s, &r, OPENER_NONE, NULL);
		} else if (!opener_ask(s->opener, &r)) { /* the queue is full, or it is in it */
			opener_wait(s->opener, FILES_NS, on_answer, s);
			if (!session_elf_known(known, &at))
				opener_ask(s->opener, &r);
		}
	}
	if (s->opener)
		opener_finish(s->opener, FILES_NS, on_answer, s);
}
