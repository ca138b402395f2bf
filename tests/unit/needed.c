/* SPDX-License-Identifier: GPL-2.0 */
/* What a program wants loaded beside it, and where libraries are. */
#include "host/needed.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "unit/check.h"

static struct elf_needed needed;

static int read_bytes(const void *bytes, size_t size)
{
	int fd = memfd_create("needed", MFD_CLOEXEC), err;

	CHECK_EQ(write(fd, bytes, size), (ssize_t)size);
	err = elf_needed_read(fd, &needed);
	close(fd);
	return err;
}

static void this_program(void)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	bool libc = false;

	CHECK_EQ(elf_needed_read(fd, &needed), 0);
	close(fd);
	CHECK(strstr(needed.interpreter, "/ld-linux"));
	for (unsigned i = 0; i < needed.count; i++)
		libc |= !strcmp(needed.name[i], "libc.so.6");
	CHECK(libc);
}

static void scripts(void)
{
	static const char *const none[] = { "#!", "#!\n", "#! \n", "# no script\n", "" };

	CHECK_EQ(read_bytes("#! /bin/sh -e\n", 14), 0);
	CHECK_STR(needed.interpreter, "/bin/sh");
	CHECK_EQ(read_bytes("#!/bin/sh\n", 10), 0);
	CHECK_STR(needed.interpreter, "/bin/sh");
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		CHECK_EQ(read_bytes(none[i], strlen(none[i])), -ENOEXEC);
}

/* A program with one segment from 0 to 4096, its dynamic section at 512, strings at 1024. */
struct program {
	Elf64_Ehdr e;
	Elf64_Phdr p[3];
	char pad[512 - sizeof(Elf64_Ehdr) - 3 * sizeof(Elf64_Phdr)];
	Elf64_Dyn d[32];
	char text[1024];
};

static struct program program_make(void)
{
	struct program f = { .e = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB }, .e_machine = EM_X86_64,
				    .e_phoff = sizeof(Elf64_Ehdr), .e_phentsize = sizeof(Elf64_Phdr), .e_phnum = 3 } };

	f.p[0] = (Elf64_Phdr){ .p_type = PT_LOAD, .p_vaddr = 0x10000, .p_filesz = 4096 };
	f.p[1] = (Elf64_Phdr){ .p_type = PT_DYNAMIC, .p_offset = 512, .p_filesz = sizeof(f.d) };
	f.p[2] = (Elf64_Phdr){ .p_type = PT_INTERP, .p_offset = 1024 + 40, .p_filesz = 7 };
	f.d[0] = (Elf64_Dyn){ .d_tag = DT_STRTAB, .d_un.d_val = 0x10000 + 1024 };
	f.d[1] = (Elf64_Dyn){ .d_tag = DT_NEEDED, .d_un.d_val = 1 };
	f.d[2] = (Elf64_Dyn){ .d_tag = DT_RUNPATH, .d_un.d_val = 20 };
	memcpy(f.text, "\0liba.so", 8);
	memcpy(f.text + 20, "$ORIGIN/lib", 11);
	memcpy(f.text + 40, "/ld.so", 6);
	return f;
}

static void names_of_a_program(void)
{
	struct program f = program_make();

	CHECK_EQ(read_bytes(&f, sizeof(f)), 0);
	CHECK_STR(needed.interpreter, "/ld.so");
	CHECK_STR(needed.search, "$ORIGIN/lib");
	CHECK_EQ(needed.count, 1);
	CHECK_STR(needed.name[0], "liba.so");
}

/* Whatever numbers it has: nothing is read beyond, and what is no name is none. */
static void programs_that_lie(void)
{
	struct program f = program_make();
	uint64_t *word = (uint64_t *)(void *)&f;

	srand(1);
	for (int i = 0; i < 20000; i++) {
		size_t at = 4 + (size_t)rand() % (sizeof(f) / 16 - 4);
		uint64_t was = word[at];

		word[at] = rand() & 1 ? ~0ull - (uint64_t)rand() : (uint64_t)rand();
		read_bytes(&f, i & 1 ? sizeof(f) : (size_t)rand() % sizeof(f));
		CHECK(needed.count <= NEEDED_FILES);
		word[at] = was;
	}
	f = program_make();
	memset(f.text, 'x', sizeof(f.text)); /* no end */
	CHECK_EQ(read_bytes(&f, sizeof(f)), 0);
	CHECK_EQ(needed.count, 0);
	CHECK_STR(needed.search, "");
	f.e.e_machine = EM_386;
	CHECK_EQ(read_bytes(&f, sizeof(f)), -ENOEXEC);
}

struct cache {
	char magic[20];
	uint32_t count, strings, rest[5];
	struct { uint32_t flags, key, value, os; uint64_t hw; } e[3];
	char text[64];
};
_Static_assert(offsetof(struct cache, e) == 48, "as the C library has it");

static void libraries_of_a_cache(void)
{
	struct cache c = { .count = 3 };
	const uint32_t at = offsetof(struct cache, text);
	uint8_t *exact = malloc(sizeof(c));

	memcpy(c.magic, "glibc-ld.so.cache1.1", sizeof(c.magic));
	memcpy(c.text, "liba.so\0/x/liba.so\0/y/liba.so", 30);
	c.e[0].flags = 3; /* of 32 bits */
	c.e[0].key = at;
	c.e[0].value = at + 8;
	c.e[1] = c.e[0];
	c.e[1].flags = 0x303;
	c.e[1].value = at + 19;
	c.e[2].flags = 0x303;
	c.e[2].key = c.e[2].value = ~0u;
	memcpy(exact, &c, sizeof(c));
	CHECK_STR(library_cache_find(exact, sizeof(c), "liba.so"), "/y/liba.so");
	CHECK(!library_cache_find(exact, sizeof(c), "libb.so"));
	for (size_t size = 0; size < at + 30; size++)
		CHECK(!library_cache_find(exact, size, "liba.so"));
	exact[0]++;
	CHECK(!library_cache_find(exact, sizeof(c), "liba.so"));
	free(exact);
}

int main(void)
{
	RUN("needed", this_program);
	RUN("needed", scripts);
	RUN("needed", names_of_a_program);
	RUN("needed", programs_that_lie);
	RUN("needed", libraries_of_a_cache);
	return check_bad;
}
