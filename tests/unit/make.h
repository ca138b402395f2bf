/* SPDX-License-Identifier: GPL-2.0 */
/* Records and layouts as BPF would write them, made by hand. */
#ifndef UNIT_MAKE_H
#define UNIT_MAKE_H

#include <stdlib.h>
#include <string.h>

#include "wire/event.h"

/* Bytes without slack behind them, so that a sanitizer sees a read too far. */
struct bytes { unsigned char *at; size_t size; };

static inline void bytes_add(struct bytes *b, const void *from, size_t size)
{
	b->at = realloc(b->at, b->size + size);
	if (!b->at)
		abort();
	if (size)
		memcpy(b->at + b->size, from, size);
	b->size += size;
}

static inline void bytes_free(struct bytes *b)
{
	free(b->at);
	*b = (struct bytes){ NULL, 0 };
}

/* As a field holds it: without a NUL if it is full. */
static inline void make_text(char *field, size_t size, const char *text)
{
	size_t len = strlen(text);

	memcpy(field, text, len < size ? len : size);
}

static inline struct mmt_head make_head(enum mmt_kind kind, unsigned tgid, unsigned mm_id)
{
	return (struct mmt_head){ .kind = (__u16)kind, .cpu = 1, .tid = tgid, .tgid = tgid, .mm_id = mm_id,
				  .time = 1000000000 };
}

/* A minor fault that the process itself executed in user mode. */
static inline struct mmt_fault make_fault(unsigned tgid, unsigned mm_id, __u64 anchor, __u32 sig, enum mmt_class cls)
{
	return (struct mmt_fault){ .head = make_head(MMT_KIND_FAULT, tgid, mm_id), .addr = anchor, .anchor = anchor,
				   .sig = sig, .ns = 1000, .cls = (__u8)cls, .mode = MMT_MODE_USER,
				   .flags = MMT_FAULT_EXECUTOR };
}

static inline struct mmt_vma make_vma(__u64 start, __u64 end, __u64 vm_flags, __u32 kind, __u32 sig)
{
	return (struct mmt_vma){ .start = start, .end = end, .vm_flags = vm_flags, .anchor = start, .sig = sig,
				 .kind = kind, .ino = kind & MMT_VMA_FILE ? 77 : 0 };
}

static inline struct mmt_vma_seen make_seen(unsigned tgid, unsigned mm_id, struct mmt_vma vma, const char *name)
{
	struct mmt_vma_seen r = { .head = make_head(MMT_KIND_VMA_SEEN, tgid, mm_id), .vma = vma };

	make_text(r.name, sizeof(r.name) - 1, name);
	return r;
}

/* The address space of a plain program: text at 400000, data, heap, stack. */
static inline struct mmt_mm_bounds make_mm_bounds(void)
{
	return (struct mmt_mm_bounds){ .start_code = 0x400000,
				       .end_code = 0x401800,
				       .start_data = 0x403000,
				       .end_data = 0x403800,
				       .start_brk = 0x406000,
				       .brk = 0x427000,
				       .start_stack = 0x7ffffffde000 };
}

static inline struct mmt_fork make_fork(unsigned tgid, unsigned parent, unsigned mm_id, __u64 start, const char *comm)
{
	struct mmt_fork r = { .head = make_head(MMT_KIND_FORK, tgid, mm_id), .parent_tgid = parent,
			      .start_boottime = start, .bounds = make_mm_bounds() };

	make_text(r.comm, sizeof(r.comm), comm);
	return r;
}

static inline struct mmt_exec make_exec(unsigned tgid, unsigned mm_id, const char *comm, const char *filename)
{
	struct mmt_exec r = { .head = make_head(MMT_KIND_EXEC, tgid, mm_id), .bounds = make_mm_bounds() };

	make_text(r.comm, sizeof(r.comm), comm);
	make_text(r.filename, sizeof(r.filename), filename);
	return r;
}

static inline struct mmt_exit make_exit(unsigned tgid)
{
	return (struct mmt_exit){ .head = make_head(MMT_KIND_EXIT, tgid, 0), .group_dead = 1 };
}

static inline void layout_begin(struct bytes *b, __u32 mm_id, __u64 lock_seq)
{
	struct mmt_layout_mm mm = { .type = MMT_LAYOUT_MM, .size = sizeof(mm), .mm_id = mm_id, .lock_seq = lock_seq,
				    .bounds = make_mm_bounds() };

	bytes_add(b, &mm, sizeof(mm));
}

/* path NULL: the same file as the VMA before. */
static inline void layout_add(struct bytes *b, struct mmt_vma vma, const char *path)
{
	struct mmt_layout_vma v = { .type = MMT_LAYOUT_VMA, .vma = vma, .path_len = path ? (__u32)strlen(path) : 0,
				    .name_flags = path ? MMT_NAME_NEW : 0 };

	v.size = (__u32)sizeof(v) + v.path_len;
	bytes_add(b, &v, sizeof(v));
	bytes_add(b, path, v.path_len);
}

static inline void layout_close(struct bytes *b, __u64 lock_seq)
{
	struct mmt_layout_end end = { .type = MMT_LAYOUT_END, .size = sizeof(end), .lock_seq = lock_seq };

	bytes_add(b, &end, sizeof(end));
}

#endif
