/* SPDX-License-Identifier: GPL-2.0 */
/* What the files behind user.h share. */
#ifndef SYM_USER_INTERNAL_H
#define SYM_USER_INTERNAL_H

#include "base/map.h"
#include "opener/opener.h"
#include "sym/user.h"
#include "sym/user_wire.h"

/* A name that is kept: one piece of memory, texts behind the frames. */
struct kept_name {
	uint64_t offset;
	uint8_t why, approximate;
	uint16_t count;
	struct { uint32_t function, source, line; } frame[]; /* offsets from the beginning of it; source 0: not known */
};

enum facts { FACTS_ASKED, FACTS_KNOWN, FACTS_FAILED };

/* A file, or the JIT code of a process. */
struct module {
	struct user_file file;  /* path is its own */
	char *path;
	const char *name;       /* the end of path */
	uint32_t number;
	enum facts facts;
	enum user_why why;      /* FACTS_FAILED */
	bool has_symtab, has_dwarf, has_debugdata, no_dwarf; /* no_dwarf: reading it crashed or hung */
	uint32_t build_id_length, load_count, debuglink_crc;
	uint8_t build_id[USER_BUILD_ID];
	struct elf_load load[ELF_LOADS];
	char *debuglink;
	/* its debug file */
	bool debug_settled;
	char *debug, *alt;      /* NULL: none */
	enum user_where where;
	struct map names;       /* by offset: struct kept_name */
};

struct user_symbols {
	struct user_options options;
	struct opener *opener;
	struct module **modules; /* [0] is none */
	uint32_t count;
	size_t room;
	struct map by_file;      /* dev, ino, edition */
	struct map dumps;        /* pid: the module that is its jitdump */
	uint64_t cached;         /* bytes of kept names */
	struct user_counts counts;
	/* the request that is waited for */
	uint64_t serial;
	bool waiting;
	enum opener_end end;
	struct user_answer *answer;
};

/* user_ask.c: asks, and waits until `until` (monotonic ns): how it ended; u->answer holds if it was answered. */
enum opener_end user_ask(struct user_symbols *u, struct user_request *r, uint64_t until);
/* Waits for the facts of all modules that were announced. */
void user_ask_settle(struct user_symbols *u, uint64_t until);
/* Puts a request for the facts of a module into the queue. */
void user_ask_facts(struct user_symbols *u, uint32_t number);
/* opener_fn. */
void user_ask_end(void *ctx, const struct opener_request *r, enum opener_end end, const void *a);
/* The request that opens the module's file. */
void user_ask_fill(const struct module *m, struct user_request *r, uint32_t what);
enum user_why user_ask_why(enum opener_end end, int error);

/* user_modules.c: drops all names that are kept. */
void user_names_forget(struct user_symbols *u);

/* user_debug.c: finds the module's debug file, by asking for one after the other. */
void user_debug_settle(struct user_symbols *u, struct module *m, uint64_t until);

#endif
