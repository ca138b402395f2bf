/* SPDX-License-Identifier: GPL-2.0 */
/* Names for code of user space.  Code is asked for by place: a module and an offset in its file.  Files are
 * opened and read by processes without rights (opener/opener.h); a file that crashes or hangs them costs names.
 * What a program maps is announced while it lives, so that its files are still there when it has ended. */
#ifndef SYM_USER_H
#define SYM_USER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "sym/ksym.h"

#define USER_BUILD_ID 32 /* bytes; SHA-1 has 20 */
#define USER_FRAMES 16   /* functions at one place: 15 inlined, and the one that they are in */

/* A file that is mapped for execution. */
struct user_file {
	uint64_t ino;
	uint64_t size, ctime_ns; /* 0: not known; then the path alone is never believed */
	uint32_t dev;            /* major << 20 | minor */
	uint32_t edition;        /* as in struct mmt_vma: numbers of inodes are used again */
	int32_t pid;             /* a thread that has it mapped, and where: it is opened through map_files */
	uint64_t start, end;
	const char *path;        /* as announced, for its name and for debug files beside it; NULL: not known */
	uint32_t build_id_length;         /* 0: not known, it is read */
	uint8_t build_id[USER_BUILD_ID];
	bool remote;             /* its file system may hang (wire/remote.def): it is not opened */
};

enum user_place_kind {
	USER_FILE = 1, /* module, offset */
	USER_JIT,      /* pid, address: anonymous memory that is executable */
	USER_KERNEL,   /* address */
	USER_VDSO,     /* offset in [vdso] */
};

struct user_place {
	enum user_place_kind kind;
	uint32_t module;  /* USER_FILE: of user_module() */
	int32_t pid;      /* USER_JIT */
	uint64_t address; /* of the instruction: offset in the file, or address.  For a return address its caller
			   * asks for the byte before it. */
	uint64_t started_unix_ns; /* USER_JIT: when the process began; an older map is another process's. 0: not known */
};

/* Why there is no name. */
enum user_why {
	USER_NAMED = 0,
	USER_NO_SYMBOL,    /* nothing covers it */
	USER_STRIPPED,     /* no symbols, and no debug file was found */
	USER_GONE,         /* file or process have gone before they were opened */
	USER_REPLACED,     /* what has its path now is another file */
	USER_UNREADABLE,   /* it may not be read, or is no ELF file */
	USER_REMOTE,       /* not read: its file system may hang */
	USER_LATE,         /* not read in time */
	USER_DIED,         /* the process that read it crashed or was killed */
	USER_NO_READER,    /* no process is left to read it */
	USER_NO_MAP,       /* a JIT without /tmp/perf-PID.map or jitdump */
	USER_HIDDEN,       /* the kernel hides its addresses */
	USER_WHY_COUNT
};

/* A function at a place.  Names are from outside: escape before output. */
struct user_frame {
	const char *function; /* demangled */
	const char *source;   /* file; NULL: not known */
	uint32_t line;        /* 0: not known */
};

/* All texts belong to the resolver, and hold until the next call of it. */
struct user_name {
	enum user_why why;
	bool approximate;     /* the symbol has no size: it may be another function behind it */
	const char *module;   /* short: "libc.so.6", "[jit]", "[kernel]", "ext4"; "" where not known */
	uint64_t offset;      /* from the beginning of the function that is not inlined */
	uint32_t count;       /* 0: no name */
	struct user_frame frame[USER_FRAMES]; /* innermost first; the last one is not inlined */
};

struct user_options {
	bool demangle_raw;  /* names as in the file */
	bool inlined;       /* read DWARF: inlined functions and lines, slower */
	bool debuginfod;      /* ask the servers of DEBUGINFOD_URLS for debug files that are not here: may take long */
	const struct ksym_table *kernel; /* NULL: kernel places are USER_HIDDEN */
	uint64_t cache_bytes; /* of names; 0: 64 MiB */
};

struct user_symbols;

/* Starts the processes: early, while little is there that they would keep.  NULL: cannot fork (errno). */
struct user_symbols *user_start(const struct user_options *options);
void user_free(struct user_symbols *u); /* takes NULL */
/* The number of a module (from 1); one that is new is opened and its facts are read while the caller goes on.
 * May be called for each mapping that is met: (dev, ino, edition) known already costs a look-up. 0: too many. */
uint32_t user_module(struct user_symbols *u, const struct user_file *file);
/* Readable when user_take() has something to do. */
int user_fd(const struct user_symbols *u);
void user_take(struct user_symbols *u);
/* Names of n places, asked together, within ns; fn is called once for each, in their order, i being its index.
 * What was not answered in time has USER_LATE and may be asked again. */
typedef void (*user_name_fn)(void *ctx, size_t i, const struct user_place *place, const struct user_name *name);
void user_resolve(struct user_symbols *u, const struct user_place *places, size_t n, uint64_t ns, user_name_fn fn,
		  void *ctx);
/* Its build-id, once it was read; returns its length, 0: none or not read yet. */
size_t user_build_id(const struct user_symbols *u, uint32_t module, uint8_t out[USER_BUILD_ID]);
/* In words. */
const char *user_why_text(enum user_why why);

/* What was lost, for the summary. */
struct user_counts { uint64_t asked, named, modules, modules_left_out, deaths, late; };
struct user_counts user_counts(const struct user_symbols *u);

#endif
