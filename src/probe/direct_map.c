/* SPDX-License-Identifier: GPL-2.0 */
#include "probe/direct_map.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include "direct_map.skel.h"

#define PAGEMAP_PRESENT (1ull << 63)
#define PAGEMAP_PFN ((1ull << 55) - 1)
#define PFN_BITS ((1ull << 40) - 1) /* ENTRY_PFN of bpf/lib/page_table.bpf.h */

static int pagemap_pfn(const void *page, uint64_t *pfn)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	uint64_t entry = 0;
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = pread(fd, &entry, sizeof(entry), (off_t)((uintptr_t)page / 4096 * 8));
	close(fd);
	if (n != sizeof(entry) || !(entry & PAGEMAP_PRESENT) || !(entry & PAGEMAP_PFN))
		return -EPERM;
	*pfn = entry & PAGEMAP_PFN;
	return 0;
}

static int levels_of_cpu(void)
{
	FILE *f = fopen("/proc/cpuinfo", "re");
	char line[8192];
	int levels = 4;

	while (f && fgets(line, sizeof(line), f)) {
		if (!strncmp(line, "flags", 5)) {
			levels = strstr(line, " la57") ? 5 : 4;
			break;
		}
	}
	if (f)
		fclose(f);
	return levels;
}

static int search(uint64_t magic, uint64_t pfn, uint64_t *base)
{
	LIBBPF_OPTS(bpf_test_run_opts, run);
	struct direct_map_bpf *skel = direct_map_bpf__open();
	int err;

	if (!skel)
		return -errno;
	skel->bss->probe_magic = magic;
	skel->bss->probe_pfn = pfn;
	err = direct_map_bpf__load(skel);
	if (!err)
		err = bpf_prog_test_run_opts(bpf_program__fd(skel->progs.directmap__sc), &run);
	*base = err ? 0 : skel->bss->probe_base;
	direct_map_bpf__destroy(skel);
	return err ? err : *base ? 0 : -ENOENT;
}

int direct_map_find(struct direct_map *out)
{
	uint64_t *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t pfn = 0;
	int err;

	if (page == MAP_FAILED)
		return -errno;
	if (getrandom(page, sizeof(*page), 0) != sizeof(*page) || mlock(page, 4096))
		*page = 0x6d6d747261636531ull;
	err = pagemap_pfn(page, &pfn);
	if (!err)
		err = search(*page, pfn, &out->base);
	out->levels = levels_of_cpu();
	munmap(page, 4096);
	return err;
}

#define CHECK_TRIES 3 /* the page may be moved between two looks */
#define ENTRY_RW 3ull /* present and writable */
#define ENTRY_FRAME(e) ((e) >> 12 & PFN_BITS)

int direct_map_check(int prog_fd, struct mmt_peek *shared)
{
	uint64_t *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), pfn;
	LIBBPF_OPTS(bpf_test_run_opts, run);
	int err;

	if (page == MAP_FAILED)
		return -errno;
	madvise(page, 4096, MADV_NOHUGEPAGE); /* fails where there are none */
	for (int i = 0; i < CHECK_TRIES; i++) {
		*page = (uint64_t)i;
		shared->addr = (uintptr_t)page;
		err = pagemap_pfn(page, &pfn);
		if (!err)
			err = bpf_prog_test_run_opts(prog_fd, &run);
		if (!err && ((shared->entry & ENTRY_RW) != ENTRY_RW || ENTRY_FRAME(shared->entry) != pfn))
			err = -ENXIO;
		if (!err)
			break;
	}
	munmap(page, 4096);
	return err;
}
