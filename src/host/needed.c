/* SPDX-License-Identifier: GPL-2.0 */
#include "host/needed.h"

#include <elf.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#define HEADERS 64
#define ENTRIES 512 /* of the dynamic section */

struct image {
	int fd;
	unsigned headers;
	Elf64_Phdr header[HEADERS];
	unsigned entries;
	Elf64_Dyn entry[ENTRIES];
};

/* Whole and ended by a NUL, or empty. */
static void text_read(int fd, uint64_t offset, uint64_t max, char *out, size_t room)
{
	size_t size = max < room ? (size_t)max : room;
	ssize_t n = offset > INT64_MAX ? -1 : pread(fd, out, size, (off_t)offset);

	if (n <= 0 || !memchr(out, '\0', (size_t)n))
		out[0] = '\0';
}

static const Elf64_Phdr *header_of(const struct image *f, uint32_t type)
{
	for (unsigned i = 0; i < f->headers; i++)
		if (f->header[i].p_type == type)
			return &f->header[i];
	return NULL;
}

/* 0: it is in no segment */
static uint64_t offset_of(const struct image *f, uint64_t vaddr)
{
	for (unsigned i = 0; i < f->headers; i++) {
		const Elf64_Phdr *p = &f->header[i];

		if (p->p_type == PT_LOAD && vaddr - p->p_vaddr < p->p_filesz)
			return vaddr - p->p_vaddr + p->p_offset;
	}
	return 0;
}

static int image_read(struct image *f, const Elf64_Ehdr *e)
{
	const Elf64_Phdr *dynamic;
	ssize_t n;

	if (e->e_phentsize != sizeof(f->header[0]) || e->e_phoff > INT64_MAX)
		return -ENOEXEC;
	n = pread(f->fd, f->header, (e->e_phnum < HEADERS ? e->e_phnum : HEADERS) * sizeof(f->header[0]), (off_t)e->e_phoff);
	if (n < 0)
		return -errno;
	f->headers = (unsigned)((size_t)n / sizeof(f->header[0]));
	dynamic = header_of(f, PT_DYNAMIC);
	if (!dynamic || dynamic->p_offset > INT64_MAX)
		return 0; /* a static one */
	n = pread(f->fd, f->entry, dynamic->p_filesz < sizeof(f->entry) ? (size_t)dynamic->p_filesz : sizeof(f->entry),
		  (off_t)dynamic->p_offset);
	if (n < 0)
		return -errno;
	f->entries = (unsigned)((size_t)n / sizeof(f->entry[0]));
	return 0;
}

static const Elf64_Dyn *entry_of(const struct image *f, int64_t tag)
{
	for (unsigned i = 0; i < f->entries && f->entry[i].d_tag != DT_NULL; i++)
		if (f->entry[i].d_tag == tag)
			return &f->entry[i];
	return NULL;
}

static void names_read(const struct image *f, struct elf_needed *out)
{
	const Elf64_Dyn *table = entry_of(f, DT_STRTAB), *search = entry_of(f, DT_RUNPATH);
	uint64_t strings = table ? offset_of(f, table->d_un.d_ptr) : 0;

	if (!strings)
		return;
	search = search ? search : entry_of(f, DT_RPATH);
	if (search)
		text_read(f->fd, strings + search->d_un.d_val, NEEDED_PATH, out->search, sizeof(out->search));
	for (unsigned i = 0; i < f->entries && f->entry[i].d_tag != DT_NULL && out->count < NEEDED_FILES; i++) {
		if (f->entry[i].d_tag != DT_NEEDED)
			continue;
		text_read(f->fd, strings + f->entry[i].d_un.d_val, NEEDED_NAME, out->name[out->count], NEEDED_NAME);
		out->count += out->name[out->count][0] != '\0';
	}
}

/* "#! /bin/sh -e" */
static int script_read(const char *head, size_t size, struct elf_needed *out)
{
	size_t from = 2, to;

	while (from < size && (head[from] == ' ' || head[from] == '\t'))
		from++;
	for (to = from; to < size && head[to] > ' ';)
		to++;
	if (to == size || to == from)
		return -ENOEXEC;
	memcpy(out->interpreter, head + from, to - from);
	return 0;
}

int elf_needed_read(int fd, struct elf_needed *out)
{
	static struct image f; /* too much for the stack of some */
	union { Elf64_Ehdr elf; char text[256]; } head = { .text = "" };
	const Elf64_Phdr *interpreter;
	ssize_t n = pread(fd, &head, sizeof(head), 0);
	int err;

	memset(out, 0, sizeof(*out));
	if (n < 0)
		return -errno;
	if (n > 2 && !memcmp(head.text, "#!", 2))
		return script_read(head.text, (size_t)n, out);
	if ((size_t)n < sizeof(head.elf) || memcmp(head.elf.e_ident, ELFMAG, SELFMAG) ||
	    head.elf.e_ident[EI_CLASS] != ELFCLASS64 || head.elf.e_machine != EM_X86_64)
		return -ENOEXEC;
	memset(&f, 0, sizeof(f));
	f.fd = fd;
	err = image_read(&f, &head.elf);
	if (err)
		return err;
	interpreter = header_of(&f, PT_INTERP);
	if (interpreter)
		text_read(fd, interpreter->p_offset, interpreter->p_filesz, out->interpreter, sizeof(out->interpreter));
	names_read(&f, out);
	return 0;
}

/* --- ld.so.cache --- */

#define CACHE_MAGIC "glibc-ld.so.cache1.1"
#define CACHE_X86_64 0x0303 /* ELF, of the C library of today, 64 bits */

struct cache_head {
	char magic[sizeof(CACHE_MAGIC) - 1];
	uint32_t count, strings;
	uint32_t rest[5];
};
struct cache_entry { uint32_t flags, key, value, os; uint64_t capabilities; };

static const char *cache_text(const uint8_t *cache, size_t size, uint32_t at)
{
	return at < size && memchr(cache + at, '\0', size - at) ? (const char *)cache + at : NULL;
}

const char *library_cache_find(const uint8_t *cache, size_t size, const char *name)
{
	struct cache_head head;
	struct cache_entry e;
	const char *key;

	if (size < sizeof(head))
		return NULL;
	memcpy(&head, cache, sizeof(head));
	if (memcmp(head.magic, CACHE_MAGIC, sizeof(head.magic)))
		return NULL;
	for (uint64_t i = 0; i < head.count && sizeof(head) + (i + 1) * sizeof(e) <= size; i++) {
		memcpy(&e, cache + sizeof(head) + i * sizeof(e), sizeof(e));
		key = e.flags == CACHE_X86_64 && !e.capabilities ? cache_text(cache, size, e.key) : NULL;
		if (key && !strcmp(key, name))
			return cache_text(cache, size, e.value);
	}
	return NULL;
}
