/* SPDX-License-Identifier: GPL-2.0 */
/* Domain vmalloc: areas of the vmalloc space.  A vmalloc of more than 512 pages
 * takes a second area for its array of page pointers: distinguished by its size,
 * coming next from the same thread. */
#include "lib/hist.bpf.h"

struct vmap_last { u32 tid; u32 pad; u64 array_size; };
#define VMAP_SLOTS 4096
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, VMAP_SLOTS);
	 __type(key, u32); __type(value, struct vmap_last); } vmap_lasts SEC(".maps");

/* Size of the area that holds the page pointers of an area, guard page included; 0: none. */
static __always_inline u64 vmap_array_size(u64 size)
{
	u64 bytes = (size / PAGE_SIZE - 1) * 8;

	return bytes > PAGE_SIZE ? ((bytes + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1)) + PAGE_SIZE : 0;
}

static __always_inline bool vmap_is_array(u64 size)
{
	u32 tid = (u32)bpf_get_current_pid_tgid();
	struct vmap_last *last = thread_slot(&vmap_lasts, tid, VMAP_SLOTS);
	bool array;

	if (!last)
		return false;
	array = last->tid == tid && last->array_size == size && size;
	last->tid = tid;
	last->array_size = array ? 0 : vmap_array_size(size);
	return array;
}

/* size has a guard page behind it, as all but vm_map_ram ask for. */
static __always_inline void vmap_add(void *ctx, u64 addr, u64 size, bool failed)
{
	struct hist_event ev = { .domain = MMT_DOMAIN_VMALLOC, .ptr = addr, .allocated = size };

	if (!hist_wanted())
		return;
	ev.requested = size > PAGE_SIZE ? size - PAGE_SIZE : size;
	ev.op = failed ? MMT_OP_FAILED : vmap_is_array(size) ? MMT_OP_NESTED : MMT_OP_ALLOC;
	hist_add(ctx, &ev);
}

SEC("?raw_tp/alloc_vmap_area")
int BPF_PROG(vmap_alloc__rt, u64 addr, u64 size, u64 align, u64 vstart, u64 vend, u32 failed)
{
	vmap_add(ctx, addr, size, failed);
	return 0;
}

SEC("?fexit/alloc_vmap_area")
int BPF_PROG(vmap_alloc__fx, u64 size, u64 align, u64 vstart, u64 vend, int node, u32 gfp, struct vmap_area *va)
{
	bool failed = (u64)va >= (u64)-4095ll;

	vmap_add(ctx, failed ? 0 : BPF_CORE_READ(va, va_start), size, failed);
	return 0;
}
