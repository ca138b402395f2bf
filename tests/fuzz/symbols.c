/* SPDX-License-Identifier: GPL-2.0 */
/* Arbitrary bytes as a program, its debug file, a perf map or a jitdump, and as what a process answers, for libFuzzer.
 * The first byte chooses.  DWARF is left out: libdw is not ours, and its crashes cost names (tests/live/symbols.py). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sym/demangle.h"
#include "sym/user_wire.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static struct user_answer answer, taken;

static int file_of(const unsigned char *data, size_t size)
{
	int fd = memfd_create("file", MFD_CLOEXEC);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	return fd;
}

/* What the parser makes of it is an answer that mmtrace takes. */
static void parse(const unsigned char *data, size_t size, uint32_t what)
{
	static struct user_request r;
	int fds[MESSAGE_FDS] = { file_of(data, size), -1, -1 };
	size_t half = size / 2;

	memset(&r, 0, sizeof(r));
	r.file = (struct opener_request){ .id = 1, .what = what };
	if (what == USER_ASK_NAMES)
		fds[1] = file_of(data + half, size - half);
	r.has_crc = size & 1;
	r.count = ASK_PLACES;
	for (uint32_t i = 0; i < r.count; i++)
		r.place[i] = (uint64_t)i * (size % 3 ? 0x40 : 1ull << 58);
	user_answer_make(fds, &r.file, &answer);
	if (!user_answer_decode(&answer, sizeof(answer), 1, &taken))
		abort();
	for (int i = 0; i < MESSAGE_FDS; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

static void names(const unsigned char *data, size_t size)
{
	char name[4096], out[FUNCTION_MAX];

	for (size_t at = 0; at < size; at += strlen(name) + 1) {
		snprintf(name, sizeof(name), "%.*s", (int)(size - at), (const char *)data + at);
		if (strlen(demangle(name, out, sizeof(out))) >= sizeof(out))
			abort();
	}
}

/* An answer of another process: what is taken can be read through. */
static void decode(const unsigned char *data, size_t size)
{
	memset(&answer, 0, sizeof(answer));
	answer.head.id = 1;
	memcpy(&answer.head.what, data, size < sizeof(answer) - 8 ? size : sizeof(answer) - 8);
	if (!user_answer_decode(&answer, sizeof(answer), 1, &taken))
		return;
	for (uint32_t i = 0; i < taken.done; i++)
		for (unsigned k = 0; k < taken.place[i].count; k++)
			if (strlen(taken.text + taken.frame[taken.place[i].first + k].function) >= ANSWER_TEXT)
				abort();
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	if (size < 2)
		return 0;
	switch (data[0] % 5) {
	case 0: parse(data + 1, size - 1, USER_ASK_FACTS); break;
	case 1: parse(data + 1, size - 1, USER_ASK_NAMES); break;
	case 2: parse(data + 1, size - 1, USER_ASK_JIT); break;
	case 3: names(data + 1, size - 1); break;
	default: decode(data + 1, size - 1);
	}
	return 0;
}
