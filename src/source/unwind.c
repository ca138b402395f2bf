/* SPDX-License-Identifier: GPL-2.0 */
#include "source/unwind.h"

#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

#include "base/alloc.h"
#include "decode/decode.h"
#include "host/procfs.h"
#include "model/fault/kind.h"
#include "opener/table.h"
#include "probe/probe.h"
#include "probe/unwind.h"
#include "source/source.h"

void unwind_ask(struct unwind_reader *u, const void *record, size_t size)
{
	const struct mmt_head *h = decode_record(record, size);
	const struct mmt_object *o = record;
	struct opener_request r;

	if (!h || h->kind != MMT_KIND_OBJECT || !u->probe || !probe_unwind(u->probe))
		return;
	r = (struct opener_request){ .what = OPENER_TABLE, .by = OPENER_BY_RANGE, .pid = (pid_t)h->tid, .start = o->start,
				     .end = o->end, .dev = o->key.dev, .ino = o->key.ino, .edition = o->key.edition };
	if (o->remote || !u->opener)
		unwind_store_mark(probe_unwind(u->probe), &o->key, MMT_OBJECT_FAILED);
	else if (!opener_ask(u->opener, &r))
		unwind_store_forget(probe_unwind(u->probe), &o->key); /* the queue is full: again, where it is met again */
	else
		unwind_take(u);
}

/* As if BPF had met it. */
static void number_file(struct unwind_reader *u, pid_t pid, pid_t via, const struct layout_record *r)
{
	const struct mmt_vma *v = &r->vma->vma;
	struct mmt_object o = { .head = { .kind = MMT_KIND_OBJECT, .tid = (uint32_t)via, .tgid = (uint32_t)pid },
				.key = { .ino = v->ino, .dev = v->dev, .edition = v->edition }, .start = v->start, .end = v->end,
				.remote = (v->kind & MMT_VMA_REMOTE) != 0 };
	char path[NAME_ROOM];

	o.id = unwind_store_number(probe_unwind(u->probe), &o.key);
	if (!o.id)
		return;
	emit(u->s, INPUT_RECORD, NULL, 0, &o, sizeof(o));
	unwind_ask(u, &o, sizeof(o));
	decode_name(r->vma->name_flags, v->ino, r->path, r->vma->path_len, path);
	u->note(u->s, &o, sizeof(o), path[0] == '/' ? path : NULL);
}

void unwind_ask_layout(struct unwind_reader *u, pid_t pid, pid_t via, const void *layout, size_t size)
{
	struct layout_cursor c = { .bytes = layout, .size = size };
	struct layout_record r;

	while (u->opener && decode_layout(&c, &r)) {
		if (r.type != MMT_LAYOUT_VMA || !(r.vma->vma.kind & MMT_VMA_FILE) || !(r.vma->vma.vm_flags & VM_EXEC))
			continue;
		via = via ? via : procfs_living(pid);
		number_file(u, pid, via, &r);
	}
}

static int take_answer(struct unwind_reader *u, const struct mmt_object_key *key, const struct table_answer *a)
{
	struct unwind_store *store = probe_unwind(u->probe);
	struct unwind_table t;

	if (a->head.error == -ENOENT || a->head.error == -ESRCH) {
		unwind_store_forget(store, key); /* who mapped it is gone: another may */
		return a->head.error;
	}
	if (a->head.error || a->error) {
		unwind_store_mark(store, key, a->error == -ENODATA || a->error == -ENOEXEC ? MMT_OBJECT_NONE : MMT_OBJECT_FAILED);
		return a->head.error ? a->head.error : a->error;
	}
	t = table_answered(a);
	return unwind_store_add(store, key, &t);
}

static void on_end(void *ctx, const struct opener_request *r, enum opener_end end, const void *answer)
{
	const struct mmt_object_key key = { .ino = r->ino, .dev = r->dev, .edition = r->edition };
	struct unwind_reader *u = ctx;
	int err = -ETIMEDOUT;

	if (end == OPENER_ANSWERED)
		err = take_answer(u, &key, answer);
	else
		unwind_store_mark(probe_unwind(u->probe), &key, MMT_OBJECT_FAILED);
	table_taken();
	if (u->verbose)
		fprintf(stderr, "mmtrace: unwind table of inode %llu on device %x:%x: %s\n", (unsigned long long)r->ino,
			r->dev >> 20, r->dev & 0xfffff, err ? strerror(-err) : "ready");
}

/* --- the vdso --- */

struct vdso { const uint8_t *at; size_t size; };

static long vdso_read(void *ctx, void *to, size_t size, uint64_t offset)
{
	const struct vdso *v = ctx;

	if (offset >= v->size)
		return 0;
	size = size < v->size - offset ? size : v->size - (size_t)offset;
	memcpy(to, v->at + offset, size);
	return (long)size;
}

/* Of mmtrace's own, which is the kernel's and so no hostile file. */
static int vdso_build(struct unwind_table *t)
{
	const Elf64_Ehdr *head = (const Elf64_Ehdr *)getauxval(AT_SYSINFO_EHDR);
	struct vdso vdso = { (const uint8_t *)head, head ? head->e_shoff + (size_t)head->e_shnum * head->e_shentsize : 0 };
	const struct unwind_file file = { vdso_read, &vdso };
	struct unwind_builder *b = xcalloc(1, unwind_builder_size());
	uint64_t *fdes = xcalloc(UNWIND_FDES, sizeof(*fdes)); /* taken where it is written to */
	int err;

	t->rule = xcalloc(MMT_UNWIND_RULES, sizeof(*t->rule));
	t->page = xcalloc(MMT_UNWIND_PAGES + 1, sizeof(*t->page));
	t->row = xcalloc(UNWIND_ROWS, sizeof(*t->row));
	err = vdso.size ? unwind_build(b, &file, fdes, t) : -ENOENT;
	free(fdes);
	free(b);
	return err;
}

void unwind_vdso(struct unwind_reader *u)
{
	const struct mmt_object_key key = { 0 }; /* no file's */
	struct unwind_store *store = u->probe ? probe_unwind(u->probe) : NULL;
	struct unwind_table t = { 0 };
	int err;

	if (!store || !unwind_store_number(store, &key))
		return;
	err = vdso_build(&t);
	if (err)
		unwind_store_mark(store, &key, MMT_OBJECT_NONE);
	else
		err = unwind_store_add(store, &key, &t);
	if (u->verbose)
		fprintf(stderr, "mmtrace: unwind table of the vdso: %s\n", err ? strerror(-err) : "ready");
	free(t.rule);
	free(t.page);
	free(t.row);
}

void unwind_settle(struct unwind_reader *u, uint64_t ns)
{
	if (u->opener && u->probe && probe_unwind(u->probe))
		opener_wait(u->opener, ns, on_end, u);
}

void unwind_take(struct unwind_reader *u)
{
	if (u->opener && u->probe && probe_unwind(u->probe))
		opener_take(u->opener, on_end, u);
}
