/* SPDX-License-Identifier: GPL-2.0 */
/* What an ELF file of x86-64 wants loaded beside it, and where libraries are.  Nothing that is read is trusted. */
#ifndef HOST_NEEDED_H
#define HOST_NEEDED_H

#include <stddef.h>
#include <stdint.h>

#define NEEDED_FILES 96
#define NEEDED_NAME 128
#define NEEDED_PATH 1024

struct elf_needed {
	char interpreter[NEEDED_PATH];  /* of a script as well; empty: none */
	char search[NEEDED_PATH];       /* DT_RUNPATH, else DT_RPATH: directories, with colons between */
	unsigned count;
	char name[NEEDED_FILES][NEEDED_NAME];
};

/* By reads of bounded size.  0, or a negative errno: -ENOEXEC: neither an ELF file of x86-64 nor a script. */
int elf_needed_read(int fd, struct elf_needed *out);

/* The path that ld.so.cache has for a library, within the cache; NULL: it has none, or is damaged. */
const char *library_cache_find(const uint8_t *cache, size_t size, const char *name);

#endif
