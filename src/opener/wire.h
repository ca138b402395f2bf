/* SPDX-License-Identifier: GPL-2.0 */
/* What the processes say to each other: messages of fixed size on SOCK_SEQPACKET, one each. */
#ifndef OPENER_WIRE_H
#define OPENER_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host/elf.h"
#include "wire/event.h"

#define MESSAGE_FDS 3

/* Which kind of answer is wanted; a service has numbers of its own from 16 on. */
enum opener_what {
	OPENER_ELF_HEADERS = 1,
	OPENER_ELF_SECTIONS, /* these too */
};
enum opener_flag {
	OPENER_KEEP = 1,     /* keep it open; who asks for the same (dev, ino, edition) later gets that */
	OPENER_ANY_FILE = 2, /* the file at its path may be another one: the parser finds out */
};
/* Which file. */
enum opener_by {
	OPENER_BY_RANGE = 1, /* the one mapped from start to end (/proc/PID/map_files); once that is gone, the one
			      * of that path, if it is the same */
	OPENER_BY_EXE,       /* the program that runs (/proc/PID/exe) */
	OPENER_BY_SERVICE,   /* none: open_more() opens all */
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
	uint32_t edition;    /* with dev and ino: which file it is, where files are kept */
	uint32_t flags;      /* enum opener_flag */
	uint32_t files;      /* opener to parser: bits of those that there are */
	uint32_t replaced;   /* opener to parser: what has its path is not what was asked for */
	uint32_t pad;
	char path[MMT_NAME_ROOM]; /* empty: only by range; ended by a NUL */
};

/* How each answer begins. */
struct opener_answer {
	uint64_t id;
	uint32_t what;
	int32_t error; /* negative errno: it could not be opened or read, and the rest is 0 */
};

/* The file that was opened, by fstat(). */
struct opener_file { uint64_t dev, ino, size, ctime_ns; };

/* Parser to mmtrace, which trusts nothing of it: elf_answer_decode(). */
struct elf_answer {
	struct opener_answer head;
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

/* What a pair of processes works at.  Its functions run where their comments say. */
struct opener_service {
	size_t request_size; /* of a struct that begins with a struct opener_request */
	size_t answer_size;  /* of one that begins with a struct opener_answer */
	bool allocates;      /* its parser may have memory of its own, and map files that are passed to it */
	unsigned window;     /* requests that a pair may have at a time; 0: some */
	unsigned kept_files; /* how many files that OPENER_KEEP was asked for the opener keeps open */
	/* Opener: opens what belongs to the file asked for, which is fds[0] if it could be opened; -1: none. */
	void (*open_more)(const struct opener_request *r, int fds[MESSAGE_FDS]);
	/* Parser: looks into files that nobody has looked into.  Those that it goes on using it replaces by -1. */
	void (*answer)(int fds[MESSAGE_FDS], const struct opener_request *r, void *out);
	/* mmtrace: a message as it came: is it an answer that can be used?  Copies it, since the bytes need
	 * not be aligned. */
	bool (*decode)(const void *bytes, size_t size, uint64_t id, void *out);
};

/* Program headers. */
extern const struct opener_service opener_elf_headers;
bool elf_answer_decode(const void *bytes, size_t size, uint64_t id, struct elf_answer *out);
void elf_answer_make(int fd, const struct opener_request *r, struct elf_answer *out);
/* For those who make answers: what fstat() says, 0 or a negative errno. */
int opener_file_facts(int fd, struct opener_file *out);

/* Sends one message, with up to MESSAGE_FDS descriptors, of which those from the first -1 on are none: 0 or a
 * negative errno. */
int message_send(int to, const void *bytes, size_t size, const int *fds, int fd_count, int flags);
/* Receives one of exactly size bytes: its descriptors (-1: none) are the caller's.  size, 0 at the
 * end, or a negative errno; -EPROTO: it had another size. */
long message_receive(int from, void *bytes, size_t size, int fds[MESSAGE_FDS], int flags);

#endif
