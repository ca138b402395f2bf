/* SPDX-License-Identifier: GPL-2.0 */
#include "probe/region.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "probe/direct_map.h"
#include "probe/kernel_btf.h"
#include "probe/plan.h"

typedef __u32 u32;
typedef __u64 u64;
#include "region.skel.h"

/* Documentation/arch/x86/x86_64/mm.rst; sizes do not move with KASLR. */
#define LINEAR_SIZE_4 (64ull << 40)
#define LINEAR_SIZE_5 (32ull << 50)
#define VMEMMAP_SIZE_4 (1ull << 40)
#define VMEMMAP_SIZE_5 (512ull << 40)
#define IMAGE_MAP 0xffffffff80000000ull
#define MODULES_PLAIN 0xffffffffa0000000ull /* where modules begin without CONFIG_RANDOMIZE_BASE */
#define MODULES_KASLR 0xffffffffc0000000ull /* and with it */
#define MODULES_END 0xffffffffff000000ull
#define FIXMAP_END 0xfffffffffffff000ull
#define GIB (1ull << 30) /* KASLR moves regions by multiples of it */

#define TRIES 16

static __u64 page_struct_size(const char *btf_path)
{
	const struct btf *btf = kernel_btf(btf_path);
	int id = btf ? btf__find_by_name_kind(btf, "page", BTF_KIND_STRUCT) : -1;

	return id > 0 ? btf__type_by_id(btf, (__u32)id)->size : 0;
}

static __u64 page_number(const void *page)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	__u64 entry = 0;

	if (fd < 0)
		return 0;
	if (pread(fd, &entry, sizeof(entry), (off_t)((__u64)page / 4096 * 8)) != sizeof(entry))
		entry = 0;
	close(fd);
	return entry >> 63 ? entry & ((1ull << 55) - 1) : 0;
}

/* Which struct page that we were given fits the number of our page? */
static __u64 find_vmemmap(const struct region_bpf *skel, __u64 size)
{
	for (int i = 0; i < TRIES && size; i++) {
		char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		__u64 pfn, base = 0;

		if (page == MAP_FAILED)
			return 0;
		*(volatile char *)page = 1;
		pfn = page_number(page);
		munmap(page, 4096);
		for (int p = 0; pfn && p < 64; p++) {
			__u64 candidate = skel->bss->region_pages[p] - pfn * size;

			if (skel->bss->region_pages[p] && candidate % GIB == 0)
				base = candidate;
		}
		if (base)
			return base;
	}
	return 0;
}

static struct region_bpf *load(const char *btf)
{
	LIBBPF_OPTS(bpf_object_open_opts, o, .btf_custom_path = btf);
	struct region_bpf *skel = region_bpf__open_opts(&o);
	struct plan plan = { .btf = btf, .want = { [HOOK_VMALLOC] = true, [HOOK_PAGE] = true } };
	struct error ignored;
	const struct candidate *vmalloc;

	if (!skel)
		return NULL;
	if (plan_build(&plan, &ignored))
		plan.chosen[HOOK_PAGE] = NULL; /* one of them is refused: what the other shows is little */
	vmalloc = plan.chosen[HOOK_VMALLOC];
	if (!vmalloc || !plan.chosen[HOOK_PAGE])
		goto fail;
	bpf_program__set_autoload(strcmp(vmalloc->backend, "fentry") ? skel->progs.region_vmap__rt
								    : skel->progs.region_vmap__fx, true);
	bpf_program__set_autoload(skel->progs.region_page__rt, true);
	skel->bss->region_tid = (__u32)syscall(SYS_gettid);
	if (!region_bpf__load(skel) && !region_bpf__attach(skel))
		return skel;
fail:
	region_bpf__destroy(skel);
	return NULL;
}

static void find_image(struct mmt_range out[MMT_REGIONS], __u64 text, __u64 end)
{
	/* an image above the one place shows that modules start at the other */
	bool kaslr = text >= MODULES_PLAIN || (text && text % (16 << 20));

	out[MMT_REGION_IMAGE] = (struct mmt_range){ text ? text : IMAGE_MAP, end     ? end
									     : kaslr ? MODULES_KASLR
										     : MODULES_PLAIN };
	out[MMT_REGION_MODULES] =
		(struct mmt_range){ end && end > MODULES_PLAIN ? MODULES_KASLR : MODULES_PLAIN, MODULES_END };
	if (kaslr || out[MMT_REGION_IMAGE].end > MODULES_PLAIN)
		out[MMT_REGION_MODULES].start = MODULES_KASLR;
	out[MMT_REGION_FIXMAP] = (struct mmt_range){ MODULES_END, FIXMAP_END };
}

void region_find(struct mmt_range out[MMT_REGIONS], __u64 text, __u64 end, const char *btf)
{
	struct region_bpf *skel = load(btf);
	struct direct_map dm = { 0, 4 };
	__u64 vmemmap = 0;

	memset(out, 0, MMT_REGIONS * sizeof(*out));
	find_image(out, text, end);
	if (skel) {
		/* an array of this size is vmalloc'ed (kernel/bpf/arraymap.c) */
		int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "mmt_region", 4, 4096, 4096, NULL);

		if (fd >= 0)
			close(fd);
		out[MMT_REGION_VMALLOC] = (struct mmt_range){ skel->bss->region_vmalloc_start, skel->bss->region_vmalloc_end };
		vmemmap = find_vmemmap(skel, page_struct_size(btf));
		region_bpf__destroy(skel);
	}
	if (direct_map_find(&dm) == 0)
		out[MMT_REGION_LINEAR] = (struct mmt_range){ dm.base, dm.base + (dm.levels == 5 ? LINEAR_SIZE_5 : LINEAR_SIZE_4) };
	if (vmemmap)
		out[MMT_REGION_VMEMMAP] = (struct mmt_range){ vmemmap, vmemmap + (dm.levels == 5 ? VMEMMAP_SIZE_5 : VMEMMAP_SIZE_4) };
	/* KASLR may leave the linear map less room than its full size */
	if (out[MMT_REGION_VMALLOC].start > dm.base && out[MMT_REGION_LINEAR].end > out[MMT_REGION_VMALLOC].start)
		out[MMT_REGION_LINEAR].end = out[MMT_REGION_VMALLOC].start;
}
