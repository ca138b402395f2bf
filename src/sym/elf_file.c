/* SPDX-License-Identifier: GPL-2.0 */
#include "sym/elf_file.h"

#include <elf.h>
#include <stddef.h>
#include <string.h>

#define SEGMENTS_MAX 65536u
#define SECTIONS_MAX 131072u /* clang and LTO make tens of thousands in objects, a linked file has some 40 */
#define NOTES_MAX 4096u

struct file {
	const struct bytes *b;
	struct elf_parts *out;
	Elf64_Ehdr head;
	uint64_t names, names_end; /* of sections */
};

/* --- both classes as one --- */

static void head_widen(Elf64_Ehdr *h)
{
	Elf32_Ehdr e;

	memcpy(&e, h, sizeof(e));
	h->e_phoff = e.e_phoff;
	h->e_shoff = e.e_shoff;
	h->e_phentsize = e.e_phentsize;
	h->e_phnum = e.e_phnum;
	h->e_shentsize = e.e_shentsize;
	h->e_shnum = e.e_shnum;
	h->e_shstrndx = e.e_shstrndx;
}

static bool segment_get(const struct file *f, uint64_t i, Elf64_Phdr *p)
{
	Elf32_Phdr e;

	if (f->out->is_64)
		return bytes_get(f->b, f->head.e_phoff + i * sizeof(*p), p, sizeof(*p));
	if (!bytes_get(f->b, f->head.e_phoff + i * sizeof(e), &e, sizeof(e)))
		return false;
	*p = (Elf64_Phdr){ .p_type = e.p_type, .p_flags = e.p_flags, .p_offset = e.p_offset, .p_vaddr = e.p_vaddr,
			   .p_filesz = e.p_filesz, .p_memsz = e.p_memsz, .p_align = e.p_align };
	return true;
}

static bool section_get(const struct file *f, uint64_t i, Elf64_Shdr *s)
{
	Elf32_Shdr e;

	if (f->out->is_64)
		return bytes_get(f->b, f->head.e_shoff + i * sizeof(*s), s, sizeof(*s));
	if (!bytes_get(f->b, f->head.e_shoff + i * sizeof(e), &e, sizeof(e)))
		return false;
	*s = (Elf64_Shdr){ .sh_name = e.sh_name, .sh_type = e.sh_type, .sh_flags = e.sh_flags, .sh_offset = e.sh_offset,
			   .sh_size = e.sh_size, .sh_link = e.sh_link, .sh_info = e.sh_info, .sh_entsize = e.sh_entsize };
	return true;
}

/* --- notes --- */

static void notes_look(struct file *f, uint64_t at, uint64_t size, uint64_t align)
{
	uint64_t end = at + size, pad = align == 8 ? 7 : 3, name, text;
	Elf64_Nhdr n;
	char owner[4];

	if (f->out->build_id_length || end < at || at > f->b->size)
		return;
	for (unsigned i = 0; i < NOTES_MAX && at < end && end - at >= sizeof(n); i++) {
		if (!bytes_get(f->b, at, &n, sizeof(n)))
			return;
		name = at + sizeof(n);
		text = name + (((uint64_t)n.n_namesz + pad) & ~pad);
		if (n.n_type == NT_GNU_BUILD_ID && n.n_namesz == 4 && n.n_descsz && n.n_descsz <= ELF_BUILD_ID &&
		    bytes_get(f->b, name, owner, 4) && !memcmp(owner, "GNU", 4) &&
		    bytes_get(f->b, text, f->out->build_id, n.n_descsz)) {
			f->out->build_id_length = n.n_descsz;
			return;
		}
		at = text + (((uint64_t)n.n_descsz + pad) & ~pad);
	}
}

static void segments_look(struct file *f)
{
	size_t entry = f->out->is_64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
	struct elf_parts *out = f->out;
	Elf64_Phdr p;

	if (f->head.e_phentsize != entry || f->head.e_phoff > f->b->size)
		return;
	for (unsigned i = 0; i < f->head.e_phnum && i < SEGMENTS_MAX && segment_get(f, i, &p); i++) {
		if (p.p_type == PT_NOTE)
			notes_look(f, p.p_offset, p.p_filesz, p.p_align);
		if (p.p_type == PT_LOAD && p.p_flags & PF_X && out->load_count < ELF_LOADS)
			out->load[out->load_count++] = (struct elf_load){ p.p_offset, p.p_vaddr, p.p_filesz };
	}
}

/* --- sections --- */

static bool named(const struct file *f, const Elf64_Shdr *s, const char *name)
{
	char text[24];
	size_t length = strlen(name) + 1;

	return bytes_get(f->b, f->names + s->sh_name, text, length) && !memcmp(text, name, length);
}

static void table_take(const struct file *f, const Elf64_Shdr *s, struct elf_table *out)
{
	uint32_t entry = f->out->is_64 ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym);
	Elf64_Shdr names;

	if (s->sh_entsize != entry || s->sh_link >= SECTIONS_MAX || !section_get(f, s->sh_link, &names) ||
	    names.sh_type != SHT_STRTAB)
		return;
	*out = (struct elf_table){ { s->sh_offset, s->sh_size }, { names.sh_offset, names.sh_size }, f->head.e_shoff, entry };
}

/* Name, zeros up to a multiple of 4, checksum. */
static void debuglink_take(const struct file *f, const Elf64_Shdr *s)
{
	struct elf_parts *out = f->out;
	uint64_t crc;

	if (!bytes_text(f->b, s->sh_offset, s->sh_offset + s->sh_size, out->debuglink, sizeof(out->debuglink)))
		return;
	crc = (strlen(out->debuglink) + 4) & ~3ull;
	if (strchr(out->debuglink, '/') || crc + 4 > s->sh_size ||
	    !bytes_get(f->b, s->sh_offset + crc, &out->debuglink_crc, 4))
		out->debuglink[0] = '\0';
}

/* Path, and behind its NUL the build-id. */
static void altlink_take(const struct file *f, const Elf64_Shdr *s)
{
	struct elf_parts *out = f->out;
	uint64_t id;

	if (!bytes_text(f->b, s->sh_offset, s->sh_offset + s->sh_size, out->debugaltlink, sizeof(out->debugaltlink)))
		return;
	id = strlen(out->debugaltlink) + 1;
	if (id < s->sh_size && s->sh_size - id <= ELF_BUILD_ID &&
	    bytes_get(f->b, s->sh_offset + id, out->alt_id, s->sh_size - id))
		out->alt_id_length = (uint32_t)(s->sh_size - id);
}

static void section_look(struct file *f, const Elf64_Shdr *s)
{
	struct elf_parts *out = f->out;

	if (s->sh_type == SHT_SYMTAB && !out->symtab.entry)
		table_take(f, s, &out->symtab);
	else if (s->sh_type == SHT_DYNSYM && !out->dynsym.entry)
		table_take(f, s, &out->dynsym);
	else if (s->sh_type == SHT_NOTE)
		notes_look(f, s->sh_offset, s->sh_size, s->sh_addralign);
	if (s->sh_type != SHT_PROGBITS || !s->sh_size)
		return;
	if (named(f, s, ".gnu_debugdata"))
		out->debugdata = (struct code_section){ s->sh_offset, s->sh_size };
	else if (named(f, s, ".debug_info") || named(f, s, ".zdebug_info"))
		out->has_dwarf = true;
	else if (named(f, s, ".gnu_debuglink"))
		debuglink_take(f, s);
	else if (named(f, s, ".gnu_debugaltlink"))
		altlink_take(f, s);
}

static void sections_look(struct file *f)
{
	size_t entry = f->out->is_64 ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr);
	uint64_t count = f->head.e_shnum, names = f->head.e_shstrndx;
	Elf64_Shdr s;

	if (!f->head.e_shoff || f->head.e_shentsize != entry || f->head.e_shoff > f->b->size || !section_get(f, 0, &s))
		return;
	if (!count)
		count = s.sh_size; /* there are more than fit into its number */
	if (names == SHN_XINDEX)
		names = s.sh_link;
	if (names >= SECTIONS_MAX || !section_get(f, names, &s))
		return;
	f->names = s.sh_offset;
	for (uint64_t i = 1; i < count && i < SECTIONS_MAX && section_get(f, i, &s); i++)
		section_look(f, &s);
}

bool elf_parts_read(const struct bytes *b, struct elf_parts *out)
{
	struct file f = { .b = b, .out = out };
	size_t got = bytes_read(b, 0, &f.head, sizeof(f.head));

	memset(out, 0, sizeof(*out));
	if (got < sizeof(Elf32_Ehdr) || memcmp(f.head.e_ident, ELFMAG, SELFMAG) ||
	    f.head.e_ident[EI_DATA] != ELFDATA2LSB)
		return false;
	out->is_64 = f.head.e_ident[EI_CLASS] == ELFCLASS64;
	if (out->is_64 ? got < sizeof(f.head) : f.head.e_ident[EI_CLASS] != ELFCLASS32)
		return false;
	if (!out->is_64)
		head_widen(&f.head);
	segments_look(&f);
	sections_look(&f);
	return true;
}

bool elf_vaddr(const struct elf_load *load, uint32_t count, uint64_t offset, uint64_t *vaddr)
{
	for (uint32_t i = 0; i < count; i++) {
		if (offset < load[i].offset || offset - load[i].offset >= load[i].filesz)
			continue;
		*vaddr = load[i].vaddr + (offset - load[i].offset);
		return true;
	}
	return false;
}

bool elf_in_section(const struct bytes *b, const struct elf_table *table, uint32_t number, uint64_t vaddr)
{
	Elf64_Shdr s;
	Elf32_Shdr e;

	if (table->entry == sizeof(Elf64_Sym))
		return bytes_get(b, table->sections + number * sizeof(s), &s, sizeof(s)) && vaddr - s.sh_addr < s.sh_size;
	return bytes_get(b, table->sections + number * sizeof(e), &e, sizeof(e)) && vaddr - e.sh_addr < e.sh_size;
}
