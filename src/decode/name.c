/* SPDX-License-Identifier: GPL-2.0 */
/* Names of mappings, as bpf/lib/name.bpf.h writes them. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "decode/decode.h"

struct text { char *out; size_t len; };

static void put(struct text *t, const char *bytes, size_t n)
{
	size_t room = NAME_ROOM - 1 - t->len;

	n = n < room ? n : room;
	memcpy(t->out + t->len, bytes, n);
	t->len += n;
}

/* Where the last part before *end begins; *end moves before the NUL that ends it. */
static size_t last_part(const char *bytes, size_t *end)
{
	size_t at = --*end;

	while (at && bytes[at - 1])
		at--;
	return at;
}

/* The parts come last one first: read from the back, the path is in order. */
static void put_path(struct text *t, uint32_t flags, const char *bytes, size_t size)
{
	size_t end = size;

	if (flags & MMT_NAME_CUT)
		put(t, "...", 3);
	if (!size)
		put(t, "/", 1);
	while (end) {
		size_t from = last_part(bytes, &end);

		put(t, "/", 1);
		put(t, bytes + from, end - from);
		end = from;
	}
	if (flags & MMT_NAME_DELETED)
		put(t, " (deleted)", 10);
}

const struct mmt_file_stamp *decode_stamp(uint32_t flags, const char *bytes, size_t size, struct mmt_file_stamp *room)
{
	return flags & MMT_NAME_STAMP && size >= sizeof(*room) ? memcpy(room, bytes, sizeof(*room)) : NULL;
}

size_t decode_name(uint32_t flags, uint64_t ino, const char *bytes, size_t size, char out[NAME_ROOM])
{
	size_t skip = flags & MMT_NAME_STAMP ? sizeof(struct mmt_file_stamp) : 0;
	struct text t = { .out = out };

	skip = skip < size ? skip : size;
	bytes += skip;
	size -= skip;
	if (flags & MMT_NAME_SOCKET)
		t.len = (size_t)snprintf(out, NAME_ROOM, "socket:[%" PRIu64 "]", ino);
	else if (flags & MMT_NAME_PATH)
		put_path(&t, flags, bytes, size);
	else
		put(&t, bytes, strnlen(bytes, size));
	out[t.len] = '\0';
	return t.len;
}
