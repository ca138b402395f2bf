/* SPDX-License-Identifier: GPL-2.0 */
#include "probe/space.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "decode/page_walk.h"
#include "host/pagemap.h"
#include "host/swap_types.h"
#include "probe/direct_map.h"
#include "probe/kernel_read.h"
#include "probe/tables.h"

typedef __u32 u32;
typedef __u64 u64;
#include "space.skel.h"

struct space_probe {
	struct space_bpf *skel;
	struct iter_buffer buffer;
	struct tables *tables;
	int tables_err; /* they were looked for and are not there */
};

int space_open(struct space_probe **out, const char *btf)
{
	LIBBPF_OPTS(bpf_object_open_opts, o, .btf_custom_path = btf);
	struct space_probe *p = calloc(1, sizeof(*p));
	int err = p ? 0 : -ENOMEM;

	if (p)
		p->skel = space_bpf__open_opts(&o);
	if (p && !p->skel)
		err = -errno;
	if (!err)
		err = space_bpf__load(p->skel);
	if (err) {
		space_free(p);
		return err;
	}
	*out = p;
	return 0;
}

void space_free(struct space_probe *p)
{
	if (!p)
		return;
	tables_free(p->tables);
	space_bpf__destroy(p->skel);
	iter_free(&p->buffer);
	free(p);
}

int space_read(struct space_probe *p, pid_t tid, struct mmt_space *out)
{
	union bpf_iter_link_info info = { .task.tid = (uint32_t)tid };
	LIBBPF_OPTS(bpf_iter_attach_opts, o, .link_info = &info, .link_info_len = sizeof(info));
	struct bpf_link *link = bpf_program__attach_iter(p->skel->progs.space__it, &o);
	ssize_t n;

	if (!link)
		return -errno;
	n = iter_read(&p->buffer, bpf_link__fd(link));
	bpf_link__destroy(link);
	if (n != sizeof(*out))
		return n < 0 ? (int)n : -ESRCH;
	memcpy(out, p->buffer.bytes, sizeof(*out));
	return 0;
}

/* Where entries hold more than frames (memory encryption) or other frames (Xen PV), a walk to a page of ours
 * ends elsewhere than the kernel shows. */
static int tables_try(struct space_probe *p)
{
	uint64_t *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), entry = 0;
	struct mmt_space own;
	struct page_walk w;
	int err = page == MAP_FAILED ? -errno : space_read(p, getpid(), &own);

	for (int i = 0; i < 3 && !err; i++) { /* the page may be moved between two looks */
		*page = (uint64_t)i;
		err = page_walk(tables_reader(p->tables), own.pgd, (uintptr_t)page, &w);
		if (!err)
			err = pagemap_read(getpid(), (uintptr_t)page, &entry, 1);
		if (!err && w.page.state == PAGE_PRESENT && w.page.pfn << 12 == (entry & PAGEMAP_PFN) << 12)
			break;
		if (!err && i == 2)
			err = -ENXIO;
	}
	if (page != MAP_FAILED)
		munmap(page, 4096);
	return err;
}

const struct page_tables *space_tables(struct space_probe *p, int *err)
{
	struct direct_map dm = { 0 };
	struct mmt_config config = { 0 };
	struct swap_types swap;

	if (!p->tables && !p->tables_err) {
		p->tables_err = direct_map_find(&dm);
		config.direct_map = dm.base;
		config.levels = (__u32)dm.levels;
		swap_types_find(&swap);
		config.swap_marker = swap.marker;
		config.swap_special = swap.special;
		if (!p->tables_err)
			p->tables_err = tables_open(&p->tables, &config, -1, NULL);
		if (!p->tables_err)
			p->tables_err = tables_try(p);
	}
	*err = p->tables_err;
	return p->tables_err ? NULL : tables_reader(p->tables);
}
