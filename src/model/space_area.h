/* SPDX-License-Identifier: GPL-2.0 */
/* A VMA or a gap, and which ELF sections lie in it. */
#ifndef MODEL_SPACE_AREA_H
#define MODEL_SPACE_AREA_H

#include "input/input.h"
#include "model/fault/part.h"
#include "model/fault/session.h"

/* The sections of a file. */
struct space_file {
	struct input_sections head;
	struct input_section *list;
	size_t count;
	struct space_file *next;
};

/* A piece of a VMA that an ELF section fills; the name is the file's. */
struct space_section { const char *name; uint64_t start, end; };

#define SPACE_RESERVED "reserved"

enum space_change { SPACE_SAME, SPACE_NEW, SPACE_CHANGED, SPACE_GONE };

/* A VMA, or a gap between two. */
struct space_area {
	struct input_space_vma v; /* of a gap: start and end only */
	bool gap;
	char *name, *flags;    /* owned; NULL in a gap */
	struct parts parts;    /* what it is */
	bool reserved;         /* its kind is guard, but no stack's: addresses kept for later, or pages put out of reach */
	const char *missing;   /* why its file does not say more of it; NULL: it need not */
	pid_t thread;          /* whose stack it is; 0: not known, or none */
	char thread_name[17];
	struct space_section *sections; /* owned; in order of address */
	size_t section_count;
	bool more_sections;    /* its file has more than are read */
	int segment;           /* which PT_LOAD of its file it shows, from 0; -1: none, or not known */
	uint32_t segment_perm; /* VM_* of that */
	bool relro;            /* all of it became read-only after relocation */
	uint64_t bias;         /* load address less the file's own, where segment >= 0 */
	uint32_t elf_type;     /* ET_*; 0: not known */
	enum space_change change;
	int64_t grew, rss_grew; /* bytes since the reading before */
};

struct space_areas { struct space_area *list; size_t count, room; };

/* The kind of its i-th part: that of the fault model, or "reserved". */
const char *space_part_kind(const struct space_area *a, unsigned i);
/* Which of those that are guards are reserved. No gaps yet. */
void space_find_reserved(struct space_areas *all);

/* What the sections of a file are, or NULL. */
const struct space_file *space_file_find(const struct space_file *files, uint32_t dev, uint64_t ino);
/* Which segment of its file the VMA all->list[i] shows, and which sections lie in it; those before it
 * are done. v: the same VMA, as the fault model s has it. */
void space_sections(struct space_areas *all, size_t i, const struct mmt_vma *v, const struct session *s,
		    const struct space_file *files);

#endif
