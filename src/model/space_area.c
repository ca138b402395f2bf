/* SPDX-License-Identifier: GPL-2.0 */
/* Sections are placed by their addresses less the bias of their file, not by offsets in it: a page of the file
 * may be mapped twice (relro and what lies before it). */
#include "model/space_area.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "model/fault/elf.h"
#include "model/fault/kind.h"
#include "model/fault/vm.h"

#define SHF_TLS 0x400u
#define SHT_NOBITS 8u

/* --- guards --- */

#define GUARD_MAX (1ull << 20)

const char *space_part_kind(const struct space_area *a, unsigned i)
{
	return a->reserved ? SPACE_RESERVED : kind_name(a->parts.part[i].kind);
}

/* Of a thread whose stack pointer cannot be read the stack is anonymous memory like other. */
static bool may_be_stack(const struct space_area *a)
{
	enum kind k = a->parts.main;

	return a->parts.count && (k == KIND_STACK || k == KIND_THREAD_STACK || (k == KIND_ANON && a->v.perm[1] == 'w'));
}

void space_find_reserved(struct space_areas *all)
{
	for (size_t i = 0; i < all->count; i++) {
		struct space_area *a = &all->list[i];
		const struct space_area *next = i + 1 < all->count && a[1].v.start == a->v.end ? a + 1 : NULL;
		uint64_t rss = a->v.amount[VMA_RSS];

		if (a->parts.count && a->parts.main == KIND_GUARD)
			a->reserved = a->v.end - a->v.start > GUARD_MAX || (rss && rss != SPACE_UNKNOWN) || !next ||
				      !may_be_stack(next);
	}
}

/* --- sections --- */

const struct space_file *space_file_find(const struct space_file *files, uint32_t dev, uint64_t ino)
{
	const struct space_file *f = files;

	while (f && (f->head.dev != dev || f->head.ino != ino))
		f = f->next;
	return f;
}

static int by_start(const void *a, const void *b)
{
	const struct space_section *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

static void take(struct space_area *a, const struct space_file *f)
{
	a->sections = xcalloc(f->count + 1, sizeof(*a->sections));
	for (size_t k = 0; k < f->count; k++) {
		const struct input_section *sec = &f->list[k];
		uint64_t start = sec->addr + a->bias, end = start + sec->size;

		/* .tbss takes no room where it stands: each thread has one elsewhere */
		if (sec->flags & SHF_TLS && sec->type == SHT_NOBITS)
			continue;
		if (start >= a->v.end || end <= a->v.start || end <= start)
			continue;
		a->sections[a->section_count++] = (struct space_section){
			sec->name,
			start > a->v.start ? start : a->v.start,
			end < a->v.end ? end : a->v.end,
		};
	}
	if (a->section_count)
		qsort(a->sections, a->section_count, sizeof(*a->sections), by_start);
}

/* The nearest VMA below that shows a segment of a file, if nothing else lies between. */
static const struct space_area *file_below(const struct space_areas *all, size_t i)
{
	const struct space_area *a = &all->list[i];

	return i && a[-1].v.end == a->v.start && a[-1].segment >= 0 ? &a[-1] : NULL;
}

static void take_segment(struct space_area *a, const struct elf_facts *elf, const struct input_segment *seg)
{
	uint64_t relro_end;

	a->segment = (int)(seg - elf->segment);
	a->segment_perm = seg->perm;
	a->bias = elf_bias(seg, a->v.offset, a->v.start);
	relro_end = PAGE_DOWN(a->bias + elf->head.relro_end);
	a->relro = elf->head.relro_end > elf->head.relro_start &&
		   a->bias + PAGE_DOWN(elf->head.relro_start) <= a->v.start && a->v.end <= relro_end;
}

void space_sections(struct space_areas *all, size_t i, const struct mmt_vma *v, const struct session *s,
		    const struct space_file *files)
{
	struct space_area *a = &all->list[i];
	const struct space_area *below = file_below(all, i);
	const struct elf_facts *elf = v->kind & MMT_VMA_FILE ? elf_find(s, v) : NULL;
	const struct space_file *f = NULL;
	const struct input_segment *seg;

	if (elf && elf->count && !(v->vm_flags & VM_MAYSHARE)) {
		const uint64_t *bias = below && below->v.ino == v->ino && below->v.dev == v->dev ? &below->bias : NULL;

		seg = elf_segment_of(elf, a->v.offset, (uint32_t)v->vm_flags & (VM_READ | VM_WRITE | VM_EXEC),
				     a->v.start, bias);
		if (!seg)
			return;
		take_segment(a, elf, seg);
		f = space_file_find(files, v->dev, v->ino);
	} else if (below && !a->v.ino && a->parts.count && a->parts.part[0].kind == KIND_BSS) {
		a->bias = below->bias; /* the rest of .bss, which no file fills */
		f = space_file_find(files, below->v.dev, below->v.ino);
	}
	if (!f)
		return;
	a->elf_type = f->head.type & ~SECTIONS_TRUNCATED;
	a->more_sections = f->head.type & SECTIONS_TRUNCATED;
	take(a, f);
}
