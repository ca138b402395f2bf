/* SPDX-License-Identifier: GPL-2.0 */
/* Finds where the kernel maps all memory: the address at which a page of ours,
 * known by its frame number, shows the word that we wrote there.  An object of
 * its own that needs no BTF, since start-up waits for it. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

/* The map begins at a multiple of 1 GiB (KASLR, arch/x86/mm/kaslr.c); as many
 * of them as 64 TiB have. */
#define GIB (1ull << 30)
#define GIBS (64u << 10)

__u64 probe_magic, probe_pfn, probe_base;

static long try_base(u32 i, void *ctx)
{
	u64 base = *(u64 *)ctx - i * GIB, word = 0;

	if (bpf_probe_read_kernel(&word, 8, (void *)(base + (probe_pfn << 12))) || word != probe_magic)
		return 0;
	probe_base = base;
	return 1;
}

SEC("syscall")
int directmap__sc(void *ctx)
{
	u64 top = bpf_get_current_task() & ~(GIB - 1); /* an object of the slab: in the map */

	bpf_loop(GIBS, try_base, &top, 0);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
