/* SPDX-License-Identifier: GPL-2.0 */
/* A stream of everything that reaches the model from outside: byte what, then
 * the length in two bytes, then the bytes. */
#ifndef FUZZ_REPLAY_H
#define FUZZ_REPLAY_H

#include "model/image.h"
#include "model/session.h"
#include "unit/make.h"

enum replay_what {
	REPLAY_RECORD, REPLAY_LAYOUT, REPLAY_FOLD_ROW, REPLAY_FOLD_PROCESS, REPLAY_IMAGE, REPLAY_STACK_POINTER, REPLAY_LIMIT
};
struct replay_fold_row { struct mmt_fold_key key; struct mmt_fold_row row; };
struct replay_fold_process { struct mmt_fold_process_key key; struct mmt_fold_process row; };
struct replay_stack_pointer { uint64_t pid, sp; };

#define REPLAY_PID 42 /* whose layouts these are */

static inline void replay_add(struct bytes *b, enum replay_what what, const void *bytes, size_t size)
{
	unsigned char head[] = { (unsigned char)what, (unsigned char)(size & 255), (unsigned char)(size >> 8) };

	bytes_add(b, head, sizeof(head));
	bytes_add(b, bytes, size);
}

/* A structure that user space fills itself: too short, it is padded with 0. */
#define REPLAY_FILL(type, name, bytes, size) \
	type name; \
	memset(&name, 0, sizeof(name)); \
	memcpy(&name, bytes, size < sizeof(name) ? size : sizeof(name))

static inline void replay_other(struct session *s, enum replay_what what, const void *bytes, size_t size)
{
	static const struct merge_rules few = { .vmas = 4, .processes = 4, .idle = true };

	if (what == REPLAY_FOLD_ROW) {
		REPLAY_FILL(struct replay_fold_row, f, bytes, size);
		if (session_fold_row(s, &f.key, &f.row))
			session_fold_gone(s, &f.key, &f.row);
	} else if (what == REPLAY_FOLD_PROCESS) {
		REPLAY_FILL(struct replay_fold_process, f, bytes, size);
		session_fold_process(s, &f.key, &f.row);
		session_merge(s, &few);
	} else if (what == REPLAY_IMAGE) {
		REPLAY_FILL(struct image, i, bytes, size);
		i.read = size & 1;
		i.count %= IMAGE_SEGMENTS + 1;
		image_add(s, &i);
	} else {
		REPLAY_FILL(struct replay_stack_pointer, p, bytes, size);
		session_stack_pointer(s, (pid_t)p.pid, p.sp);
	}
}

/* Applies a stream; record is called with each record, aligned, once it is applied. */
static inline void replay(struct session *s, const unsigned char *at, size_t left,
			  void (*record)(void *ctx, const void *bytes, size_t size), void *ctx)
{
	while (left >= 3) {
		enum replay_what what = (enum replay_what)(at[0] % REPLAY_LIMIT);
		size_t size = at[1] | (size_t)at[2] << 8;
		unsigned char *bytes;

		at += 3;
		left -= 3;
		size = size < left ? size : left;
		bytes = malloc(size ? size : 1); /* aligned, and a sanitizer sees its end */
		if (!bytes)
			abort();
		memcpy(bytes, at, size);
		if (what == REPLAY_RECORD) {
			session_apply(s, bytes, size);
			record(ctx, bytes, size);
		} else if (what == REPLAY_LAYOUT) {
			session_layout(s, REPLAY_PID, bytes, size);
		} else {
			replay_other(s, what, bytes, size);
		}
		free(bytes);
		at += size;
		left -= size;
	}
}

#endif
