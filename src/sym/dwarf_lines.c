/* SPDX-License-Identifier: GPL-2.0 */
#include "sym/dwarf_lines.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UNITS_MAX 200000u
#define RANGES_MAX (1u << 22)

struct range { uint64_t start, end; Dwarf_Off unit; };

struct dwarf_lines {
	Elf *elf, *alt_elf;
	Dwarf *dwarf, *alt;
	struct range *ranges; /* of units, by start: not all compilers write .debug_aranges */
	size_t count, room;
};

static bool range_add(struct dwarf_lines *d, uint64_t start, uint64_t end, Dwarf_Off unit)
{
	if (start >= end || d->count == RANGES_MAX)
		return d->count < RANGES_MAX;
	if (d->count == d->room) {
		size_t bigger = d->room ? d->room * 2 : 1024;
		struct range *p = reallocarray(d->ranges, bigger, sizeof(*p));

		if (!p)
			return false;
		d->ranges = p;
		d->room = bigger;
	}
	d->ranges[d->count++] = (struct range){ start, end, unit };
	return true;
}

static int by_start(const void *pa, const void *pb)
{
	const struct range *a = pa, *b = pb;

	return a->start != b->start ? a->start < b->start ? -1 : 1 : a->end < b->end ? -1 : a->end > b->end;
}

static void ranges_read(struct dwarf_lines *d)
{
	Dwarf_CU *unit = NULL;
	Dwarf_Die die;
	uint8_t type;
	unsigned units = 0;

	while (units++ < UNITS_MAX && dwarf_get_units(d->dwarf, unit, &unit, NULL, &type, &die, NULL) == 0) {
		Dwarf_Addr base, start, end;
		ptrdiff_t at = 0;

		if (type != DW_UT_compile)
			continue;
		while ((at = dwarf_ranges(&die, at, &base, &start, &end)) > 0)
			if (!range_add(d, start, end, dwarf_dieoffset(&die)))
				return;
	}
}

struct dwarf_lines *dwarf_lines_open(int fd, int alt)
{
	struct dwarf_lines *d = calloc(1, sizeof(*d));

	elf_version(EV_CURRENT);
	if (!d)
		return NULL;
	d->elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	d->dwarf = d->elf ? dwarf_begin_elf(d->elf, DWARF_C_READ, NULL) : NULL;
	if (!d->dwarf) {
		dwarf_lines_close(d);
		return NULL;
	}
	d->alt_elf = alt >= 0 ? elf_begin(alt, ELF_C_READ_MMAP, NULL) : NULL;
	d->alt = d->alt_elf ? dwarf_begin_elf(d->alt_elf, DWARF_C_READ, NULL) : NULL;
	if (d->alt)
		dwarf_setalt(d->dwarf, d->alt);
	ranges_read(d);
	if (d->count)
		qsort(d->ranges, d->count, sizeof(*d->ranges), by_start);
	return d;
}

void dwarf_lines_close(struct dwarf_lines *d)
{
	if (!d)
		return;
	if (d->dwarf)
		dwarf_end(d->dwarf);
	if (d->alt)
		dwarf_end(d->alt);
	if (d->elf)
		elf_end(d->elf);
	if (d->alt_elf)
		elf_end(d->alt_elf);
	free(d->ranges);
	free(d);
}

/* Ranges of units do not overlap, but in damaged files: the one that begins last below. */
static bool unit_at(struct dwarf_lines *d, uint64_t vaddr, Dwarf_Die *out)
{
	size_t low = 0, high = d->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (d->ranges[mid].start <= vaddr)
			low = mid + 1;
		else
			high = mid;
	}
	return low && vaddr < d->ranges[low - 1].end && dwarf_offdie(d->dwarf, d->ranges[low - 1].unit, out);
}

static void function_name(Dwarf_Die *die, char out[DWARF_NAME])
{
	static const unsigned names[] = { DW_AT_linkage_name, DW_AT_MIPS_linkage_name, DW_AT_name };
	Dwarf_Attribute attr;
	const char *text = NULL;

	for (int i = 0; i < 3 && !text; i++)
		text = dwarf_formstring(dwarf_attr_integrate(die, names[i], &attr));
	snprintf(out, DWARF_NAME, "%s", text ? text : "");
}

/* Where the inlined function was called is the line of the frame around it. */
static void call_site(Dwarf_Die *unit, Dwarf_Die *inlined, struct dwarf_frame *outer)
{
	Dwarf_Attribute attr;
	Dwarf_Files *files;
	Dwarf_Word file, line;
	size_t count;

	if (dwarf_formudata(dwarf_attr(inlined, DW_AT_call_line, &attr), &line) == 0)
		outer->line = line <= UINT32_MAX ? (uint32_t)line : 0;
	if (dwarf_formudata(dwarf_attr(inlined, DW_AT_call_file, &attr), &file) == 0 &&
	    dwarf_getsrcfiles(unit, &files, &count) == 0 && file < count) {
		const char *name = dwarf_filesrc(files, file, NULL, NULL);

		snprintf(outer->source, sizeof(outer->source), "%s", name ? name : "");
	}
}

static void line_of(Dwarf_Die *unit, uint64_t vaddr, struct dwarf_frame *out)
{
	Dwarf_Line *line = dwarf_getsrc_die(unit, vaddr);
	const char *source = line ? dwarf_linesrc(line, NULL, NULL) : NULL;
	int number = 0;

	if (source)
		snprintf(out->source, sizeof(out->source), "%s", source);
	if (line && dwarf_lineno(line, &number) == 0 && number > 0)
		out->line = (uint32_t)number;
}

/* dwarf_getscopes() goes on from an inlined function to where it was written: where it was inlined to is what
 * stands around its innermost scope. */
static int scopes_around(Dwarf_Die *unit, uint64_t vaddr, Dwarf_Die **scopes)
{
	Dwarf_Die innermost;
	bool inlined = false;
	int n = dwarf_getscopes(unit, vaddr, scopes);

	for (int i = 0; i < n && !inlined; i++)
		inlined = dwarf_tag(&(*scopes)[i]) == DW_TAG_inlined_subroutine;
	if (n <= 0 || !inlined)
		return n;
	innermost = (*scopes)[0];
	free(*scopes);
	*scopes = NULL;
	return dwarf_getscopes_die(&innermost, scopes);
}

unsigned dwarf_lines_find(struct dwarf_lines *d, uint64_t vaddr, struct dwarf_frame out[DWARF_FRAMES],
			  uint64_t *entry)
{
	Dwarf_Die unit, *scopes = NULL;
	Dwarf_Addr begins = 0;
	unsigned count = 0;
	bool whole = false;
	int n;

	if (!unit_at(d, vaddr, &unit))
		return 0;
	memset(out, 0, DWARF_FRAMES * sizeof(*out));
	line_of(&unit, vaddr, &out[0]);
	n = scopes_around(&unit, vaddr, &scopes);
	for (int i = 0; i < n && !whole && count < DWARF_FRAMES; i++) {
		int tag = dwarf_tag(&scopes[i]);

		if (tag != DW_TAG_inlined_subroutine && tag != DW_TAG_subprogram)
			continue;
		function_name(&scopes[i], out[count].function);
		count++;
		whole = tag == DW_TAG_subprogram;
		if (whole && dwarf_entrypc(&scopes[i], &begins) == 0)
			*entry = begins;
		if (!whole && count < DWARF_FRAMES)
			call_site(&unit, &scopes[i], &out[count]);
	}
	free(scopes);
	if (whole)
		return count;
	out[0].function[0] = '\0'; /* its scopes are elsewhere (LTO), but not its line */
	return out[0].line != 0;
}
