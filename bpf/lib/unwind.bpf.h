/* SPDX-License-Identifier: GPL-2.0 */
/* Call stacks of user space by tables that user space made of .eh_frame, so of code without
 * frame pointers.  All in global functions, which the verifier looks at once each. */
#ifndef MMT_UNWIND_BPF_H
#define MMT_UNWIND_BPF_H

#include "mm.bpf.h"

#define WINDOW_BYTES 2048
#define UNWIND_SLOTS 4 /* programs of other contexts that may interrupt each other on a CPU */
#define USER_CS 0x33   /* of 64 bits */
#define PLACES 4
#define KERNEL_OWN 16 /* frames of the kernel between a fault and its hooks, at most */

/* A mapping that a stack has met. */
struct unwind_place {
	u64 start, end;
	u64 base; /* address less this: offset in the file */
	u32 kind; /* enum place_kind */
	u32 pad;
	struct mmt_object_value object;
};
enum place_kind { PLACE_NO_CODE, PLACE_FILE, PLACE_ANON, PLACE_VDSO };

struct unwinder {
	u64 mm;
	u32 mm_id;   /* 0: not known, or the fault was on another one */
	u32 busy;
	u64 ip, sp, bp, bx;
	u64 hash;
	u32 known;   /* bits of enum known_register */
	u32 exact;   /* ip is not a return address */
	u32 failed;  /* a word could not be read */
	u32 next_place;
	u64 window_at, more_at;
	u32 window_bytes, more_bytes;
	u64 more[8];
	u64 window[2 * WINDOW_BYTES / 8]; /* the second half is never filled: it bounds the index */
	u64 regs[32]; /* struct pt_regs */
	u64 places_seq; /* of the mm when the first of these was looked up */
	u32 places_mm_id, pad;
	struct unwind_place place[PLACES];
	struct mmt_unwind_rule rule;
	u64 kernel[MMT_STACK_KERNEL];
	u32 kernel_from, kernel_pad;
	struct mmt_vma facts; /* here, as the stacks of programs are small */
	struct mmt_stack rec;
};
enum known_register { KNOWN_BP = 1, KNOWN_BX = 2, KNOWN_ALL = 4 };

struct { __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY); __uint(max_entries, UNWIND_SLOTS);
	 __type(key, u32); __type(value, struct unwinder); } unwinders SEC(".maps");

/* Each is one value of a MiB; made by user space as they are needed. */
struct unwind_slab {
	__uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __uint(map_flags, BPF_F_MMAPABLE);
	__type(key, u32); __uint(value_size, MMT_UNWIND_SLAB);
};
struct { __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS); __uint(max_entries, MMT_UNWIND_SLABS); __type(key, u32);
	 __array(values, struct unwind_slab); } unwind_slabs SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 4096);
	 __type(key, struct mmt_object_key); __type(value, struct mmt_object_value); } unwind_objects SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1);
	 __type(key, u32); __type(value, u32); } unwind_next_id SEC(".maps");

static __always_inline struct unwinder *unwind_slot(void)
{
	for (u32 i = 0; i < UNWIND_SLOTS; i++) {
		u32 number = i;
		struct unwinder *u = bpf_map_lookup_elem(&unwinders, &number);

		if (u && !__sync_lock_test_and_set(&u->busy, 1))
			return u;
	}
	return 0;
}

/* --- memory of the stack --- */

/* The window above sp: as much of it as is there. */
__noinline __weak int unwind_window(struct unwinder *u)
{
	u64 at;
	u32 part;

	if (!u)
		return 0;
	at = u->sp & ~7ull;
	u->window_at = at;
	u->more_bytes = 0;
	u->window_bytes = WINDOW_BYTES;
	if (bpf_probe_read_user(u->window, WINDOW_BYTES, (void *)at) == 0)
		return 0;
	part = (PAGE_SIZE - (at & (PAGE_SIZE - 1))) & (PAGE_SIZE - 1);
	u->window_bytes = 0;
	if (part && part < WINDOW_BYTES && bpf_probe_read_user(u->window, part & (WINDOW_BYTES - 1), (void *)at) == 0)
		u->window_bytes = part;
	return 0;
}

/* The word at addr of user space; 0 and failed: it is not there. */
__noinline __weak u64 unwind_word(struct unwinder *u, u64 addr)
{
	u64 at, word = 0;

	if (!u)
		return 0;
	at = addr - u->window_at;
	if (at < u->window_bytes && !(addr & 7))
		return u->window[(at >> 3) & (2 * WINDOW_BYTES / 8 - 1)];
	if (addr & 7) {
		u->failed |= bpf_probe_read_user(&word, 8, (void *)addr) != 0;
		return word;
	}
	at = addr - u->more_at;
	if (at >= u->more_bytes) {
		u->more_at = addr & ~63ull; /* never across pages */
		u->more_bytes = sizeof(u->more);
		at = addr & 63;
		if (bpf_probe_read_user(u->more, sizeof(u->more), (void *)u->more_at)) {
			u->more_bytes = 0;
			u->failed = 1;
			return 0;
		}
	}
	return u->more[(at >> 3) & 7];
}

/* --- from an address to a rule --- */

static __always_inline void object_announce(const struct mmt_object_key *key, const struct unwind_place *p,
	u64 file, u32 mm_id)
{
	struct mmt_object *rec = control_reserve(sizeof(*rec));

	if (!rec) {
		bpf_map_delete_elem(&unwind_objects, key); /* again, where it is met again: nobody makes its table */
		return;
	}
	head_fill(&rec->head, MMT_KIND_OBJECT, mm_id, bpf_ktime_get_ns());
	rec->key = *key;
	rec->start = p->start;
	rec->end = p->end;
	rec->id = p->object.id;
	rec->remote = file_is_remote(file);
	bpf_ringbuf_submit(rec, BPF_RB_FORCE_WAKEUP); /* stacks wait for its table */
}

static __always_inline void object_make(const struct mmt_object_key *key, struct unwind_place *p, u64 file, u32 mm_id)
{
	u32 zero = 0, *next = bpf_map_lookup_elem(&unwind_next_id, &zero);
	struct mmt_object_value fresh = {}, *known;

	if (!next)
		return;
	fresh.id = __sync_fetch_and_add(next, 1) + 1;
	if (bpf_map_update_elem(&unwind_objects, key, &fresh, BPF_NOEXIST) == 0) {
		p->object = fresh;
		object_announce(key, p, file, mm_id);
		return;
	}
	known = bpf_map_lookup_elem(&unwind_objects, key); /* another CPU was first */
	if (known)
		p->object = *known;
	else
		count(MMT_LOSS_OBJECTS_FULL);
}

/* The file of the VMA that p was taken from. */
static __always_inline void place_file(struct unwinder *u, struct unwind_place *p, const u64 *at)
{
	u64 file = FIELD_WORD(*at, struct vm_area_struct, vm_file), inode, shown;
	struct mmt_object_key key = {};
	struct mmt_object_value *known;

	inode = FIELD_WORD(file, struct file, f_inode);
	shown = file_inode_shown(file, inode);
	key.ino = FIELD_WORD(shown, struct inode, i_ino);
	key.dev = (u32)FIELD_WORD(FIELD_WORD(shown, struct inode, i_sb), struct super_block, s_dev);
	key.edition = file_edition(inode);
	p->base = p->start - (FIELD_WORD(*at, struct vm_area_struct, vm_pgoff) << 12);
	p->kind = PLACE_FILE;
	known = bpf_map_lookup_elem(&unwind_objects, &key);
	if (known) {
		p->object = *known;
		return;
	}
	if (u->mm_id) { /* its name */
		vma_facts_at(at, &u->facts);
		vma_announce((struct vm_area_struct *)*at, &u->facts, u->mm_id);
	}
	object_make(&key, p, file, u->mm_id);
}

#define NAME_VDSO 0x5d6f7364765bull /* "[vdso]" and a NUL */

/* A mapping of the kernel's: the vdso, whose table user space has made of its own one, or code of which nothing
 * is known. */
static __always_inline void place_special(struct unwind_place *p, u64 at)
{
	u64 special = FIELD_WORD(at, struct vm_area_struct, vm_private_data);
	struct mmt_object_key key = {};
	struct mmt_object_value *known = bpf_map_lookup_elem(&unwind_objects, &key);

	p->kind = PLACE_ANON;
	if ((word_at(FIELD_WORD(special, struct vm_special_mapping, name)) & ~0ull >> 8) != NAME_VDSO)
		return;
	p->kind = PLACE_VDSO;
	p->base = p->start - (FIELD_WORD(at, struct vm_area_struct, vm_pgoff) << 12);
	if (known)
		p->object = *known;
}

/* Number of the place that holds ip.  Not executable, or nothing there: its kind. */
__noinline __weak u32 unwind_find(struct unwinder *u, u64 ip)
{
	struct unwind_place *p;
	u64 at, mm;
	u32 n;

	if (!u)
		return 0;
	for (n = 0; n < PLACES; n++)
		if (ip - u->place[n].start < u->place[n].end - u->place[n].start)
			return n;
	n = u->next_place++ & (PLACES - 1);
	p = &u->place[n];
	mm = u->mm;
	__builtin_memset(p, 0, sizeof(*p));
	at = vma_find_at(&mm, ip);
	if (!at)
		return n;
	if (!(FIELD_WORD(at, struct vm_area_struct, vm_flags) & VM_EXEC))
		return n;
	p->start = FIELD_WORD(at, struct vm_area_struct, vm_start);
	p->end = FIELD_WORD(at, struct vm_area_struct, vm_end);
	if (FIELD_WORD(at, struct vm_area_struct, vm_file))
		place_file(u, p, &at);
	else if (FIELD_WORD(at, struct vm_area_struct, vm_ops))
		place_special(p, at);
	else
		p->kind = PLACE_ANON;
	return n;
}

static __always_inline void *slab_at(u32 number)
{
	u32 zero = 0;
	void *slab = bpf_map_lookup_elem(&unwind_slabs, &number);

	return slab ? bpf_map_lookup_elem(slab, &zero) : 0;
}

#define SLAB_OF(type) (MMT_UNWIND_SLAB / sizeof(type) - 1) /* mask of indexes */

/* The last of count rows that begins at or before offset. */
__noinline __weak u32 unwind_search(u32 slab, u32 first, u32 count, u32 offset)
{
	u32 *row = slab_at(slab), limit = MMT_ROW(offset, 0xffff);

	if (!row)
		return MMT_RULE_N_BAD;
	for (int i = 0; i < 13 && count > 1; i++) {
		u32 half = count >> 1;

		if (row[(first + half) & SLAB_OF(u32)] <= limit) {
			first += half;
			count -= half;
		} else {
			count = half;
		}
	}
	return MMT_ROW_RULE(row[first & SLAB_OF(u32)]);
}

/* Puts the rule for an offset in the file of a place into u->rule. */
__noinline __weak int unwind_rule(struct unwinder *u, u32 n, u64 offset)
{
	struct mmt_unwind_page *pages, page;
	struct mmt_unwind_rule *rules;
	struct mmt_object_value *o;
	u64 number;
	u32 rule;

	if (!u)
		return 0;
	o = &u->place[n & (PLACES - 1)].object;
	number = (offset >> 12) - o->first_page;
	u->rule.kind = MMT_RULE_GAP;
	if (number >= o->pages)
		return 0;
	pages = slab_at(o->pages_slab);
	if (!pages)
		return 0;
	page = pages[(o->pages_at + number) & SLAB_OF(struct mmt_unwind_page)];
	if (!page.count)
		return 0;
	rule = unwind_search(page.slab, page.first, page.count, offset);
	rules = slab_at(o->rules_slab);
	if (rules && rule < o->rules)
		u->rule = rules[(o->rules_at + rule) & SLAB_OF(struct mmt_unwind_rule)];
	return 0;
}

/* --- one frame --- */

/* Words of struct pt_regs by DWARF's numbers, five bits each; but for rsp. */
#define REGISTER_WORDS_LOW (10ull | 12ull << 5 | 11ull << 10 | 5ull << 15 | 13ull << 20 | 14ull << 25 | 4ull << 30)
#define REGISTER_WORDS_HIGH (9ull | 8ull << 5 | 7ull << 10 | 6ull << 15 | 3ull << 20 | 2ull << 25 | 1ull << 30)
enum { WORD_BP = 4, WORD_BX = 5, WORD_IP = 16, WORD_CS = 17, WORD_SP = 19 };

static __always_inline u32 register_word(u32 reg)
{
	return (reg < 8 ? REGISTER_WORDS_LOW >> (5 * (reg & 7)) : REGISTER_WORDS_HIGH >> (5 * (reg & 7))) & 31;
}

/* What a register holds; failed: not known in this frame. */
__noinline __weak u64 unwind_register(struct unwinder *u, u32 reg)
{
	if (!u)
		return 0;
	if (reg == MMT_REG_RSP)
		return u->sp;
	if (reg == MMT_REG_RBP && u->known & KNOWN_BP)
		return u->bp;
	if (reg == MMT_REG_RBX && u->known & KNOWN_BX)
		return u->bx;
	if (u->known & KNOWN_ALL)
		return u->regs[register_word(reg)];
	u->failed = 2;
	return 0;
}

/* A register of the caller. bit: of known. */
static __always_inline void unwind_saved(struct unwinder *u, u32 where, u64 cfa, s32 offset, u64 bp, u64 *value,
	u32 bit)
{
	if (where == MMT_WHERE_SAME)
		return;
	if (where == MMT_WHERE_UNKNOWN || (where == MMT_WHERE_RBP && !(u->known & KNOWN_BP))) {
		u->known &= ~bit;
		return;
	}
	*value = unwind_word(u, (where == MMT_WHERE_CFA ? cfa : bp) + (s64)offset);
	u->known |= bit;
}

static __always_inline int unwind_signal(struct unwinder *u)
{
	u64 sp = u->sp; /* at a struct ucontext */

	u->ip = unwind_word(u, sp + 168);
	u->bp = unwind_word(u, sp + 120);
	u->bx = unwind_word(u, sp + 128);
	u->sp = unwind_word(u, sp + 160);
	u->known = KNOWN_BP | KNOWN_BX;
	u->exact = 1;
	return u->failed ? MMT_STACK_UNREADABLE + 1 : 0;
}

/* To the caller, whose frame is above cfa. 0, or why there is none, plus one. */
static __always_inline int unwind_up(struct unwinder *u, u64 cfa)
{
	struct mmt_unwind_rule *r = &u->rule;
	u64 bp = u->bp;
	u32 known = u->known;

	if (u->failed)
		return (u->failed == 2 ? MMT_STACK_REGISTER : MMT_STACK_UNREADABLE) + 1;
	if (cfa <= u->sp)
		return MMT_STACK_LOOP + 1;
	u->ip = unwind_word(u, cfa - 8);
	unwind_saved(u, r->where >> 4, cfa, r->rbx, bp, &u->bx, KNOWN_BX);
	u->known = (u->known & ~KNOWN_BP) | (known & KNOWN_BP);
	unwind_saved(u, r->where & 15, cfa, r->rbp, bp, &u->bp, KNOWN_BP);
	u->known &= ~KNOWN_ALL;
	u->sp = cfa;
	u->exact = 0;
	return u->failed ? MMT_STACK_UNREADABLE + 1 : 0;
}

/* Where code has no rule: its frame pointer, if it has one. */
static __always_inline int unwind_by_pointer(struct unwinder *u, u32 depth)
{
	u64 bp = u->bp;

	if (mmt_config.stack_mode == MMT_STACK_TABLE || !(u->known & KNOWN_BP) || bp < u->sp || bp & 7)
		return MMT_STACK_NO_INFO + 1;
	if (u->rec.guessed == MMT_STACK_ALL_KNOWN)
		u->rec.guessed = depth + 1;
	u->ip = unwind_word(u, bp + 8);
	u->bp = unwind_word(u, bp);
	u->sp = bp + 16;
	u->known = KNOWN_BP;
	u->exact = 0;
	return u->failed ? MMT_STACK_UNREADABLE + 1 : 0;
}

__noinline __weak int unwind_apply(struct unwinder *u, u64 ip, u32 depth)
{
	struct mmt_unwind_rule *r;
	u64 cfa;

	if (!u)
		return 1;
	r = &u->rule;
	switch (r->kind) {
	case MMT_RULE_END: return MMT_STACK_COMPLETE + 1;
	case MMT_RULE_GAP: return unwind_by_pointer(u, depth);
	case MMT_RULE_SIGNAL: return unwind_signal(u);
	case MMT_RULE_REG: cfa = unwind_register(u, r->reg) + (s64)r->cfa; break;
	case MMT_RULE_DEREF: cfa = unwind_word(u, unwind_register(u, r->reg) + (s64)r->cfa) + (s64)r->addend; break;
	case MMT_RULE_PLT: cfa = u->sp + (s64)r->cfa + ((ip & 15) >= r->reg) * 8; break;
	default: return MMT_STACK_RULE + 1;
	}
	return unwind_up(u, cfa);
}

static __always_inline int object_why(u32 state)
{
	return (state == MMT_OBJECT_NEW ? MMT_STACK_NO_TABLE : MMT_STACK_UNREAD_FILE) + 1;
}

static __always_inline void unwind_keep(struct unwinder *u, u64 frame)
{
	u->rec.frame[u->rec.count & (MMT_STACK_FRAMES - 1)] = frame;
	u->rec.count++;
	u->hash = (u->hash ^ frame) * 0x9e3779b97f4a7c15ull;
	u->hash ^= u->hash >> 29;
}

/* A frame is the number of a file and 32 bits of the offset in it. 0, or why there is none, plus one. */
static __always_inline int frame_unsaid(const struct unwind_place *p, u64 ip)
{
	if (p->kind == PLACE_NO_CODE)
		return MMT_STACK_NOT_CODE + 1;
	if (p->kind == PLACE_FILE && !p->object.id)
		return MMT_STACK_FILES_FULL + 1;
	if (p->kind == PLACE_FILE && (ip - p->base) >> 32)
		return MMT_STACK_FAR_OFFSET + 1;
	return 0;
}

/* Keeps the frame that u stands at, and goes to its caller. 0, or why that is not there, plus one. */
__noinline __weak int unwind_step(struct unwinder *u, u32 depth)
{
	struct unwind_place *p;
	u64 ip, frame;
	u32 n;
	int unsaid;

	if (!u)
		return 1;
	ip = u->ip - !u->exact; /* a call may be the last instruction of its function */
	n = unwind_find(u, ip) & (PLACES - 1);
	p = &u->place[n];
	unsaid = frame_unsaid(p, ip);
	if (unsaid)
		return unsaid;
	frame = p->kind == PLACE_ANON ? MMT_FRAME_ADDRESS | ip
				      : (p->kind == PLACE_VDSO ? MMT_FRAME_VDSO : 0) | MMT_FRAME(p->object.id, ip - p->base);
	unwind_keep(u, frame);
	u->rule.kind = MMT_RULE_GAP;
	if (mmt_config.stack_mode == MMT_STACK_FP || p->kind == PLACE_ANON || p->object.state == MMT_OBJECT_NONE)
		return unwind_by_pointer(u, depth);
	if (p->object.state != MMT_OBJECT_READY)
		return object_why(p->object.state);
	unwind_rule(u, n, ip - p->base);
	return unwind_apply(u, ip, depth);
}

/* What the last stack on this CPU met holds as long as nothing changed the VMAs of the mm, where the kernel
 * says so (6.13 and later). */
static __always_inline void unwind_places_keep(struct unwinder *u, u64 seq)
{
	bool same = u->mm_id && u->places_mm_id == u->mm_id && u->places_seq == seq && !(seq & 1);

	for (int i = 0; i < PLACES; i++)
		if (!same || u->place[i].object.state == MMT_OBJECT_NEW)
			u->place[i].start = u->place[i].end = 0;
	u->places_seq = seq;
	u->places_mm_id = u->mm_id;
}

/* From the registers that the thread entered the kernel with. */
static __always_inline bool unwind_begin(struct unwinder *u, struct task_struct *task, u32 mm_id)
{
	void *regs = (void *)bpf_task_pt_regs(task);

	u->mm = (u64)task->mm;
	u->mm_id = mm_id;
	u->failed = 0;
	u->hash = 0;
	u->known = KNOWN_BP | KNOWN_BX | KNOWN_ALL;
	u->exact = 1;
	u->rec.count = 0;
	u->rec.guessed = MMT_STACK_ALL_KNOWN;
	u->rec.why = MMT_STACK_TOO_DEEP;
	unwind_places_keep(u, mm_seqcount(task->mm));
	if (bpf_probe_read_kernel(u->regs, sizeof(struct pt_regs), regs))
		return false;
	u->bp = u->regs[WORD_BP];
	u->bx = u->regs[WORD_BX];
	u->sp = u->regs[WORD_SP];
	u->ip = u->regs[WORD_IP];
	if (u->regs[WORD_CS] == USER_CS)
		return true;
	u->rec.why = MMT_STACK_BITS_32;
	return false;
}

/* Does this frame of the kernel lead from each fault to its hooks? */
__noinline __weak int kernel_is_own(struct unwinder *u, u32 i)
{
	u64 at;

	if (!u)
		return 0;
	at = u->kernel[i & (MMT_STACK_KERNEL - 1)];
	return at - mmt_config.fault_entry[0].from < mmt_config.fault_entry[0].size ||
	       at - mmt_config.fault_entry[1].from < mmt_config.fault_entry[1].size;
}

__noinline __weak int kernel_keep(struct unwinder *u, u32 i)
{
	if (u && u->rec.count < mmt_config.stacks)
		unwind_keep(u, u->kernel[i & (MMT_STACK_KERNEL - 1)] | MMT_FRAME_KERNEL);
	return 0;
}

/* The first `count` of u->kernel, without those that lead from the fault to here: they are the same for all. */
__noinline __weak int unwind_kernel(struct unwinder *u, u32 count)
{
	if (!u)
		return 0;
	u->kernel_from = 0;
	for (u32 i = 0; i < KERNEL_OWN && i < count; i++)
		if (kernel_is_own(u, i))
			u->kernel_from = i + 1;
	for (u32 i = 0; i < MMT_STACK_KERNEL && i < count; i++)
		if (i >= u->kernel_from)
			kernel_keep(u, i);
	return 0;
}

/* kernel: bytes of u->kernel; negative: they could not be had. */
static __always_inline void unwind_stack(struct unwinder *u, struct task_struct *task, u32 mm_id, long kernel)
{
	bool begun = unwind_begin(u, task, mm_id);
	int end = 0;

	if (kernel > 0)
		unwind_kernel(u, (u32)kernel / sizeof(u64));
	if (!mmt_config.stack_user) {
		u->rec.why = MMT_STACK_COMPLETE;
	} else if (begun) {
		unwind_window(u);
		for (int i = 0; i < MMT_STACK_FRAMES; i++) {
			if (u->rec.count >= mmt_config.stacks)
				break;
			end = unwind_step(u, u->rec.count);
			if (end)
				break;
		}
		if (end)
			u->rec.why = end - 1;
	}
	u->hash = (u->hash ^ (u->rec.count | (u64)u->rec.why << 8 | (u64)u->rec.guessed << 16)) * 0x9e3779b97f4a7c15ull;
	u->hash ^= u->hash >> 29;
	u->hash += !u->hash;
}
#endif
