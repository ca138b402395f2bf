/* SPDX-License-Identifier: GPL-2.0 */
/* Which FDE comes next stands in .eh_frame_hdr, which a program header points to: sections may be missing, and are
 * looked at only where that is. */
#include "host/unwind.h"

#include <dwarf.h>
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HEADERS 128
#define SEGMENTS 16
#define WINDOW (64u << 10)
#define ENTRY_MAX (60u << 10) /* of .eh_frame; one function of a compiler has 30 KiB */
#define ROWS_PER_PAGE 4097 /* one for each byte, and the one in force */
#define CIES 64
#define ENTRY_CODE 128      /* bytes of _start and _dl_start_user; they have 70 */
#define STEPS (200u << 20)    /* of some 10 ns: no file delays the others for long */
#define STEPS_READ 1000u      /* of a window */
#define STEPS_FDE 16u
#define SECTIONS 1024
#define RULE_SLOTS 8192       /* twice as many as there are rules; a power of two */

struct segment { uint64_t offset, vaddr, filesz; uint32_t flags; };

/* A part of the file. */
struct window { uint64_t from; size_t size; uint8_t bytes[WINDOW]; };

struct cached_cie { uint64_t offset; struct cfi_cie cie; bool good; };

struct unwind_builder {
	const struct unwind_file *file;
	struct unwind_table *out;
	struct segment segment[SEGMENTS];
	unsigned segments;
	uint64_t entry;          /* offset in the file; ~0: none */
	uint64_t header, header_vaddr, header_size; /* .eh_frame_hdr */
	struct window index, frames, cies;
	struct cached_cie cie[CIES];
	uint16_t slot[RULE_SLOTS]; /* rule + 1 */
	/* of the FDE under way, all in the file */
	uint64_t to_file, fde_end;
	/* of what has been written */
	uint64_t upto;           /* nothing is known beyond */
	uint64_t text_end;
	uint32_t now;            /* rule in force */
	uint32_t page;           /* that rows are written to, from first_page */
	uint32_t steps;          /* that are left */
	bool full;
};

size_t unwind_builder_size(void)
{
	return sizeof(struct unwind_builder);
}

/* --- reading --- */

/* false, and all is over: the file takes too long. */
static bool spend(struct unwind_builder *b, uint32_t steps)
{
	b->full |= steps > b->steps;
	b->steps -= steps > b->steps ? b->steps : steps;
	return !b->full;
}

/* size bytes at offset, or NULL. */
static const uint8_t *view(struct unwind_builder *b, struct window *w, uint64_t offset, size_t size)
{
	long n;

	if (size > WINDOW || offset + size < offset)
		return NULL;
	if (offset < w->from || offset + size > w->from + w->size) {
		if (!spend(b, STEPS_READ))
			return NULL;
		n = b->file->read(b->file->ctx, w->bytes, WINDOW, offset);
		w->from = offset;
		w->size = n > 0 ? (size_t)n : 0;
	}
	return offset + size <= w->from + w->size ? w->bytes + (offset - w->from) : NULL;
}

static const struct segment *segment_of(const struct unwind_builder *b, uint64_t vaddr)
{
	for (unsigned i = 0; i < b->segments; i++)
		if (vaddr - b->segment[i].vaddr < b->segment[i].filesz)
			return &b->segment[i];
	return NULL;
}

static const struct segment *segment_at(const struct unwind_builder *b, uint64_t offset)
{
	for (unsigned i = 0; i < b->segments; i++)
		if (offset - b->segment[i].offset < b->segment[i].filesz)
			return &b->segment[i];
	return NULL;
}

static void header_take(struct unwind_builder *b, const Elf64_Phdr *p)
{
	if (p->p_type == PT_LOAD && b->segments < SEGMENTS && p->p_filesz && p->p_offset < 1ull << 62
		&& p->p_filesz < 1ull << 62)
		b->segment[b->segments++] = (struct segment){ p->p_offset, p->p_vaddr, p->p_filesz, p->p_flags };
	if (p->p_type == PT_GNU_EH_FRAME) {
		b->header = p->p_offset;
		b->header_vaddr = p->p_vaddr;
		b->header_size = p->p_filesz;
	}
}

static int headers_read(struct unwind_builder *b)
{
	const uint8_t *at = view(b, &b->index, 0, sizeof(Elf64_Ehdr));
	const struct segment *s;
	Elf64_Ehdr e;
	Elf64_Phdr p;

	if (!at)
		return -ENOEXEC;
	memcpy(&e, at, sizeof(e));
	if (memcmp(e.e_ident, ELFMAG, SELFMAG) || e.e_ident[EI_CLASS] != ELFCLASS64 || e.e_machine != EM_X86_64 ||
	    e.e_phentsize != sizeof(p))
		return -ENOEXEC;
	for (unsigned i = 0; i < e.e_phnum && i < HEADERS; i++) {
		at = view(b, &b->index, e.e_phoff + i * sizeof(p), sizeof(p));
		if (!at)
			return -ENOEXEC;
		memcpy(&p, at, sizeof(p));
		header_take(b, &p);
	}
	s = segment_of(b, e.e_entry);
	b->entry = s ? e.e_entry - s->vaddr + s->offset : ~0ull;
	return 0;
}

/* --- rules --- */

static uint32_t rule_slot(const struct mmt_unwind_rule *r)
{
	uint64_t word[2];

	memcpy(word, r, sizeof(word));
	return (uint32_t)(((word[0] * 0x9e3779b97f4a7c15ull) ^ word[1]) * 0xff51afd7ed558ccdull >> 40) & (RULE_SLOTS - 1);
}

_Static_assert(sizeof(struct mmt_unwind_rule) == 16, "two words");

static uint32_t rule_number(struct unwind_builder *b, const struct mmt_unwind_rule *r)
{
	struct unwind_table *t = b->out;
	uint32_t i;

	if (r->kind <= MMT_RULE_END)
		return r->kind; /* MMT_RULE_N_BAD ..: nothing else in them counts */
	for (i = rule_slot(r); b->slot[i]; i = (i + 1) & (RULE_SLOTS - 1))
		if (!memcmp(&t->rule[b->slot[i] - 1], r, sizeof(*r)))
			return b->slot[i] - 1u;
	if (t->rules == MMT_UNWIND_RULES)
		return MMT_RULE_N_BAD;
	t->rule[t->rules++] = *r;
	b->slot[i] = (uint16_t)t->rules;
	return t->rules - 1;
}

_Static_assert((int)MMT_RULE_BAD == MMT_RULE_N_BAD && (int)MMT_RULE_GAP == MMT_RULE_N_GAP
	&& (int)MMT_RULE_END == MMT_RULE_N_END,
	       "kinds are numbers of these");

/* --- rows --- */

static void push(struct unwind_builder *b, uint64_t offset, uint32_t rule)
{
	struct unwind_table *t = b->out;

	if (t->rows == UNWIND_ROWS)
		b->full = true;
	else
		t->row[t->rows++] = MMT_ROW(offset, rule);
}

/* Each page begins with the rule in force. */
static void page_reach(struct unwind_builder *b, uint64_t offset)
{
	struct unwind_table *t = b->out;

	while (b->page < t->pages && (offset >> 12) - t->first_page >= b->page) {
		t->page[b->page] = t->rows;
		push(b, (uint64_t)(t->first_page + b->page) << 12, b->now);
		b->page++;
	}
}

static void row_add(struct unwind_builder *b, uint64_t offset, uint32_t rule)
{
	struct unwind_table *t = b->out;

	page_reach(b, offset);
	if (!t->rows || b->full)
		return;
	if (t->row[t->rows - 1] >> 16 == (offset & 0xffff))
		t->row[t->rows - 1] = MMT_ROW(offset, rule);
	else if (rule != b->now)
		push(b, offset, rule);
	b->now = rule;
}

/* A program begins where its file says so, in a few instructions that nobody calls: those of the
 * loader have no FDE. */
static void gap_add(struct unwind_builder *b, uint64_t from, uint64_t to)
{
	if (from >= to)
		return;
	row_add(b, from, MMT_RULE_N_GAP);
	if (b->entry - from >= to - from)
		return;
	row_add(b, b->entry, MMT_RULE_N_END);
	if (to - b->entry > ENTRY_CODE)
		row_add(b, b->entry + ENTRY_CODE, MMT_RULE_N_GAP);
}

static void on_row(void *ctx, uint64_t address, const struct mmt_unwind_rule *rule)
{
	struct unwind_builder *b = ctx;
	uint64_t offset = address + b->to_file;

	if (offset < b->upto || offset >= b->fde_end) /* backwards, or beyond its function */
		return;
	b->upto = offset;
	row_add(b, offset, rule_number(b, rule));
}

/* --- entries of .eh_frame --- */

/* The body of the entry at offset, behind its length; at: where that is. */
static struct cfi_bytes entry_read(struct unwind_builder *b, struct window *w, uint64_t offset)
{
	const uint8_t *at = view(b, w, offset, 4);
	struct cfi_bytes none = { .bad = true };
	uint32_t size;

	if (!at)
		return none;
	memcpy(&size, at, 4);
	if (size < 4 || size > ENTRY_MAX)
		return none;
	at = view(b, w, offset + 4, size);
	return at ? (struct cfi_bytes){ at, at + size, false } : none;
}

static const struct cfi_cie *cie_find(struct unwind_builder *b, uint64_t offset)
{
	struct cached_cie *c = &b->cie[(offset >> 2) % CIES];
	const struct segment *s = segment_at(b, offset);
	struct cfi_bytes body;

	if (c->offset == offset + 1)
		return c->good ? &c->cie : NULL;
	c->offset = offset + 1;
	body = entry_read(b, &b->cies, offset);
	c->good = s && !body.bad && cfi_fixed(&body, 4) == 0 &&
		  cfi_cie_read(body, offset + 8 - s->offset + s->vaddr, &c->cie);
	return c->good ? &c->cie : NULL;
}

/* What is known of an FDE before it is run. */
struct fde { const struct cfi_cie *cie; uint64_t start, size; struct cfi_bytes program; };

static bool fde_read(struct unwind_builder *b, uint64_t offset, struct fde *out)
{
	const struct segment *s = segment_at(b, offset);
	struct cfi_bytes body = entry_read(b, &b->frames, offset);
	const uint8_t *from = body.at;
	uint64_t back, vaddr, skip;

	if (!s || body.bad)
		return false;
	back = cfi_fixed(&body, 4);
	if (!back || back > offset + 4)
		return false;
	out->cie = cie_find(b, offset + 4 - back);
	if (!out->cie)
		return false;
	vaddr = offset + 4 - s->offset + s->vaddr;
	out->start = cfi_pointer(&body, out->cie->encoding, vaddr + (uint64_t)(body.at - from), 0);
	out->size = cfi_pointer(&body, out->cie->encoding & 0x0f, 0, 0);
	if (out->cie->augmented) {
		skip = cfi_uleb(&body);
		if (skip > (uint64_t)(body.end - body.at))
			return false;
		body.at += skip;
	}
	out->program = body;
	return spend(b, STEPS_FDE + (uint32_t)(body.end - body.at)) && !body.bad;
}

static void fde_take(struct unwind_builder *b, uint64_t offset)
{
	const struct segment *s;
	struct fde f;
	uint64_t start;

	b->out->fdes++;
	if (!fde_read(b, offset, &f) || !f.size) {
		b->out->damaged++;
		return;
	}
	s = segment_of(b, f.start);
	start = s ? f.start - s->vaddr + s->offset : 0;
	if (!s || !(s->flags & PF_X) || start < b->upto || f.size > s->offset + s->filesz - start) {
		b->out->damaged++;
		return;
	}
	gap_add(b, b->upto, start);
	b->to_file = s->offset - s->vaddr;
	b->upto = start;
	b->fde_end = start + f.size;
	if (!cfi_run(f.cie, f.program, f.start, on_row, b))
		b->out->damaged++;
	b->upto = b->fde_end;
}

/* --- the index --- */

/* Each FDE by the table that is sorted by their addresses; -ENODATA: there is no such table. */
static int walk_index(struct unwind_builder *b, struct cfi_bytes *head, uint8_t count_encoding, uint8_t encoding)
{
	uint64_t count = cfi_pointer(head, count_encoding, 0, 0), at = b->header + 12, fde;
	const struct segment *s;
	const uint8_t *pair;
	int32_t offset;

	if (head->bad || encoding != (DW_EH_PE_datarel | DW_EH_PE_sdata4) || count_encoding != DW_EH_PE_udata4 || !count)
		return -ENODATA;
	if (count > (b->header_size - 12) / 8)
		count = (b->header_size - 12) / 8;
	if (count > UNWIND_FDES || count > b->text_end - b->upto)
		return -E2BIG;
	for (; count && !b->full; count--, at += 8) {
		pair = view(b, &b->index, at, 8);
		if (!pair)
			break;
		memcpy(&offset, pair + 4, 4);
		fde = b->header_vaddr + (uint64_t)(int64_t)offset;
		s = segment_of(b, fde);
		if (s)
			fde_take(b, fde - s->vaddr + s->offset);
	}
	return 0;
}

/* Sorted in place, without memory or recursion: by the address that each FDE begins at, in the upper half. */
static void sift(uint64_t *list, size_t from, size_t count)
{
	size_t child;

	while ((child = 2 * from + 1) < count) {
		uint64_t was = list[from];

		child += child + 1 < count && list[child + 1] > list[child];
		if (list[child] <= was)
			return;
		list[from] = list[child];
		list[child] = was;
		from = child;
	}
}

static void sort(uint64_t *list, size_t count)
{
	for (size_t i = count / 2; i-- > 0;)
		sift(list, i, count);
	for (size_t i = count; i-- > 1;) {
		uint64_t last = list[i];

		list[i] = list[0];
		list[0] = last;
		sift(list, 0, i);
	}
}

/* One after the other, from the beginning of .eh_frame to its end. */
static int walk_frames(struct unwind_builder *b, uint64_t frames, uint64_t *fdes)
{
	const struct segment *s = segment_of(b, frames);
	uint64_t at, start = s ? frames - s->vaddr + s->offset : 0;
	struct fde f;
	size_t n = 0;

	if (!s)
		return -ENODATA;
	for (at = start; at < s->offset + s->filesz && at - start < 1ull << 32 && n < UNWIND_FDES;) {
		struct cfi_bytes body = entry_read(b, &b->frames, at);
		uint64_t next = at + 4 + (uint64_t)(body.end - body.at);

		if (body.bad)
			break; /* its end, as a rule */
		if (fde_read(b, at, &f) && segment_of(b, f.start) && f.start - b->segment[0].vaddr < 1ull << 32)
			fdes[n++] = (f.start - b->segment[0].vaddr) << 32 | (at - start);
		at = next;
	}
	sort(fdes, n);
	for (size_t i = 0; i < n && !b->full; i++)
		fde_take(b, start + (uint32_t)fdes[i]);
	return n ? 0 : -ENODATA;
}

static bool section_read(struct unwind_builder *b, uint64_t at, Elf64_Shdr *out)
{
	const uint8_t *bytes = view(b, &b->index, at, sizeof(*out));

	if (bytes)
		memcpy(out, bytes, sizeof(*out));
	return bytes != NULL;
}

/* Static programs have no index, as a rule: the address of .eh_frame by its name. */
static bool section_find(struct unwind_builder *b, uint64_t *frames)
{
	static const char name[] = ".eh_frame";
	const uint8_t *at = view(b, &b->index, 0, sizeof(Elf64_Ehdr));
	Elf64_Shdr names, one;
	Elf64_Ehdr e;

	if (!at)
		return false;
	memcpy(&e, at, sizeof(e));
	if (e.e_shentsize != sizeof(one) || e.e_shstrndx >= e.e_shnum ||
	    !section_read(b, e.e_shoff + e.e_shstrndx * sizeof(one), &names))
		return false;
	for (unsigned i = 0; i < e.e_shnum && i < SECTIONS && section_read(b, e.e_shoff + i * sizeof(one), &one); i++) {
		if (!(one.sh_flags & SHF_ALLOC))
			continue;
		at = view(b, &b->frames, names.sh_offset + one.sh_name, sizeof(name));
		*frames = one.sh_addr;
		if (at && !memcmp(at, name, sizeof(name)))
			return true;
	}
	return false;
}

static int frames_walk(struct unwind_builder *b, uint64_t *fdes)
{
	const uint8_t *at = b->header_size >= 12 ? view(b, &b->index, b->header, 12) : NULL;
	struct cfi_bytes head = { at, at ? at + 12 : NULL, !at };
	uint8_t frames_encoding, count_encoding, encoding;
	uint64_t frames;
	int err;

	if (!b->header_size)
		return section_find(b, &frames) ? walk_frames(b, frames, fdes) : -ENODATA;
	if (!at || cfi_fixed(&head, 1) != 1)
		return -ENODATA;
	frames_encoding = (uint8_t)cfi_fixed(&head, 1);
	count_encoding = (uint8_t)cfi_fixed(&head, 1);
	encoding = (uint8_t)cfi_fixed(&head, 1);
	frames = cfi_pointer(&head, frames_encoding, b->header_vaddr + 4, b->header_vaddr);
	if (head.bad)
		return -ENODATA;
	err = walk_index(b, &head, count_encoding, encoding);
	return err == -ENODATA ? walk_frames(b, frames, fdes) : err;
}

/* From where to where there is code. */
static int text_find(struct unwind_builder *b)
{
	uint64_t from = ~0ull, to = 0;

	for (unsigned i = 0; i < b->segments; i++) {
		const struct segment *s = &b->segment[i];

		if (!(s->flags & PF_X))
			continue;
		from = s->offset < from ? s->offset : from;
		to = s->offset + s->filesz > to ? s->offset + s->filesz : to;
	}
	if (from >= to)
		return -ENODATA;
	if ((to - 1) >> 32 || ((to - 1) >> 12) - (from >> 12) >= MMT_UNWIND_PAGES)
		return -E2BIG;
	b->out->first_page = (uint32_t)(from >> 12);
	b->out->pages = (uint32_t)(((to - 1) >> 12) - (from >> 12) + 1);
	b->upto = from;
	b->text_end = to;
	return 0;
}

int unwind_build(struct unwind_builder *b, const struct unwind_file *file, uint64_t *fdes, struct unwind_table *out)
{
	int err;

	memset(b, 0, sizeof(*b));
	b->file = file;
	b->out = out;
	b->now = MMT_RULE_N_GAP;
	b->steps = STEPS;
	out->pages = out->rows = out->fdes = out->damaged = 0;
	for (out->rules = 0; out->rules < MMT_RULE_FIXED; out->rules++)
		out->rule[out->rules] = (struct mmt_unwind_rule){ .kind = (uint8_t)out->rules };
	err = headers_read(b);
	if (!err)
		err = text_find(b);
	if (!err)
		err = frames_walk(b, fdes);
	if (b->full)
		return -E2BIG;
	if (err)
		return err;
	gap_add(b, b->upto, b->text_end);
	page_reach(b, b->text_end - 1);
	out->page[out->pages] = out->rows;
	return b->full ? -E2BIG : 0;
}

uint32_t unwind_page_rows(const struct unwind_table *t, uint32_t page, uint32_t from)
{
	uint32_t to = *(const volatile uint32_t *)&t->page[page + 1];

	return to > from && to <= t->rows && to - from <= ROWS_PER_PAGE ? to - from : 0;
}
