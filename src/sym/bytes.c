/* SPDX-License-Identifier: GPL-2.0 */
#include "sym/bytes.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

struct bytes bytes_of_file(int fd)
{
	struct stat st;

	/* the system call itself: no other is allowed where this runs */
	if (fd < 0 || syscall(SYS_fstat, fd, &st) || st.st_size < 0)
		return (struct bytes){ .fd = -1 };
	return (struct bytes){ .fd = fd, .size = (uint64_t)st.st_size };
}

size_t bytes_read(const struct bytes *b, uint64_t at, void *out, size_t want)
{
	size_t got = 0;
	ssize_t n;

	if (at >= b->size)
		return 0;
	if (want > b->size - at)
		want = b->size - at;
	if (b->fd < 0) {
		memcpy(out, b->memory + at, want);
		return want;
	}
	while (got < want) {
		n = pread(b->fd, (uint8_t *)out + got, want - got, (off_t)(at + got));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		got += (size_t)n;
	}
	return got;
}

bool bytes_get(const struct bytes *b, uint64_t at, void *out, size_t want)
{
	return bytes_read(b, at, out, want) == want;
}

bool bytes_text(const struct bytes *b, uint64_t at, uint64_t end, char *out, size_t room)
{
	size_t got;

	if (at >= end)
		return false;
	got = bytes_read(b, at, out, end - at < room - 1 ? end - at : room - 1);
	out[got] = '\0';
	return got > 0;
}

char *bytes_line(struct bytes_lines *l)
{
	char *line, *end;

	if (!memchr(l->buffer + l->from, '\n', l->used - l->from)) {
		memmove(l->buffer, l->buffer + l->from, l->used - l->from);
		l->used -= l->from;
		l->from = 0;
		size_t got = bytes_read(l->b, l->at, l->buffer + l->used, sizeof(l->buffer) - 1 - l->used);

		l->at += got;
		l->used += got;
	}
	if (l->from == l->used)
		return NULL;
	line = l->buffer + l->from;
	end = memchr(line, '\n', l->used - l->from);
	if (end) {
		l->from = (size_t)(end - l->buffer) + 1;
		*end = '\0';
		return line;
	}
	l->buffer[l->used] = '\0'; /* too long: what follows of it is a line of its own, which no reader takes for one */
	l->from = l->used;
	return line;
}
