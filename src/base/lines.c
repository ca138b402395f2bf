/* SPDX-License-Identifier: GPL-2.0 */
#include "base/lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"

#define CHUNK (1 << 16)

struct lines { int fd, *err; char *part; size_t used, room; /* of a line that has not ended */ };

static int failed(struct lines *l)
{
	if (!*l->err)
		*l->err = errno ? errno : EIO;
	return -1;
}

static int put_all(struct lines *l, const char *bytes, size_t size)
{
	while (size) {
		ssize_t n = write(l->fd, bytes, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return failed(l);
		bytes += n;
		size -= (size_t)n;
	}
	return 0;
}

static ssize_t on_write(void *ctx, const char *bytes, size_t size)
{
	struct lines *l = ctx;
	const char *end;
	size_t whole;

	if (l->used + size > l->room) {
		l->room = 2 * (l->used + size);
		l->part = xreallocarray(l->part, l->room, 1);
	}
	memcpy(l->part + l->used, bytes, size);
	l->used += size;
	end = memrchr(l->part, '\n', l->used);
	whole = end ? (size_t)(end - l->part) + 1 : 0;
	if (put_all(l, l->part, whole)) {
		l->used = 0; /* how much of it stands there nobody knows: not again */
		return 0;
	}
	l->used -= whole;
	memmove(l->part, l->part + whole, l->used);
	return (ssize_t)size;
}

static int on_close(void *ctx)
{
	struct lines *l = ctx;
	int err = put_all(l, l->part, l->used);

	if (close(l->fd))
		err = failed(l);
	free(l->part);
	free(l);
	return err;
}

FILE *lines_open(int fd, int *err)
{
	static const cookie_io_functions_t calls = { .write = on_write, .close = on_close };
	struct lines *l = xcalloc(1, sizeof(*l));
	FILE *f;

	l->fd = fd;
	l->err = err;
	f = fopencookie(l, "w", calls);
	if (f)
		setvbuf(f, NULL, _IOFBF, CHUNK);
	else
		free(l);
	return f;
}
