/* SPDX-License-Identifier: GPL-2.0 */
/* libiberty and not the C++ runtime's __cxa_demangle(): it knows Rust too, it writes piece by piece, so that a short
 * name that stands for a gigabyte ends where there is no more room, and it bounds its recursion. */
#include "sym/demangle.h"

#include <libiberty/demangle.h>
#include <setjmp.h>
#include <stdbool.h>
#include <string.h>

#define MANGLED_MAX 2000 /* longer ones need more stack than a hostile name should have */
#define PIECES_MAX 100000 /* empty ones too, or it might go on for ever without filling anything */

struct writer { char *out; size_t room, used; unsigned pieces; jmp_buf full; };

static void write_piece(const char *text, size_t length, void *ctx)
{
	struct writer *w = ctx;
	size_t left = w->room - 1 - w->used, n = length < left ? length : left;

	if (n) /* else text may be NULL */
		memcpy(w->out + w->used, text, n);
	w->used += n;
	if (n < length || ++w->pieces == PIECES_MAX)
		longjmp(w->full, 1); /* nothing in there holds memory of the heap but for a Rust name in punycode */
}

static void cut(char *out, size_t room)
{
	if (room > 4)
		memcpy(out + room - 4, "...", 4);
}

static void copy(char *out, size_t room, const char *name)
{
	size_t length = strlen(name);

	memcpy(out, name, length < room ? length : room - 1);
	out[length < room ? length : room - 1] = '\0';
	if (length >= room)
		cut(out, room);
}

/* 0: it is none.  In a function of its own, as what is changed between setjmp() and longjmp() is lost. */
static int write_demangled(struct writer *w, const char *name)
{
	if (name[0] == '_' && (name[1] == 'R' || name[1] == 'Z') && rust_demangle_callback(name, DMGL_PARAMS, write_piece, w))
		return 1;
	w->used = 0;
	return cplus_demangle_v3_callback(name, DMGL_PARAMS | DMGL_ANSI, write_piece, w);
}

char *demangle(const char *name, char *out, size_t room)
{
	struct writer w = { .out = out, .room = room };
	bool mangled = !strncmp(name, "_Z", 2) || !strncmp(name, "_R", 2) || !strncmp(name, "___Z", 4);

	if (!mangled || strlen(name) > MANGLED_MAX) {
		copy(out, room, name);
		return out;
	}
	if (setjmp(w.full)) {
		out[w.used] = '\0';
		if (w.used == room - 1)
			cut(out, room);
		else
			copy(out, room, name); /* it came to no end */
		return out;
	}
	if (!write_demangled(&w, name) || !w.used)
		copy(out, room, name);
	else
		out[w.used] = '\0';
	return out;
}
