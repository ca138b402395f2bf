/* SPDX-License-Identifier: GPL-2.0 */
#include "record/record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"

/* As PNG's: shows a transfer that changed line ends, and is no text. */
static const char magic[8] = { '\x93', 'M', 'M', 'T', '\r', '\n', '\x1a', '\n' };
#define VERSION 1
#define KIND_END 0xffffffffu
#define HEAD_MAX 65536
#define PADDED(n) (((n) + 7) & ~(uint64_t)7)

struct frame { uint32_t kind, head; uint64_t body; };

/* The end mark holds a sum of all frames before it, in place of the length of its body; its head
 * says so (files of older versions have 0 there, and older versions do not look). */
#define END_HAS_SUM 1

/* Every frame is a number of words; a change of one word always changes the sum. */
static uint64_t sum_words(uint64_t sum, const void *bytes, size_t size)
{
	for (size_t at = 0; at < size; at += 8) {
		uint64_t word = 0;

		memcpy(&word, (const char *)bytes + at, size - at < 8 ? size - at : 8);
		sum = (sum ^ word) * 0x9e3779b97f4a7c15ull;
		sum ^= sum >> 32;
	}
	return sum;
}

struct record_writer {
	FILE *f;
	FILE *early; /* in memory, before it is started */
	char *bytes;
	size_t used;
	const char *path;
	bool created;
	uint64_t sum;
	int err;
};

static void put(struct record_writer *w, const void *bytes, size_t size)
{
	static const char zero[8];
	size_t pad = PADDED(size) - size;
	FILE *f = w->early ? w->early : w->f;

	if (w->err || !size)
		return;
	if (fwrite(bytes, 1, size, f) != size || fwrite(zero, 1, pad, f) != pad)
		w->err = errno ? errno : EIO;
}

struct record_writer *record_create(const char *path, struct error *e)
{
	struct record_writer *w = xcalloc(1, sizeof(*w));
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600); /* it holds names and addresses */
	const uint64_t version = VERSION;

	w->created = fd >= 0;
	w->path = path;
	if (fd < 0)
		fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	w->f = fd < 0 ? NULL : fdopen(fd, "w");
	w->early = w->f ? open_memstream(&w->bytes, &w->used) : NULL;
	if (w->early) {
		put(w, magic, sizeof(magic));
		put(w, &version, sizeof(version));
		return w;
	}
	error_set(e, EXIT_FAILED, "choose another file", strerror(errno), "cannot record to '%s'", path);
	free(w);
	return NULL;
}

static void early_close(struct record_writer *w)
{
	if (w->early && fclose(w->early) && !w->err)
		w->err = ENOMEM;
	w->early = NULL;
}

void record_start(struct record_writer *w)
{
	struct stat st;

	if (!w || !w->early)
		return;
	early_close(w);
	if (fstat(fileno(w->f), &st) == 0 && S_ISREG(st.st_mode) && ftruncate(fileno(w->f), 0) && !w->err)
		w->err = errno;
	put(w, w->bytes, w->used);
	free(w->bytes);
	w->bytes = NULL;
}

void record_put(struct record_writer *w, const struct input *in)
{
	struct frame frame = { in->kind, (uint32_t)in->head_size, in->size };

	w->sum = sum_words(w->sum, &frame, sizeof(frame));
	w->sum = sum_words(w->sum, in->head, in->head_size);
	w->sum = sum_words(w->sum, in->body, in->size);
	put(w, &frame, sizeof(frame));
	put(w, in->head, in->head_size);
	put(w, in->body, in->size);
}

int record_close(struct record_writer *w, struct error *e)
{
	struct frame end = { .kind = KIND_END, .head = END_HAS_SUM };
	bool started;
	int err;

	if (!w)
		return 0;
	started = !w->early;
	end.body = w->sum;
	if (started)
		put(w, &end, sizeof(end));
	early_close(w);
	if (!started && w->created)
		unlink(w->path);
	err = fclose(w->f) && !w->err ? errno : w->err;
	free(w->bytes);
	free(w);
	return err && started ? error_set(e, EXIT_FAILED, "free space, or choose another file", strerror(err),
					  "cannot write the recording")
			      : 0;
}

/* --- reading --- */

int record_open(struct record_reader *r, FILE *f, struct error *e)
{
	char head[sizeof(magic)];
	uint64_t version;

	*r = (struct record_reader){ .f = f };
	if (fread(head, 1, sizeof(head), f) != sizeof(head) || memcmp(head, magic, sizeof(magic)))
		return error_set(e, EXIT_FAILED, "mmtrace ... --record FILE makes one", "it is no recording of mmtrace",
				 "cannot replay");
	if (fread(&version, 1, sizeof(version), f) != sizeof(version) || version != VERSION)
		return error_set(e, EXIT_FAILED, "record it again", "it is of another version of mmtrace", "cannot replay");
	return 0;
}

/* Reads in steps: a damaged length must not cost more memory than there are bytes. */
static bool read_part(FILE *f, unsigned char **bytes, size_t *room, size_t size)
{
	size_t need = PADDED(size), got = 0;

	while (got < need) {
		size_t step = need - got < 1 << 20 ? need - got : 1 << 20;

		if (*room < got + step) {
			*room = got + step;
			*bytes = xreallocarray(*bytes, *room, 1);
		}
		if (fread(*bytes + got, 1, step, f) != step)
			return false;
		got += step;
	}
	return true;
}

enum record_state record_next(struct record_reader *r, struct input *in)
{
	struct frame frame;

	if (fread(&frame, 1, sizeof(frame), r->f) != sizeof(frame))
		return RECORD_CUT;
	if (frame.kind == KIND_END)
		return frame.head == END_HAS_SUM && frame.body != r->sum ? RECORD_CHANGED : RECORD_END;
	if (frame.head > HEAD_MAX || frame.body > RECORD_BODY_MAX)
		return RECORD_DAMAGED;
	if (!read_part(r->f, &r->head, &r->head_room, frame.head) || !read_part(r->f, &r->body, &r->body_room, frame.body))
		return RECORD_CUT;
	r->sum = sum_words(r->sum, &frame, sizeof(frame));
	r->sum = sum_words(r->sum, r->head, PADDED(frame.head));
	r->sum = sum_words(r->sum, r->body, PADDED(frame.body));
	*in = (struct input){ .kind = frame.kind, .head = frame.head ? r->head : NULL, .head_size = frame.head,
			      .body = frame.body ? r->body : NULL, .size = frame.body };
	return RECORD_INPUT;
}

void record_end(struct record_reader *r)
{
	free(r->head);
	free(r->body);
	*r = (struct record_reader){ 0 };
}
