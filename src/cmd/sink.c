/* SPDX-License-Identifier: GPL-2.0 */
#include "cmd/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"

#define QUEUE_SOFT (4u << 20)  /* more waits for the reader while tracing is on */
#define QUEUE_HARD (256u << 20) /* more is lost: between the end of tracing and the last row nothing waits */
#define CHUNK 512              /* a descriptor that may block takes so much when poll() says so */
#define LOOK_MS 100
#define STALLED_NS (10 * CLOCK_SECOND_NS) /* a reader that takes nothing for so long has stalled */

enum way { WRITES, SENDS, MAY_BLOCK };

struct sink {
	FILE *stream;
	struct patience *patience;
	int fd;
	enum way way;
	bool own;         /* fd was opened here */
	char *queue;
	size_t used, done, room; /* [done, used) waits */
	uint64_t lost;
	int err;
};

/* O_NONBLOCK belongs to the open file, which other processes may share: only one of our own
 * may have it. */
static void fd_choose(struct sink *s, int fd)
{
	char path[32];
	int type;
	socklen_t len = sizeof(type);

	s->fd = fd;
	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0) {
		s->way = SENDS;
		return;
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	s->fd = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	s->own = s->fd >= 0;
	s->way = s->own ? WRITES : MAY_BLOCK;
	s->fd = s->own ? s->fd : fd;
}

static ssize_t write_some(struct sink *s, const char *bytes, size_t n)
{
	struct pollfd p = { s->fd, POLLOUT, 0 };

	if (s->way == SENDS)
		return send(s->fd, bytes, n, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (s->way == WRITES)
		return write(s->fd, bytes, n);
	if (poll(&p, 1, 0) < 1) {
		errno = EAGAIN;
		return -1;
	}
	return write(s->fd, bytes, n < CHUNK ? n : CHUNK);
}

/* As much as the reader takes now. true: it took something. */
static bool push(struct sink *s)
{
	size_t before = s->done;

	while (s->done < s->used && !s->err) {
		ssize_t n = write_some(s, s->queue + s->done, s->used - s->done);

		if (n > 0)
			s->done += (size_t)n;
		else if (n == 0 || errno == EAGAIN)
			break;
		else if (errno != EINTR)
			s->err = errno;
	}
	before = s->done - before;
	if (s->done == s->used)
		s->done = s->used = 0;
	return before > 0;
}

/* While tracing is on the reader may hold it up; later it may take its time as long as it reads. */
static bool may_wait(const struct sink *s, uint64_t since)
{
	const struct patience *p = s->patience;
	bool over = p->over && p->over(p->ctx);

	if (p->closing)
		return !over && clock_monotonic_ns() - since < STALLED_NS;
	return !over;
}

/* Waits until at most `most` bytes wait, or nobody should wait any longer. */
static void wait_below(struct sink *s, size_t most)
{
	uint64_t since = clock_monotonic_ns();

	while (!s->err && s->used - s->done > most && may_wait(s, since)) {
		struct pollfd fds[2] = { { s->fd, POLLOUT, 0 }, { s->patience->wake, POLLIN, 0 } };

		poll(fds, 2, LOOK_MS);
		if (push(s))
			since = clock_monotonic_ns();
	}
}

static void append(struct sink *s, const char *bytes, size_t n)
{
	if (s->done && s->used + n > s->room) {
		memmove(s->queue, s->queue + s->done, s->used - s->done);
		s->used -= s->done;
		s->done = 0;
	}
	if (s->used + n > s->room) {
		s->room = 2 * (s->used + n);
		s->queue = xreallocarray(s->queue, s->room, 1);
	}
	memcpy(s->queue + s->used, bytes, n);
	s->used += n;
}

static ssize_t on_write(void *ctx, const char *bytes, size_t n)
{
	struct sink *s = ctx;

	if (!s->err && s->used - s->done > QUEUE_HARD) {
		s->lost += n;
	} else if (!s->err) {
		append(s, bytes, n);
		push(s);
		wait_below(s, QUEUE_SOFT);
	}
	if (!s->err)
		return (ssize_t)n;
	errno = s->err;
	return 0;
}

struct sink *sink_open(int fd, bool lines, struct patience *p)
{
	static const cookie_io_functions_t calls = { .write = on_write };
	struct sink *s = xcalloc(1, sizeof(*s));

	s->patience = p;
	s->stream = fopencookie(s, "w", calls);
	if (!s->stream) {
		free(s);
		return NULL;
	}
	setvbuf(s->stream, NULL, lines ? _IOLBF : _IOFBF, 1 << 16);
	fd_choose(s, fd);
	return s;
}

FILE *sink_stream(struct sink *s)
{
	return s->stream;
}

int sink_error(const struct sink *s)
{
	return s->err;
}

int sink_waits(const struct sink *s)
{
	return s->done < s->used && !s->err ? s->fd : -1;
}

void sink_push(struct sink *s)
{
	push(s);
}

uint64_t sink_close(struct sink *s)
{
	uint64_t lost;

	fclose(s->stream);
	wait_below(s, 0);
	lost = s->lost + (s->err ? 0 : s->used - s->done);
	if (s->own)
		close(s->fd);
	free(s->queue);
	free(s);
	return lost;
}
