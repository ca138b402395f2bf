/* SPDX-License-Identifier: GPL-2.0 */
/* Address spaces and VMAs: the mm id, the facts of a VMA, and the look-up of a
 * VMA by address without taking mmap_lock. */
#ifndef MMT_MM_BPF_H
#define MMT_MM_BPF_H

#include "announced.bpf.h"
#include "cast.bpf.h"
#include "maps.bpf.h"
#include "name.bpf.h"

#define VM_EXEC 0x4ull
#define VM_SHARED 0x8ull
#define VM_GROWSDOWN 0x100ull
#define VM_UFFD_MISSING 0x200ull
#define VM_PFNMAP 0x400ull
#define VM_UFFD_WP 0x1000ull
#define VM_HUGETLB 0x400000ull
#define UFFD_FEATURE_WP_ASYNC (1u << 15) /* include/uapi/linux/userfaultfd.h, since 6.7 */
#define VM_MIXEDMAP 0x10000000ull
/* The flags that make two VMAs different ones to a reader: protection, sharing,
 * growth, locking, what kind of pages. */
#define VM_IDENTITY (0x0full | VM_GROWSDOWN | VM_UFFD_MISSING | VM_PFNMAP | VM_HUGETLB | VM_MIXEDMAP)

#define TMPFS_MAGIC 0x01021994ul
#define S_IFMT 0170000
#define S_IFCHR 0020000

static __always_inline u32 mm_id_new(void)
{
	u32 zero = 0, *next = bpf_map_lookup_elem(&next_mm_id, &zero);

	return next ? __sync_fetch_and_add(next, 1) + 1 : 0;
}

/* By reference: a pointer that the kernel gave is no number to calculate with. */
__noinline __weak int mm_filter_has(const u64 *mm)
{
	return mm && filter_has(mm_filter, *mm);
}

__noinline __weak int mm_filter_add(const u64 *mm)
{
	if (mm)
		filter_add(mm_filter, *mm);
	return 0;
}

static __always_inline struct mm_state *mm_known(u64 mm)
{
	return mm_filter_has(&mm) ? bpf_map_lookup_elem(&mms, &mm) : 0;
}

/* The id of mm; given at first sight when tgid is a target. 0: not known. */
static __always_inline u32 mm_id_get(struct mm_struct *mm, u32 tgid, bool create)
{
	u64 key = (u64)mm;
	struct mm_state *known = mm_known(key), fresh = { .tgid = tgid };

	if (known)
		return known->mm_id;
	if (!create || !mm)
		return 0;
	fresh.mm_id = mm_id_new();
	mm_filter_add(&key);
	if (bpf_map_update_elem(&mms, &key, &fresh, BPF_NOEXIST) == 0)
		return fresh.mm_id;
	known = bpf_map_lookup_elem(&mms, &key); /* another CPU was first */
	if (known)
		return known->mm_id;
	count(MMT_LOSS_MAP_FULL);
	return 0;
}

/* Is it, by the process that was seen with it first, another one's? */
__noinline __weak int mm_is_lent(const u64 *mm, u32 tgid)
{
	u64 key = mm ? *mm : 0; /* on the stack: 6.1 takes no key from elsewhere */
	struct mm_state *known = bpf_map_lookup_elem(&mms, &key);

	return known && known->tgid != tgid;
}

/* mm->mm_lock_seq where it is a seqcount (6.13 and later), else an odd number. */
static __always_inline u64 mm_seqcount(struct mm_struct *mm)
{
	if (bpf_core_field_exists(mm->mm_lock_seq.sequence))
		return mm->mm_lock_seq.sequence;
	return 1;
}

static __always_inline void mm_bounds_fill(struct mmt_mm_bounds *m, struct mm_struct *mm)
{
	m->start_code = BPF_CORE_READ(mm, start_code);
	m->end_code = BPF_CORE_READ(mm, end_code);
	m->start_data = BPF_CORE_READ(mm, start_data);
	m->end_data = BPF_CORE_READ(mm, end_data);
	m->start_brk = BPF_CORE_READ(mm, start_brk);
	m->brk = BPF_CORE_READ(mm, brk);
	m->start_stack = BPF_CORE_READ(mm, start_stack);
}

static __always_inline u32 vma_kind(u64 ops, u64 file, u64 inode, u64 super, u64 flags)
{
	u64 magic;
	u32 kind = 0;

	if (!ops)
		kind |= MMT_VMA_ANON;
	if (flags & (VM_PFNMAP | VM_MIXEDMAP))
		kind |= MMT_VMA_DEVICE;
	if (!file) {
		if (ops)
			kind |= MMT_VMA_SPECIAL;
		return kind;
	}
	kind |= MMT_VMA_FILE;
	if (ops && ((u16)FIELD_WORD(inode, struct inode, i_mode) & S_IFMT) == S_IFCHR)
		kind |= MMT_VMA_DEVICE;
	magic = FIELD_WORD(super, struct super_block, s_magic);
	if (magic == TMPFS_MAGIC)
		kind |= MMT_VMA_SHMEM;
	if (magic == ANON_INODE_FS_MAGIC) /* perf buffers, io_uring rings: their driver's pages */
		kind |= MMT_VMA_DEVICE;
	if (ops && FIELD_WORD(ops, struct vm_operations_struct, page_mkwrite))
		kind |= MMT_VMA_MKWRITE;
	return kind;
}

/* The flag of the mode MINOR has another number on each kernel: whether there is a context
 * says enough.  Global: verified once, not for each kind of VMA. */
__noinline __weak int vma_uffd_kind(u64 vma, u32 shared)
{
	u64 context = 0;
	u32 kind = 0;

	if (bpf_core_field_exists(struct vm_area_struct, vm_userfaultfd_ctx))
		context = FIELD_WORD(vma, struct vm_area_struct, vm_userfaultfd_ctx);
	if (!context)
		return 0;
	if (shared)
		kind |= MMT_VMA_UFFD;
	if (bpf_core_field_exists(struct userfaultfd_ctx, features) &&
	    (u32)FIELD_WORD(context, struct userfaultfd_ctx, features) & UFFD_FEATURE_WP_ASYNC)
		kind |= MMT_VMA_UFFD_ASYNC;
	return kind;
}

/* Copies what identifies and describes the VMA at *at.  It may be stale: the
 * caller checks the range.  Global, so that the verifier looks at it once; by
 * reference, since a pointer that the kernel gave cannot be passed as a number. */
__noinline __weak int vma_facts_at(const u64 *at, struct mmt_vma *out)
{
	u64 vma, file, inode = 0, super = 0, shown, shared;
	u32 generation = 0;

	if (!at || !out)
		return 0;
	vma = *at;
	file = FIELD_WORD(vma, struct vm_area_struct, vm_file);
	out->start = FIELD_WORD(vma, struct vm_area_struct, vm_start);
	out->end = FIELD_WORD(vma, struct vm_area_struct, vm_end);
	out->vm_flags = FIELD_WORD(vma, struct vm_area_struct, vm_flags);
	out->pgoff = FIELD_WORD(vma, struct vm_area_struct, vm_pgoff);
	out->ino = 0;
	out->dev = 0;
	out->edition = 0;
	if (file) {
		inode = FIELD_WORD(file, struct file, f_inode);
		super = FIELD_WORD(inode, struct inode, i_sb);
		shown = file_inode_shown(file, inode);
		out->ino = FIELD_WORD(shown, struct inode, i_ino);
		out->dev = (u32)FIELD_WORD(shown == inode ? super : FIELD_WORD(shown, struct inode, i_sb), struct super_block, s_dev);
		generation = FIELD_WORD(inode, struct inode, i_generation);
	}
	out->kind = vma_kind(FIELD_WORD(vma, struct vm_area_struct, vm_ops), file, inode, super, out->vm_flags);
	/* a stack's start moves at each growth, its end stays */
	out->anchor = out->vm_flags & VM_GROWSDOWN ? out->end : out->start;
	out->sig = mix(mix(mix(mix(17, out->ino), out->dev | (u64)generation << 32), out->pgoff - (out->start >> 12)),
		       (out->vm_flags & VM_IDENTITY) | (u64)out->kind << 32);
	shared = (out->kind & MMT_VMA_SHMEM) | (out->vm_flags & VM_HUGETLB);
	if (shared | (out->vm_flags & VM_UFFD_WP))
		out->kind |= vma_uffd_kind(vma, shared != 0);
	return 0;
}

static __always_inline void vma_facts(struct vm_area_struct *vma, struct mmt_vma *out)
{
	u64 at = (u64)vma;

	vma_facts_at(&at, out);
}

/* The facts of the VMA at *at, of one moment, if it holds addr then.  Where nothing locks
 * it, another thread may be splitting it: then its start, end and offset do not fit. */
__noinline __weak int vma_facts_of(const u64 *at, u64 addr, struct mmt_vma *out)
{
	u64 moved;
	int tries = 3;

	if (!at || !out)
		return 0;
	/* 6.1 wants a loop to end in a condition */
	do {
		vma_facts_at(at, out);
		moved = (out->start ^ FIELD_WORD(*at, struct vm_area_struct, vm_start)) |
			(out->end ^ FIELD_WORD(*at, struct vm_area_struct, vm_end)) |
			(out->pgoff ^ FIELD_WORD(*at, struct vm_area_struct, vm_pgoff));
	} while (moved && --tries);
	return out->start <= addr && addr < out->end;
}

/* What need not be known at each fault. */
static __always_inline void vma_file_facts(u64 vma, struct mmt_vma *out)
{
	u64 file = FIELD_WORD(vma, struct vm_area_struct, vm_file);

	if (!file)
		return;
	out->edition = file_edition(FIELD_WORD(file, struct file, f_inode));
	if (file_is_remote(file))
		out->kind |= MMT_VMA_REMOTE;
}

#define VMA_SEEN_BARE __builtin_offsetof(struct mmt_vma_seen, name)
struct vma_seen_bare { struct mmt_head head; struct mmt_vma vma; u32 foreign, name_flags; };
_Static_assert(sizeof(struct vma_seen_bare) == VMA_SEEN_BARE, "the same, without the name");

/* Global, verified once, as what comes before it is on the path of each fault. */
__noinline __weak int vma_seen_fill(struct vma_seen_bare *rec, const struct mmt_vma *facts, const u64 *at, u32 mm_id)
{
	u64 mm;

	if (!rec || !facts || !at)
		return 0;
	mm = FIELD_WORD(*at, struct vm_area_struct, vm_mm);
	head_fill(&rec->head, MMT_KIND_VMA_SEEN, mm_id, bpf_ktime_get_ns());
	rec->vma = *facts;
	vma_file_facts(*at, &rec->vma);
	rec->foreign = mm_is_lent(&mm, rec->head.tgid);
	rec->name_flags = 0;
	return 0;
}

static __always_inline bool vma_has_name(u64 vma, u32 kind)
{
	return kind & (MMT_VMA_FILE | MMT_VMA_SPECIAL) || (bpf_core_field_exists(struct vm_area_struct, anon_name) &&
							   FIELD_WORD(vma, struct vm_area_struct, anon_name));
}

/* name_flags: why there is no name. */
static __always_inline bool vma_announce_bare(const u64 *at, const struct mmt_vma *facts, u32 mm_id, u32 name_flags)
{
	struct vma_seen_bare *rec = control_reserve(sizeof(*rec));

	if (!rec)
		return false;
	vma_seen_fill(rec, facts, at, mm_id);
	rec->name_flags = name_flags;
	bpf_ringbuf_submit(rec, control_lazy());
	return true;
}

/* With its name if it has one, and there is room to put that together. */
__noinline __weak int vma_announce_new(const u64 *at, const struct mmt_vma *facts, u32 mm_id)
{
	struct name_walk *w;
	bool named, there;
	u64 size;

	if (!at || !facts)
		return false;
	named = vma_has_name(*at, facts->kind);
	w = named ? name_slot() : 0;
	if (!w)
		return vma_announce_bare(at, facts, mm_id, named * MMT_NAME_UNKNOWN);
	vma_seen_fill((struct vma_seen_bare *)&w->rec, facts, at, mm_id);
	name_fill(w, at, facts->kind, facts->vm_flags & VM_EXEC);
	size = VMA_SEEN_BARE + (w->used & (MMT_NAME_ROOM - 1));
	there = bpf_ringbuf_output(&control_ring, &w->rec, size, control_lazy()) == 0;
	name_slot_free(w);
	if (!there)
		count(MMT_LOSS_CONTROL_FULL);
	return there;
}

/* One process that maps and unmaps without end must leave room to the others: while a
 * quarter of the ring waits to be read, each mm has a share of it in some 17 ms.  What is
 * held back is announced by a later fault there, or shown by the next layout. */
__noinline __weak int announce_may(const u64 *mm)
{
	u32 window = bpf_ktime_get_ns() >> 24, share = mmt_config.control_bytes / (128 * 160 /* of one, as a rule */);
	u64 key = mm ? *mm : 0;
	struct mm_state *known;

	if (bpf_ringbuf_query(&control_ring, BPF_RB_AVAIL_DATA) < mmt_config.control_bytes / 4)
		return true;
	known = bpf_map_lookup_elem(&mms, &key);
	if (!known)
		return true;
	if (known->window != window) {
		known->window = window;
		known->announced = 0;
	}
	if (__sync_fetch_and_add(&known->announced, 1) < share)
		return true;
	count(MMT_LOSS_ANNOUNCE_LIMITED);
	return false;
}

/* Announces a VMA to user space the first time a fault meets it. false: there was no
 * room, the next fault there must try again. */
static __always_inline bool vma_announce(struct vm_area_struct *vma, const struct mmt_vma *facts, u32 mm_id)
{
	u64 mark = announced_mark(facts, mm_id), at = (u64)vma, mm;

	if (announced_has(mark))
		return true;
	/* not a trusted pointer: following one makes the verifier search all of BTF, each time */
	mm = (u64)BPF_CORE_READ(vma, vm_mm);
	if (!announce_may(&mm))
		return false;
	if (!vma_announce_new(&at, facts, mm_id))
		return false;
	announced_add(mark);
	return true;
}

/* --- the maple tree (include/linux/maple_tree.h), read without its lock --- */

#define MAPLE_NODE_WORDS 32
struct { __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY); __uint(max_entries, 1);
	 __type(key, u32); __type(value, u64[MAPLE_NODE_WORDS]); } maple_node SEC(".maps");

#define MAPLE_TYPE(e) (((e) >> 3) & 0xf)
#define MAPLE_LEAF_64 1
#define MAPLE_RANGE_64 2
#define MAPLE_ARANGE_64 3
#define MAPLE_NODE(e) ((e) & ~0xffull)
#define MAPLE_ROOT_IS_NODE(e) (((e) & 3) == 2 && (e) > 4096) /* xa_is_node() */

/* 1 if a < b, without a branch: the verifier would follow each of 2^15 paths. */
static __always_inline u64 below(u64 a, u64 b)
{
	return ((~a & b) | ((~a | b) & (a - b))) >> 63;
}

/* Pivots below addr, of 15.  Unused pivots are 0, and 0 - 1 wraps to the maximum.  Where
 * there are 9, slots follow: pointers, which lie above all addresses, or 0. */
#define PIVOT_BELOW(i) below(PIVOT(i) - 1, addr - 1)

/* Of a copied node: all are looked at, since the index of a map's value must be
 * known to the verifier. */
static __always_inline u32 pivots_below_copy(const u64 *words, u64 addr, u32 arange)
{
	u32 n = 0;

#define PIVOT(i) words[1 + (i)]
#pragma unroll
	for (int i = 0; i < 9; i++)
		n += PIVOT_BELOW(i);
	if (arange)
		return n;
#pragma unroll
	for (int i = 9; i < 15; i++)
		n += PIVOT_BELOW(i);
#undef PIVOT
	return n;
}

/* Of a node in place: they are sorted, so four are enough. */
static __always_inline u32 pivots_below(u64 node, u64 addr)
{
	u32 n;

#define PIVOT(i) word_at(node + 8 * (1 + (i)))
	n = 8 * PIVOT_BELOW(7);
	n += 4 * PIVOT_BELOW(n + 3);
	n += 2 * PIVOT_BELOW(n + 1);
	n += PIVOT_BELOW(n);
#undef PIVOT
	return n;
}

#define WALK_TORN 1 /* a writer has replaced a node on the way: no answer */

/* One step down: what the slot for addr of a node holds.  Global, so that the verifier
 * looks at it once and not at each way to come here. */
__noinline __weak u64 maple_step(u64 node, u64 addr, u32 arange)
{
	u32 zero = 0, slots = arange ? 10 : 16; /* words: the parent, 9 or 15 pivots, then the slots */
	u64 *words, parent, found;

	if (bpf_rdonly_cast) {
		found = word_at(node + 8 * (slots + pivots_below(node, addr)));
		parent = word_at(node);
	} else {
		words = bpf_map_lookup_elem(&maple_node, &zero);
		if (!words || bpf_probe_read_kernel(words, 256, (void *)node))
			return WALK_TORN;
		found = words[(slots + pivots_below_copy(words, addr, arange)) & (MAPLE_NODE_WORDS - 1)];
		parent = words[0];
	}
	return MAPLE_NODE(parent) == node ? WALK_TORN : found; /* a dead node is its own parent */
}

/* The VMA as a number; 0: a hole. */
__noinline __weak u64 vma_walk_once(u64 root, u64 addr)
{
	u64 e = root;

	for (int depth = 0; depth < 8; depth++) {
		u32 type = MAPLE_TYPE(e);

		e = maple_step(MAPLE_NODE(e), addr, type == MAPLE_ARANGE_64);
		if (e == WALK_TORN || type == MAPLE_LEAF_64 || type == 0)
			return e;
		if (e < 4096)
			return 0; /* an empty slot, or a value */
	}
	return 0;
}

/* The VMA that contains addr, or 0.  Lock-free: nodes and VMAs are freed after
 * an RCU grace period, and these programs run inside one (tested against
 * bpf_find_vma under storms).  One mapping only: the root is the VMA itself. */
__noinline __weak u64 vma_find_at(const u64 *at, u64 addr)
{
	bool hole = false;

	if (!at)
		return 0;
	for (int attempt = 0; attempt < 8; attempt++) {
		u64 root = FIELD_WORD(*at, struct mm_struct, mm_mt.ma_root);
		/* 0 would wrap as an unused pivot does; it lies where 1 lies */
		u64 found = MAPLE_ROOT_IS_NODE(root) ? vma_walk_once(root, addr + !addr) : root;

		if (found == WALK_TORN)
			continue;
		if (found && FIELD_WORD(found, struct vm_area_struct, vm_start) <= addr &&
		    addr < FIELD_WORD(found, struct vm_area_struct, vm_end))
			return found;
		if (!found && hole)
			return 0; /* seen twice */
		hole |= !found;
	}
	return 0;
}

static __always_inline struct vm_area_struct *vma_find(struct mm_struct *mm, u64 addr)
{
	u64 at = (u64)mm;

	return (struct vm_area_struct *)vma_find_at(&at, addr);
}
#endif
