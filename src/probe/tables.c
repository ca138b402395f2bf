/* SPDX-License-Identifier: GPL-2.0 */
#include "probe/tables.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

typedef __u32 u32;
typedef __u64 u64;
#include "tables.skel.h"

#define HUGE_BYTES (2ul << 20)
/* A huge entry that is present and not writable (page_table.c). */
#define ENTRY_KIND 0x83ull
#define ENTRY_HUGE_ZERO 0x81ull
#define ENTRY_FRAME 0x000fffffffe00000ull

struct tables {
	struct tables_bpf *skel;
	struct page_tables reader;
	int peek_fd;
	struct mmt_peek *peek;
};

static int read_tables(void *ctx, struct mmt_table_read *reads, size_t n, const uint64_t (**tables)[MMT_TABLE_ENTRIES])
{
	struct tables *t = ctx;
	LIBBPF_OPTS(bpf_test_run_opts, run);
	int err;

	memcpy(t->skel->bss->table_reads, reads, n * sizeof(*reads));
	t->skel->bss->table_count = (uint32_t)n;
	err = bpf_prog_test_run_opts(bpf_program__fd(t->skel->progs.tables__sc), &run);
	memcpy(reads, t->skel->bss->table_reads, n * sizeof(*reads));
	*tables = (const void *)t->skel->bss->table_copies;
	return err;
}

/* Reading untouched memory where huge pages are allowed maps the huge zero page. It is in use
 * already, if an entry that may be its is not another page's: this costs no memory then. */
static uint64_t huge_zero(void *ctx)
{
	struct tables *t = ctx;
	char *area = mmap(NULL, 2 * HUGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	const volatile char *page = area == MAP_FAILED ? NULL : area + (-(uintptr_t)area & (HUGE_BYTES - 1));
	LIBBPF_OPTS(bpf_test_run_opts, run);
	uint64_t frame = 0;

	if (!page)
		return 0;
	if (madvise((void *)page, HUGE_BYTES, MADV_HUGEPAGE) == 0) {
		(void)*page;
		t->peek->addr = (uintptr_t)page;
		t->peek->entry = 0;
		if (bpf_prog_test_run_opts(t->peek_fd, &run) == 0 && (t->peek->entry & ENTRY_KIND) == ENTRY_HUGE_ZERO)
			frame = t->peek->entry & ENTRY_FRAME;
	}
	munmap(area, 2 * HUGE_BYTES);
	return frame;
}

int tables_open(struct tables **out, const struct mmt_config *config, int peek_fd, struct mmt_peek *peek)
{
	struct tables *t = calloc(1, sizeof(*t));
	int err = t ? 0 : -ENOMEM;

	if (t)
		t->skel = tables_bpf__open();
	if (t && !t->skel)
		err = -errno;
	if (!err)
		err = tables_bpf__load(t->skel);
	if (err) {
		tables_free(t);
		return err;
	}
	t->peek_fd = peek_fd;
	t->peek = peek;
	t->reader = (struct page_tables){ .read = read_tables, .huge_zero = huge_zero, .ctx = t,
					  .direct_map = config->direct_map, .levels = (int)config->levels,
					  .swap_marker = config->swap_marker, .swap_special = config->swap_special };
	*out = t;
	return 0;
}

int tables_count(struct tables *t, uint64_t pgd, struct resident_vma *list, size_t count)
{
	return page_table_count(&t->reader, pgd, list, count);
}

const struct page_tables *tables_reader(const struct tables *t)
{
	return &t->reader;
}

void tables_free(struct tables *t)
{
	if (t && t->skel)
		tables_bpf__destroy(t->skel);
	free(t);
}
