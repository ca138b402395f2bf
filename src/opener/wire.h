/* SPDX-License-Identifier: GPL-2.0 */
/* What the processes say to each other: messages of fixed size on SOCK_SEQPACKET, one each. */
#ifndef OPENER_WIRE_H
#define OPENER_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host/elf.h"
#include "wire/event.h"

/* Which kind of answer is wanted. */
enum opener_what {
	OPENER_ELF_HEADERS = 1,
	OPENER_ELF_SECTIONS, /* these too */
};
/* Which file. */
enum opener_by {
	OPENER_BY_RANGE = 1, /* the one mapped from start to end (/proc/PID/map_files); once that is gone, the one
			      * of that path, if it is the same */
	OPENER_BY_EXE,       /* the program that runs (/proc/PID/exe) */
};

/* mmtrace to opener, and on to the parser, there with the file as a descriptor. */
struct opener_request {
	uint64_t id;         /* made by opener.c */
	uint64_t start, end; /* of the VMA */
	uint64_t ino;        /* what the kernel announced, looked at where it is opened by its path */
	uint64_t size, ctime_ns;
	uint32_t dev;        /* major << 20 | minor */
	int32_t pid;         /* a thread that lives */
	uint32_t what, by;
	int32_t error;       /* opener to parser: why there is no descriptor; 0: there is one */
	uint32_t edition;    /* not looked at by the processes */
	char path[MMT_NAME_ROOM]; /* empty: only by range; ended by a NUL */
};

/* The file that was opened, by fstat(). */
struct opener_file { uint64_t dev, ino, size, ctime_ns; };

/* Parser to mmtrace, which trusts nothing of it: elf_answer_decode(). */
struct elf_answer {
	uint64_t id;
	uint32_t what;
	int32_t error; /* negative errno: it could not be opened or read, and the rest is 0 */
	struct opener_file file;
	uint64_t relro_start, relro_end;
	uint32_t count, pad;
	struct elf_segment segment[ELF_SEGMENTS];
	struct elf_sections sections; /* all 0 unless they were asked for */
};

/* mmtrace to keeper: kill what runs; with two descriptors (of the opener, of the parser): start others.
 * keeper to mmtrace: what it has started. */
struct keeper_order { uint32_t start, pad; };
struct keeper_report { int32_t opener, parser; };

/* A message as it came: is it an answer that can be used?  Copies it, since the bytes need not be aligned. */
bool elf_answer_decode(const void *bytes, size_t size, uint64_t id, struct elf_answer *out);
/* Of an open file that nobody has looked into: the parser's work. */
void elf_answer_make(int fd, const struct opener_request *r, struct elf_answer *out);

/* Sends one message, with up to two descriptors: 0 or a negative errno. */
int message_send(int to, const void *bytes, size_t size, const int *fds, int fd_count, int flags);
/* Receives one of exactly size bytes: its descriptors (up to two; -1: none) are the caller's.  size, 0 at the
 * end, or a negative errno; -EPROTO: it had another size. */
long message_receive(int from, void *bytes, size_t size, int fds[2], int flags);

#endif
