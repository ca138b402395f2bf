/* SPDX-License-Identifier: GPL-2.0 */
/* src/opener/answer.c and message.c: what another process sends is not trusted. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "opener/wire.h"
#include "unit/check.h"

static struct elf_answer honest(void)
{
	return (struct elf_answer){ .head = { .id = 7, .what = OPENER_ELF_HEADERS }, .count = ELF_SEGMENTS };
}

static bool taken(const struct elf_answer *a, size_t size, struct elf_answer *out)
{
	return elf_answer_decode(a, size, 7, out);
}

static void an_honest_answer(void)
{
	struct elf_answer a = honest(), out;

	CHECK(taken(&a, sizeof(a), &out));
	CHECK_EQ(out.count, ELF_SEGMENTS);
	a.head.error = -EACCES;
	a.count = 0;
	CHECK(taken(&a, sizeof(a), &out));
	CHECK_EQ(out.head.error, -EACCES);
}

static void answers_that_lie(void)
{
	struct elf_answer a = honest(), out;

	a.count = ELF_SEGMENTS + 1;
	CHECK(!taken(&a, sizeof(a), &out));
	a = honest();
	a.head.id = 8;
	CHECK(!taken(&a, sizeof(a), &out));
	a = honest();
	a.head.what = OPENER_ELF_SECTIONS + 1;
	CHECK(!taken(&a, sizeof(a), &out));
	a = honest();
	a.head.error = 5;
	CHECK(!taken(&a, sizeof(a), &out));
	a.head.error = -5; /* and yet segments */
	CHECK(!taken(&a, sizeof(a), &out));
	a.count = 0;
	a.head.error = INT32_MIN;
	CHECK(!taken(&a, sizeof(a), &out));
}

/* Of any size and at any address; the sanitizer watches. */
static void answers_of_any_size(void)
{
	struct elf_answer a = honest(), out;

	for (size_t size = 0; size <= sizeof(a); size++) {
		uint8_t *bytes = malloc(size + 1);

		memcpy(bytes + 1, &a, size);
		CHECK_EQ(elf_answer_decode(bytes + 1, size, 7, &out), size == sizeof(a));
		free(bytes);
	}
}

static void answers_of_any_bytes(void)
{
	struct elf_answer a, out;
	unsigned seed = 1, taken_ones = 0;

	for (int i = 0; i < 20000; i++) {
		a = honest();
		for (int n = 0; n < 4; n++)
			((uint8_t *)&a)[(size_t)rand_r(&seed) % 64] = (uint8_t)rand_r(&seed);
		if (!taken(&a, sizeof(a), &out))
			continue;
		taken_ones++;
		CHECK(out.count <= ELF_SEGMENTS && out.head.error <= 0);
	}
	CHECK(taken_ones > 0);
}

static int pair(int two[2])
{
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, two);
}

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static void messages_bring_descriptors(void)
{
	struct opener_request r = { .id = 3 }, got = { 0 };
	int two[2], fds[MESSAGE_FDS], file = memfd_create("a", MFD_CLOEXEC);
	struct stat sent, came;

	CHECK_EQ(pair(two), 0);
	CHECK_EQ(message_send(two[0], &r, sizeof(r), &file, 1, 0), 0);
	CHECK_EQ(message_receive(two[1], &got, sizeof(got), fds, 0), sizeof(got));
	CHECK_EQ(got.id, 3);
	CHECK(fds[0] >= 0 && fds[1] < 0);
	CHECK(fstat(file, &sent) == 0 && fstat(fds[0], &came) == 0 && sent.st_ino == came.st_ino);
	CHECK_EQ(fcntl(fds[0], F_GETFD), FD_CLOEXEC);
	close(fds[0]);
	close(file);
	close(two[0]);
	CHECK_EQ(message_receive(two[1], &got, sizeof(got), fds, 0), 0);
	close(two[1]);
}

/* Sent with descriptors where none are wanted, or too many. */
static void descriptors_do_not_stay(void)
{
	struct opener_request r = { 0 };
	int two[2], fds[MESSAGE_FDS], file = memfd_create("a", MFD_CLOEXEC), next;

	CHECK_EQ(pair(two), 0);
	next = dup(file);
	close(next);
	CHECK_EQ(message_send(two[0], &r, sizeof(r), (int[]){ file, file, file }, 3, 0), 0);
	CHECK_EQ(message_receive(two[1], &r, sizeof(r), NULL, 0), sizeof(r));
	CHECK(!is_open(next));
	CHECK_EQ(message_send(two[0], &r, sizeof(r), (int[]){ file, file, file }, 3, 0), 0);
	CHECK_EQ(message_receive(two[1], &r, sizeof(r), fds, 0), sizeof(r));
	CHECK(fds[0] >= 0 && fds[1] >= 0 && fds[2] >= 0);
	for (int i = 0; i < MESSAGE_FDS; i++)
		close(fds[i]);
	close(two[0]);
	close(two[1]);
	close(file);
}

static void messages_of_another_size(void)
{
	char bytes[600] = { 0 };
	int two[2];

	CHECK_EQ(pair(two), 0);
	for (size_t size = 1; size < sizeof(bytes); size += 7) {
		struct opener_request r;

		CHECK_EQ(message_send(two[0], bytes, size, NULL, 0, 0), 0);
		CHECK_EQ(message_receive(two[1], &r, sizeof(r), NULL, 0), size == sizeof(r) ? (long)sizeof(r) : -EPROTO);
	}
	CHECK_EQ(message_receive(two[1], bytes, sizeof(bytes), NULL, MSG_DONTWAIT), -EAGAIN);
	close(two[0]);
	close(two[1]);
}

static void what_a_file_is(void)
{
	struct opener_request r = { .id = 7, .what = OPENER_ELF_HEADERS }, other = { .id = 7, .what = 9 };
	int fd = memfd_create("a", MFD_CLOEXEC);
	struct elf_answer a;
	struct stat st;

	CHECK(write(fd, "#!/bin/sh\n", 10) == 10 && fstat(fd, &st) == 0);
	elf_answer_make(fd, &r, &a);
	CHECK(a.head.error == 0 && a.count == 0 && a.head.id == 7);
	CHECK(a.file.ino == st.st_ino && a.file.dev == st.st_dev && a.file.size == 10);
	elf_answer_make(fd, &other, &a);
	CHECK_EQ(a.head.error, -EINVAL);
	r.error = -ENOENT;
	elf_answer_make(-1, &r, &a);
	CHECK_EQ(a.head.error, -ENOENT);
	close(fd);
}

int main(void)
{
	RUN("opener", an_honest_answer);
	RUN("opener", answers_that_lie);
	RUN("opener", answers_of_any_size);
	RUN("opener", answers_of_any_bytes);
	RUN("opener", messages_bring_descriptors);
	RUN("opener", descriptors_do_not_stay);
	RUN("opener", messages_of_another_size);
	RUN("opener", what_a_file_is);
	return check_bad;
}
