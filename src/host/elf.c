/* SPDX-License-Identifier: GPL-2.0 */
/* By hand and not by libelf: two reads of bounded size, whatever the file says and however
 * it changes meanwhile.  libelf with mmap dies by SIGBUS where a file shrinks; with reads
 * it allocates by the numbers of sections that the file claims, of which we need none; on
 * a copy of the first bytes it misses program headers that stand at the end, where
 * patchelf puts them. */
#include "host/elf.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define HEADERS_MAX 128 /* entries of a program header table that are looked at */
#define SECTIONS_MAX 128 /* and of a section header table */
#define NAMES_MAX 4096   /* bytes of their names */

/* System calls themselves: the C library may use others, which where this runs (src/opener) are not allowed. */
static int open_as(const char *path, int flags)
{
	long fd = syscall(SYS_openat, AT_FDCWD, path, flags | O_CLOEXEC, 0);

	return fd < 0 ? -errno : (int)fd;
}

/* What it is is asked of the very file that is then opened. */
int elf_open_at(int at)
{
	char again[40];
	struct stat st;
	int fd;

	if (at < 0)
		return at;
	snprintf(again, sizeof(again), "/proc/self/fd/%d", at);
	if (syscall(SYS_fstat, at, &st))
		fd = -errno;
	else
		fd = S_ISREG(st.st_mode) ? open_as(again, O_RDONLY | O_NONBLOCK | O_NOCTTY) : -EINVAL;
	close(at);
	return fd;
}

int elf_open(const char *path)
{
	return elf_open_at(open_as(path, O_PATH));
}

static void headers_add(struct elf_headers *out, uint32_t type, const struct elf_segment *seg)
{
	if (type == PT_LOAD && out->count < ELF_SEGMENTS) {
		out->segment[out->count++] = *seg;
	} else if (type == PT_GNU_RELRO) {
		out->relro_start = seg->vaddr;
		out->relro_end = seg->vaddr + seg->memsz;
	}
}

static ssize_t read_64(int fd, const Elf64_Ehdr *e, struct elf_headers *out)
{
	Elf64_Phdr table[HEADERS_MAX];
	size_t n = e->e_phnum < HEADERS_MAX ? e->e_phnum : HEADERS_MAX;
	ssize_t got;

	if (e->e_phentsize != sizeof(table[0]) || e->e_phoff > INT64_MAX)
		return 0;
	got = pread(fd, table, n * sizeof(table[0]), (off_t)e->e_phoff);
	for (size_t i = 0; got > 0 && (i + 1) * sizeof(table[0]) <= (size_t)got; i++)
		headers_add(out, table[i].p_type, &(struct elf_segment){ table[i].p_offset, table[i].p_vaddr,
			    table[i].p_filesz, table[i].p_memsz, table[i].p_flags });
	return got;
}

static ssize_t read_32(int fd, const Elf32_Ehdr *e, struct elf_headers *out)
{
	Elf32_Phdr table[HEADERS_MAX];
	size_t n = e->e_phnum < HEADERS_MAX ? e->e_phnum : HEADERS_MAX;
	ssize_t got;

	if (e->e_phentsize != sizeof(table[0]))
		return 0;
	got = pread(fd, table, n * sizeof(table[0]), e->e_phoff);
	for (size_t i = 0; got > 0 && (i + 1) * sizeof(table[0]) <= (size_t)got; i++)
		headers_add(out, table[i].p_type, &(struct elf_segment){ table[i].p_offset, table[i].p_vaddr,
			    table[i].p_filesz, table[i].p_memsz, table[i].p_flags });
	return got;
}

union elf_head { unsigned char ident[EI_NIDENT]; Elf64_Ehdr e64; Elf32_Ehdr e32; };

/* The class of an ELF file of little-endian; ELFCLASSNONE: it is none, or cut. A negative errno: not read. */
static int head_read(int fd, union elf_head *head)
{
	ssize_t n = pread(fd, head, sizeof(*head), 0);

	if (n < 0)
		return -errno;
	if (memcmp(head->ident, ELFMAG, SELFMAG) || head->ident[EI_DATA] != ELFDATA2LSB)
		return ELFCLASSNONE;
	if (head->ident[EI_CLASS] == ELFCLASS64 && (size_t)n >= sizeof(head->e64))
		return ELFCLASS64;
	return head->ident[EI_CLASS] == ELFCLASS32 && (size_t)n >= sizeof(head->e32) ? ELFCLASS32 : ELFCLASSNONE;
}

int elf_read(int fd, struct elf_headers *out)
{
	union elf_head head = { { 0 } };
	int class = head_read(fd, &head);
	ssize_t n = 0;

	memset(out, 0, sizeof(*out));
	if (class < 0)
		return class;
	if (class == ELFCLASS64)
		n = read_64(fd, &head.e64, out);
	else if (class == ELFCLASS32)
		n = read_32(fd, &head.e32, out);
	return n < 0 ? -errno : 0;
}

/* --- sections --- */

/* Where the table is, and which of its entries holds the names. */
struct section_table { uint64_t offset; size_t entry, count, names; };

/* n entries as those of a 64-bit file; how many were read, or a negative errno. */
static ssize_t table_read(int fd, const struct section_table *t, bool wide, Elf64_Shdr *out)
{
	size_t n = t->count < SECTIONS_MAX ? t->count : SECTIONS_MAX;
	ssize_t got;

	if (t->entry != (wide ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr)) || t->offset > INT64_MAX)
		return 0;
	got = pread(fd, out, n * t->entry, (off_t)t->offset);
	if (got < 0)
		return -errno;
	n = (size_t)got / t->entry;
	/* in place from the last one down: an entry of 32 bits is the smaller one */
	for (size_t i = n; !wide && i-- > 0;) {
		Elf32_Shdr e;

		memcpy(&e, (const char *)out + i * sizeof(e), sizeof(e));
		out[i] = (Elf64_Shdr){ .sh_name = e.sh_name, .sh_type = e.sh_type, .sh_flags = e.sh_flags, .sh_addr = e.sh_addr,
				       .sh_offset = e.sh_offset, .sh_size = e.sh_size };
	}
	return (ssize_t)n;
}

int elf_read_sections(int fd, struct elf_sections *out)
{
	union elf_head head = { { 0 } };
	struct section_table t = { 0 };
	Elf64_Shdr table[SECTIONS_MAX];
	char names[NAMES_MAX + 1];
	ssize_t n, named = 0;
	int class = head_read(fd, &head);

	memset(out, 0, sizeof(*out));
	if (class <= 0)
		return class;
	if (class == ELFCLASS64)
		t = (struct section_table){ head.e64.e_shoff, head.e64.e_shentsize, head.e64.e_shnum, head.e64.e_shstrndx };
	else
		t = (struct section_table){ head.e32.e_shoff, head.e32.e_shentsize, head.e32.e_shnum, head.e32.e_shstrndx };
	out->type = class == ELFCLASS64 ? head.e64.e_type : head.e32.e_type;
	n = table_read(fd, &t, class == ELFCLASS64, table);
	if (n < 0)
		return (int)n;
	if (t.names < (size_t)n && table[t.names].sh_offset <= INT64_MAX)
		named = pread(fd, names, table[t.names].sh_size < NAMES_MAX ? table[t.names].sh_size : NAMES_MAX,
			      (off_t)table[t.names].sh_offset);
	if (named < 0)
		return -errno;
	names[named] = '\0';
	out->truncated = n && t.count > (size_t)n;
	for (ssize_t i = 0; i < n; i++) {
		struct elf_section *to = &out->section[out->count];

		if (!(table[i].sh_flags & SHF_ALLOC))
			continue;
		if (out->count == ELF_SECTIONS) {
			out->truncated = 1;
			break;
		}
		*to = (struct elf_section){ .addr = table[i].sh_addr, .size = table[i].sh_size,
					    .flags = (uint32_t)table[i].sh_flags, .type = table[i].sh_type };
		snprintf(to->name, sizeof(to->name), "%s", table[i].sh_name < (size_t)named ? names + table[i].sh_name : "");
		out->count++;
	}
	return 0;
}
