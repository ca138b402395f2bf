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
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define HEADERS_MAX 128 /* entries of a program header table that are looked at */

/* System calls themselves: the C library may use others, which where this runs (src/opener) are not allowed. */
static int open_as(const char *path, int flags)
{
	long fd = syscall(SYS_openat, AT_FDCWD, path, flags | O_CLOEXEC, 0);

	return fd < 0 ? -errno : (int)fd;
}

/* What it is is asked of the very file that is then opened. */
int elf_open(const char *path)
{
	int at = open_as(path, O_PATH), fd;
	char again[40];
	struct stat st;

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

int elf_read(int fd, struct elf_headers *out)
{
	union { unsigned char ident[EI_NIDENT]; Elf64_Ehdr e64; Elf32_Ehdr e32; } head = { { 0 } };
	ssize_t n = pread(fd, &head, sizeof(head), 0);

	memset(out, 0, sizeof(*out));
	if (n < 0)
		return -errno;
	if (memcmp(head.ident, ELFMAG, SELFMAG) || head.ident[EI_DATA] != ELFDATA2LSB)
		return 0;
	if (head.ident[EI_CLASS] == ELFCLASS64 && (size_t)n >= sizeof(head.e64))
		n = read_64(fd, &head.e64, out);
	else if (head.ident[EI_CLASS] == ELFCLASS32 && (size_t)n >= sizeof(head.e32))
		n = read_32(fd, &head.e32, out);
	return n < 0 ? -errno : 0;
}
