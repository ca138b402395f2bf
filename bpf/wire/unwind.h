/* SPDX-License-Identifier: GPL-2.0 */
/* Unwind tables, as user space builds them and BPF reads them, and what BPF says of stacks. */
#ifndef MMT_WIRE_UNWIND_H
#define MMT_WIRE_UNWIND_H

#include <linux/types.h>

/* How the caller's frame is found from one of its callee's. */
enum mmt_rule_kind {
	MMT_RULE_BAD,    /* there is a rule that these tables cannot express */
	MMT_RULE_GAP,    /* code without unwind information */
	MMT_RULE_END,    /* the outermost frame */
	MMT_RULE_REG,    /* CFA = reg + cfa */
	MMT_RULE_DEREF,  /* CFA = *(reg + cfa) + addend */
	MMT_RULE_PLT,    /* CFA = rsp + cfa, and 8 more from byte reg of each 16 bytes on */
	MMT_RULE_SIGNAL, /* the registers are in the signal frame at rsp */
	MMT_RULE_KINDS
};

/* Where the caller's rbp or rbx is. */
enum mmt_rule_where {
	MMT_WHERE_SAME,  /* where it was */
	MMT_WHERE_CFA,   /* at CFA + offset */
	MMT_WHERE_RBP,   /* at rbp + offset, of the callee */
	MMT_WHERE_UNKNOWN,
	MMT_WHERE_COUNT
};

/* Numbers of registers in DWARF. */
enum { MMT_REG_RAX, MMT_REG_RBX = 3, MMT_REG_RBP = 6, MMT_REG_RSP = 7, MMT_REG_COUNT = 16, MMT_REG_RA = 16 };

struct mmt_unwind_rule {
	__u8 kind;   /* enum mmt_rule_kind */
	__u8 reg;
	__u8 where;  /* of rbp below, of rbx in the upper half */
	__s8 addend;
	__s32 cfa;   /* frames of more than 256 KiB exist */
	__s32 rbp, rbx;
};

/* The first three of each table. */
enum { MMT_RULE_N_BAD, MMT_RULE_N_GAP, MMT_RULE_N_END, MMT_RULE_FIXED };

#define MMT_UNWIND_RULES 4096 /* of one file */
#define MMT_UNWIND_PAGES (1u << 17) /* 512 MiB of text */
#define MMT_UNWIND_SLAB (1u << 20)
#define MMT_UNWIND_SLABS 256

/* A row: where in the file, and the rule from there on. */
#define MMT_ROW(offset, rule) ((__u32)(offset) << 16 | (rule))
#define MMT_ROW_RULE(row) ((row) & 0xffff)

/* 4 KiB of text.  Its rows begin with the rule that is in force at its first byte. */
struct mmt_unwind_page {
	__u32 first; /* offset of its rows in the slab, in rows */
	__u16 slab;
	__u16 count; /* 0: nothing is known of it */
};

/* A file as BPF knows it. */
struct mmt_object_key { __u64 ino; __u32 dev, edition; };

enum mmt_object_state {
	MMT_OBJECT_NEW,    /* its table has not been made yet */
	MMT_OBJECT_READY,
	MMT_OBJECT_NONE,   /* it has no unwind information */
	MMT_OBJECT_FAILED, /* it cannot be read, or there is no room for its table */
};

/* Where its table is: offsets in slabs, in entries. */
struct mmt_object_value {
	__u32 id, state; /* id: never 0 */
	__u32 first_page, pages;
	__u32 pages_at, rules_at;
	__u16 pages_slab, rules_slab;
	__u32 rules;
};

/* A frame: the file's number and the offset in it, or one of these and an address.  A frame of the kernel
 * is its address, which has the highest bit. */
#define MMT_FRAME(id, offset) ((__u64)(id) << 32 | (__u32)(offset))
#define MMT_FRAME_KERNEL (1ull << 63)
#define MMT_FRAME_ADDRESS (1ull << 62) /* code in memory of no file: made at run time */
#define MMT_FRAME_VDSO (1ull << 61)    /* offset in the vdso */
#define MMT_FRAME_ID(frame) ((__u32)((frame) >> 32))

/* How a stack ended. */
enum mmt_stack_why {
#define STACK_WHY(NAME, n, key, help) MMT_STACK_##NAME = n,
#include "stack_why.def"
#undef STACK_WHY
	MMT_STACK_WHY_COUNT
};

#define MMT_STACK_FRAMES 128
#define MMT_STACK_KERNEL 64 /* of them the kernel's, which come first, at most */

#endif
