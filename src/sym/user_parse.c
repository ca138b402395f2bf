/* SPDX-License-Identifier: GPL-2.0 */
/* What the parser makes of files for symbols.  It has no rights, and little time: what is dear to open
 * again is kept for the next request, which is mostly for the same files. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <zlib.h>

#include "base/clock.h"
#include "sym/debugdata.h"
#include "sym/demangle.h"
#include "sym/dwarf_lines.h"
#include "sym/elf_symbols.h"
#include "sym/jit.h"
#include "sym/user_wire.h"

/* Then an answer goes out with what is known by then: scopes of a large unit of C++ take long, and who is silent for
 * too long is killed. */
#define WORK_NS 500000000ull

enum { MAIN, DEBUG, ALT };

/* Of the files of one request. */
struct look {
	const struct user_request *r;
	struct user_answer *a;
	struct bytes main, debug;
	struct elf_parts parts, debug_parts, alt_parts;
	struct elf_found by_debug[ASK_PLACES], by_main[ASK_PLACES], by_packed[ASK_PLACES];
};

/* Kept from one request to the next one. */
static struct kept {
	struct opener_file file; /* with the DWARF that lines are from */
	struct dwarf_lines *lines;
	int fds[2];
	struct opener_file packed_of; /* the program whose .gnu_debugdata that is */
	uint8_t *packed;
	size_t packed_size;
} kept = { .fds = { -1, -1 } };

static struct look look;

/* --- which files hold --- */

static bool same_file(const struct opener_file *a, const struct opener_file *b)
{
	return a->ino && !memcmp(a, b, sizeof(*a));
}

static bool same_id(const uint8_t *a, uint32_t a_length, const uint8_t *b, uint32_t b_length)
{
	return a_length && a_length == b_length && !memcmp(a, b, a_length);
}

static uint32_t checksum(const struct bytes *b)
{
	static uint8_t part[1 << 16];
	uLong crc = crc32(0, NULL, 0);
	uint64_t at = 0;
	size_t got;

	while ((got = bytes_read(b, at, part, sizeof(part)))) {
		crc = crc32(crc, part, (uInt)got);
		at += got;
	}
	return (uint32_t)crc;
}

static bool debug_fits(const struct look *l)
{
	if (l->r->build_id_length)
		return same_id(l->r->build_id, l->r->build_id_length, l->debug_parts.build_id,
			       l->debug_parts.build_id_length);
	return l->r->has_crc && checksum(&l->debug) == l->r->debug_crc;
}

static bool main_fits(const struct look *l)
{
	if (l->r->build_id_length)
		return same_id(l->r->build_id, l->r->build_id_length, l->parts.build_id, l->parts.build_id_length);
	return !l->r->file.replaced;
}

/* --- answers --- */

static void facts_take(const struct look *l, struct user_answer *a)
{
	const struct elf_parts *p = &l->parts;

	a->has_symtab = p->symtab.entry != 0;
	a->has_dynsym = p->dynsym.entry != 0;
	a->has_dwarf = p->has_dwarf;
	a->has_debugdata = p->debugdata.size != 0;
	a->build_id_length = p->build_id_length;
	memcpy(a->build_id, p->build_id, sizeof(a->build_id));
	a->load_count = p->load_count;
	memcpy(a->load, p->load, sizeof(a->load));
	a->debuglink_crc = p->debuglink_crc;
	memcpy(a->debuglink, p->debuglink, sizeof(a->debuglink));
}

/* 0: no room. */
static uint32_t text_add(struct user_answer *a, const char *text)
{
	size_t length = strlen(text) + 1;
	uint32_t at = a->used;

	for (uint32_t i = 1; i < a->used; i += (uint32_t)strlen(a->text + i) + 1)
		if (!strcmp(a->text + i, text))
			return i;
	if (length > ANSWER_TEXT - a->used)
		return 0;
	memcpy(a->text + at, text, length);
	a->used += (uint32_t)length;
	return at;
}

static bool frame_add(const struct look *l, uint32_t *next, const char *function, const char *source, uint32_t line)
{
	struct user_answer_frame *f = &l->a->frame[*next];
	char name[FUNCTION_MAX];

	if (*next == ANSWER_FRAMES)
		return false;
	if (l->r->flags & USER_ASK_RAW)
		snprintf(name, sizeof(name), "%s", function);
	else
		demangle(function, name, sizeof(name));
	*f = (struct user_answer_frame){ text_add(l->a, name), source[0] ? text_add(l->a, source) : 0, line };
	++*next;
	return f->function && (f->source || !source[0]);
}

/* --- symbols --- */

static void find_in(struct look *l, const struct bytes *b, const struct elf_parts *p, struct elf_found *list)
{
	for (uint32_t i = 0; i < l->r->count; i++)
		list[i] = (struct elf_found){ .vaddr = l->r->place[i] };
	elf_symbols_find(b, &p->symtab, p->is_64, list, l->r->count);
	elf_symbols_find(b, &p->dynsym, p->is_64, list, l->r->count);
}

/* The unpacked symbols of the program, or size 0. */
static struct bytes packed_of(const struct look *l)
{
	if (!l->parts.debugdata.size)
		return (struct bytes){ .fd = -1 };
	if (!same_file(&kept.packed_of, &l->a->file)) {
		free(kept.packed);
		kept.packed = debugdata_unpack(&l->main, &l->parts.debugdata, &kept.packed_size);
		kept.packed_of = l->a->file;
	}
	return (struct bytes){ .fd = -1, .memory = kept.packed, .size = kept.packed ? kept.packed_size : 0 };
}

/* --- DWARF --- */

static struct dwarf_lines *lines_open(const struct look *l, int fds[MESSAGE_FDS])
{
	int from = l->a->debug == USER_DEBUG_USED && l->debug_parts.has_dwarf ? DEBUG : MAIN;
	const struct elf_parts *p = from == DEBUG ? &l->debug_parts : &l->parts;
	struct opener_file file;
	bool alt;

	if (!(l->r->flags & USER_ASK_DWARF) || !p->has_dwarf || opener_file_facts(fds[from], &file))
		return NULL;
	if (same_file(&kept.file, &file))
		return kept.lines;
	dwarf_lines_close(kept.lines);
	for (int i = 0; i < 2; i++)
		if (kept.fds[i] >= 0)
			close(kept.fds[i]);
	alt = fds[ALT] >= 0 && same_id(p->alt_id, p->alt_id_length, l->alt_parts.build_id, l->alt_parts.build_id_length);
	kept.fds[0] = fds[from];
	kept.fds[1] = alt ? fds[ALT] : -1;
	kept.file = file;
	/* with references into a file that is not there, it would have wrong or no names */
	kept.lines = p->debugaltlink[0] && !alt ? NULL : dwarf_lines_open(fds[from], kept.fds[1]);
	fds[from] = -1;
	if (alt)
		fds[ALT] = -1;
	return kept.lines;
}

/* --- one place --- */

static bool place_take(struct look *l, uint32_t i, const struct bytes *packed, struct dwarf_lines *lines,
		       uint32_t *next)
{
	static struct dwarf_frame frames[DWARF_FRAMES];
	struct { const struct bytes *b; const struct elf_found *f; } from[] = {
		{ &l->debug, &l->by_debug[i] }, { &l->main, &l->by_main[i] }, { packed, &l->by_packed[i] } };
	struct user_answer_place *p = &l->a->place[i];
	uint64_t vaddr = l->r->place[i], entry = vaddr;
	unsigned inlined = lines ? dwarf_lines_find(lines, vaddr, frames, &entry) : 0, best = 3;
	char name[SYMBOL_NAME] = "";

	for (unsigned k = 0; k < 3; k++)
		if (elf_symbol_holds(from[k].b, from[k].f) &&
		    (best == 3 || (from[k].f->sized && !from[best].f->sized)))
			best = k;
	if (best < 3 && !elf_symbol_name(from[best].b, from[best].f, name, sizeof(name)))
		best = 3;
	*p = (struct user_answer_place){ .first = (uint16_t)*next };
	if (best == 3 && (!inlined || !frames[inlined - 1].function[0]))
		return true;
	p->offset = vaddr - (best < 3 ? from[best].f->start : entry);
	p->approximate = best < 3 && !from[best].f->sized;
	for (unsigned k = 0; k + 1 < inlined; k++)
		if (!frame_add(l, next, frames[k].function, frames[k].source, frames[k].line))
			return false;
	if (!inlined)
		memset(&frames[0], 0, sizeof(frames[0]));
	entry = inlined ? inlined - 1 : 0;
	if (!frame_add(l, next, best < 3 ? name : frames[entry].function, frames[entry].source, frames[entry].line))
		return false;
	p->count = (uint16_t)(*next - p->first);
	return true;
}

/* --- requests --- */

static void names_take(struct look *l, int fds[MESSAGE_FDS])
{
	struct dwarf_lines *lines;
	struct bytes packed = packed_of(l);
	struct elf_parts packed_parts = { 0 };
	uint64_t until = clock_monotonic_ns() + WORK_NS;
	uint32_t next = 0;

	if (!l->r->count)
		return;
	if (packed.size)
		elf_parts_read(&packed, &packed_parts);
	find_in(l, &l->debug, &l->debug_parts, l->by_debug);
	find_in(l, &l->main, &l->parts, l->by_main);
	find_in(l, &packed, &packed_parts, l->by_packed);
	lines = lines_open(l, fds);
	while (l->a->done < l->r->count && (!l->a->done || clock_monotonic_ns() < until) &&
	       place_take(l, l->a->done, &packed, lines, &next))
		l->a->done++;
}

/* The program, its debug file, and the file which that one shares with others. */
static void file_answer(int fds[MESSAGE_FDS], const struct user_request *r, struct user_answer *a)
{
	struct bytes alt = bytes_of_file(fds[ALT]);
	struct look *l = &look;

	memset(l, 0, sizeof(*l));
	l->r = r;
	l->a = a;
	l->main = bytes_of_file(fds[MAIN]);
	l->debug = bytes_of_file(fds[DEBUG]);
	if (fds[MAIN] >= 0 && !a->head.error)
		a->head.error = opener_file_facts(fds[MAIN], &a->file);
	if (!a->head.error && !elf_parts_read(&l->main, &l->parts))
		a->head.error = -ENOEXEC;
	if (!a->head.error && !main_fits(l)) {
		a->head.error = -ESTALE;
		memset(&l->parts, 0, sizeof(l->parts));
	}
	if (!a->head.error)
		facts_take(l, a);
	if (r->file.what == USER_ASK_FACTS)
		return;
	elf_parts_read(&alt, &l->alt_parts);
	if (fds[DEBUG] >= 0 && elf_parts_read(&l->debug, &l->debug_parts)) {
		a->debug = debug_fits(l) ? USER_DEBUG_USED : USER_DEBUG_OTHER;
		memcpy(a->debugaltlink, l->debug_parts.debugaltlink, sizeof(a->debugaltlink));
	}
	if (a->debug != USER_DEBUG_USED)
		memset(&l->debug_parts, 0, sizeof(l->debug_parts));
	names_take(l, fds);
}

static void jit_answer(int fd, const struct user_request *r, struct user_answer *a)
{
	static struct jit_found list[ASK_PLACES];
	struct bytes b = bytes_of_file(fd);
	uint32_t next = 0;
	struct stat st;

	if (a->head.error)
		return;
	if (!syscall(SYS_fstat, fd, &st)) {
		a->owner = st.st_uid;
		a->modified_ns = (uint64_t)st.st_mtim.tv_sec * 1000000000ull + (uint64_t)st.st_mtim.tv_nsec;
	}
	for (uint32_t i = 0; i < r->count; i++)
		list[i] = (struct jit_found){ .address = r->place[i] };
	(jit_is_dump(&b) ? jit_dump : jit_perf_map)(&b, list, r->count);
	look.r = r;
	look.a = a;
	for (; a->done < r->count; a->done++) {
		a->place[a->done] = (struct user_answer_place){ .offset = r->place[a->done] - list[a->done].start,
								.first = (uint16_t)next };
		if (!list[a->done].found || !list[a->done].name[0])
			continue;
		if (!frame_add(&look, &next, list[a->done].name, "", 0))
			return;
		a->place[a->done].count = 1;
	}
}

void user_answer_make(int fds[MESSAGE_FDS], const struct opener_request *request, void *out)
{
	const struct user_request *r = (const struct user_request *)request;
	struct user_answer *a = out;

	memset(a, 0, offsetof(struct user_answer, frame));
	a->head = (struct opener_answer){ request->id, request->what, request->error };
	a->used = 1; /* 0 is no text */
	a->text[0] = '\0';
	if (request->what == USER_ASK_JIT)
		jit_answer(fds[0], r, a);
	else
		file_answer(fds, r, a);
}
