/* SPDX-License-Identifier: GPL-2.0 */
/* What mmtrace asks about user symbols and what the parser answers: messages of fixed size, over opener/wire.h. */
#ifndef SYM_USER_WIRE_H
#define SYM_USER_WIRE_H

#include "opener/wire.h"
#include "sym/elf_file.h"
#include "sym/user.h"

#define ASK_PLACES 64
#define ANSWER_FRAMES (4 * ASK_PLACES)
#define ANSWER_TEXT (44u << 10) /* one place with all its frames has room in it */
#define FUNCTION_MAX 1024       /* bytes of a name, its NUL too */

/* Values of opener_request.what */
enum user_what {
	USER_ASK_FACTS = 16, /* what is in the file */
	USER_ASK_NAMES,      /* of places in it */
	USER_ASK_JIT,        /* of addresses, in a perf map or jitdump */
};
enum user_ask_flag { USER_ASK_RAW = 1, USER_ASK_DWARF = 2 };
/* Where `debug` and `alt` are looked for. */
enum user_where { USER_ON_HOST = 0, USER_IN_ROOT = 1 /* what the process sees as / */ };

struct user_request {
	struct opener_request file;
	uint32_t flags, where;
	uint32_t count, build_id_length;
	uint8_t build_id[USER_BUILD_ID];  /* that the file has, and the debug file must have; length 0: not known */
	uint32_t debug_crc, has_crc;      /* of the debug file, where it has no build-id */
	int32_t space_pid, pad;           /* JIT: pid as the process itself sees it */
	uint64_t serial;                  /* not looked at by the processes */
	uint64_t place[ASK_PLACES];       /* addresses of the file (as its program headers have them), or of a JIT */
	char debug[512], alt[512];        /* paths; empty: none */
};

enum user_debug { USER_DEBUG_NONE = 0, USER_DEBUG_USED = 1, USER_DEBUG_OTHER = 2 /* it is of another build */ };

/* Texts are offsets in `text`, which the answer's last byte ends; 0: none. */
struct user_answer_frame { uint32_t function, source, line; };
struct user_answer_place { uint64_t offset; uint16_t first, count; uint8_t approximate, pad[3]; };

struct user_answer {
	struct opener_answer head;
	struct opener_file file;          /* of the first file */
	uint32_t replaced;                /* it is not the one that was asked for, and has not its build-id */
	uint32_t debug;                   /* enum user_debug */
	/* facts */
	uint32_t has_symtab, has_dynsym, has_dwarf, has_debugdata;
	uint32_t build_id_length, load_count;
	uint8_t build_id[USER_BUILD_ID];
	struct elf_load load[ELF_LOADS];
	uint32_t debuglink_crc, owner;
	uint64_t modified_ns;
	char debuglink[256], debugaltlink[512];
	/* names: of the first `done` places that were asked for */
	uint32_t done, used; /* bytes of text */
	struct user_answer_place place[ASK_PLACES];
	struct user_answer_frame frame[ANSWER_FRAMES];
	char text[ANSWER_TEXT];
};

/* A message as it came: is it an answer that can be used? Copies it. */
bool user_answer_decode(const void *bytes, size_t size, uint64_t id, void *out);
/* In the parser. */
void user_answer_make(int fds[MESSAGE_FDS], const struct opener_request *r, void *out);
/* In the opener. */
void user_open_more(const struct opener_request *r, int fds[MESSAGE_FDS]);

extern const struct opener_service user_service;

#endif
