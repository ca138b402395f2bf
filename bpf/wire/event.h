/* SPDX-License-Identifier: GPL-2.0 */
/* Records that BPF puts into the rings and user space decodes.  Fixed width,
 * naturally aligned, no pointers; both sides include this file.  Times are ns
 * of CLOCK_MONOTONIC, addresses are virtual addresses of the mm named. */
#ifndef MMT_WIRE_EVENT_H
#define MMT_WIRE_EVENT_H

#include <linux/types.h>

#include "unwind.h"

enum mmt_kind {
#define KIND(NAME, n, str, payload) MMT_KIND_##NAME = n,
#include "kinds.def"
#undef KIND
	MMT_KIND_LIMIT
};

enum mmt_class {
#define CLASS(NAME, n, key, title, help) MMT_CLASS_##NAME = n,
#include "classes.def"
#undef CLASS
	MMT_CLASS_COUNT
};

enum mmt_loss {
#define LOSS(NAME, n, group, key, help) MMT_LOSS_##NAME = n,
#include "loss.def"
#undef LOSS
	MMT_LOSS_COUNT
};

enum mmt_mode { MMT_MODE_USER, MMT_MODE_KERNEL, MMT_MODE_GUP, MMT_MODE_COUNT };

enum mmt_fault_flag {
	MMT_FAULT_MAJOR = 1,
	MMT_FAULT_WRITE = 2,
	MMT_FAULT_FOREIGN = 4,  /* the executor's mm is another one */
	MMT_FAULT_NO_VMA = 8,   /* no mapping there, or none found */
	MMT_FAULT_EXECUTOR = 16, /* the executing process is a target */
	MMT_FAULT_INSTR = 32,   /* instruction fetch */
	MMT_FAULT_HUGE = 64,    /* ended in a PMD-sized mapping */
	MMT_FAULT_UNSHARE = 128, /* wants a page of its own, without writing (FAULT_FLAG_UNSHARE, since 6.0) */
	MMT_FAULT_SIGBUS = 512,   /* an error that means SIGBUS, */
	MMT_FAULT_SIGSEGV = 1024, /* or SIGSEGV, to whom faults in user mode */
	MMT_FAULT_FRESH = 2048, /* of a file: the page was not in the page cache as it began, */
	MMT_FAULT_THERE = 4096, /* or it was; neither: not looked up */
	MMT_FAULT_WAITED = 256, /* its thread slept, or the kernel tried twice: is userfaultfd behind it? */
};

/* First in every record. */
struct mmt_head {
	__u16 kind; /* enum mmt_kind */
	__u16 cpu;
	__u32 tid;   /* executing thread, initial pid namespace */
	__u32 tgid;  /* its process */
	__u32 mm_id; /* address space; unique while attached, 0 = none */
	__u64 time;  /* end of the event */
};

/* One page fault, all its attempts together. */
struct mmt_fault {
	struct mmt_head head;
	__u64 addr;
	__u64 anchor; /* vm_start, or vm_end of a VMA that grows down */
	__u32 sig;    /* identity of the VMA beside mm and anchor */
	__u32 ns;     /* latency; saturates at 4.29 s; 0 = not measured */
	__u8 cls;     /* enum mmt_class */
	__u8 mode;    /* enum mmt_mode */
	__u16 flags;  /* enum mmt_fault_flag */
	__u16 pad;
	__u16 weight; /* faults that it stands for: above 1 when sampled */
};

/* With the user's instruction that it happened at, or in whose system call; 0: no user's.
 * Where trace asks for it; who reads knows it by the size. */
struct mmt_fault_at { struct mmt_fault fault; __u64 ip; };

/* The same where stacks are asked for: its call stack, by the number that a record of that gave it; 0: none. */
struct mmt_fault_stack { struct mmt_fault_at at; __u64 stack; };

/* A call stack, when it is met first. */
struct mmt_stack {
	struct mmt_head head;
	__u64 id;      /* a hash of all that follows */
	__u8 count;    /* of frames */
	__u8 guessed;  /* from this frame on they were found by frame pointers; 255: none was */
	__u8 why;      /* enum mmt_stack_why */
	__u8 pad[5];
	__u64 frame[MMT_STACK_FRAMES]; /* the innermost first; only those that there are, in the ring */
};
#define MMT_STACK_ALL_KNOWN 255

/* A file whose code was met in a stack: from now on it has this number. */
struct mmt_object {
	struct mmt_head head;
	struct mmt_object_key key;
	__u64 start, end; /* of the mapping */
	__u32 id, remote; /* remote: its file system may hang */
};

/* Faults by call stack, counted where they happen.  Rows only ever grow. */
struct mmt_stack_key {
	__u64 stack;
	__u32 tgid, mm_id;
	__u8 cls, mode;
	__u16 flags; /* MMT_STACK_FLAGS of enum mmt_fault_flag */
	__u32 pad;
};
#define MMT_STACK_FLAGS (MMT_FAULT_MAJOR | MMT_FAULT_HUGE | MMT_FAULT_EXECUTOR)
struct mmt_stack_row { __u64 count, ns_sum; };

/* Faults that get_user_pages executed for this thread and that raise no event
 * on the tracepoint backend: its min_flt/maj_flt less what was seen.  Signed:
 * a later record may take back what an unlucky reading gave. */
struct mmt_gup {
	struct mmt_head head;
	__s32 minor;
	__s32 major;
};

#define MMT_NAME_LEN 64

enum mmt_vma_flag {
	MMT_VMA_ANON = 1,     /* no vm_ops */
	MMT_VMA_SHMEM = 2,    /* its file is on tmpfs */
	MMT_VMA_DEVICE = 4,   /* PFNMAP, MIXEDMAP, character device */
	MMT_VMA_MKWRITE = 8,  /* its file system wants page_mkwrite */
	MMT_VMA_FILE = 16,    /* has a vm_file */
	MMT_VMA_SPECIAL = 32, /* vm_ops without a file: [vdso] and the like */
	MMT_VMA_UFFD = 64,    /* shmem or hugetlb that is registered with userfaultfd, in whatever mode */
	MMT_VMA_UFFD_ASYNC = 128, /* write protection that the kernel lifts by itself (UFFD_FEATURE_WP_ASYNC) */
	MMT_VMA_REMOTE = 256, /* its file system may wait for another machine or process; where announced or listed */
};

#define MMT_EDITION_BITS 28

/* A VMA as the kernel holds it. */
struct mmt_vma {
	__u64 start, end;
	__u64 vm_flags; /* VM_*; VM_READ 1, WRITE 2, EXEC 4, SHARED 8, GROWSDOWN 0x100 ... */
	__u64 pgoff;    /* pages */
	__u64 ino;
	__u64 anchor;
	__u32 dev; /* kernel encoding: major << 20 | minor */
	__u32 sig;
	__u32 kind; /* enum mmt_vma_flag bits */
	__u32 edition; /* of its file: a hash of generation, size and ctime, where announced or listed */
};

/* How a name is written; none of these: as it is, "[vdso]". */
enum mmt_name_flag {
	MMT_NAME_NEW = 1,      /* in a layout: the record has a name; without: as the record before */
	MMT_NAME_PATH = 2,     /* the parts of a path, the last one first, each ended by a NUL */
	MMT_NAME_DELETED = 4,
	MMT_NAME_CUT = 8,      /* the beginning is missing: more than fits */
	MMT_NAME_UNKNOWN = 16, /* there is one that could not be had */
	MMT_NAME_SOCKET = 32,  /* "socket:[INODE]" */
	MMT_NAME_STAMP = 64,   /* a struct mmt_file_stamp comes first */
};

/* What distinguishes another file under the same path. */
struct mmt_file_stamp { __u64 size, ctime_ns; };

#define MMT_NAME_MAX 767 /* bytes of a path before its last part */
#define MMT_NAME_ROOM (MMT_NAME_MAX + 257) /* a power of two */

/* First fault in a VMA. */
struct mmt_vma_seen {
	struct mmt_head head;
	struct mmt_vma vma;
	__u32 foreign; /* 1: head names a process that looked into another's mm */
	__u32 name_flags; /* enum mmt_name_flag */
	char name[MMT_NAME_ROOM]; /* only the bytes that are used are in the ring */
};

/* Where an address space keeps its parts: fields of mm_struct. */
struct mmt_mm_bounds {
	__u64 start_code, end_code, start_data, end_data, start_brk, brk, start_stack;
};

struct mmt_fork {
	struct mmt_head head; /* the child: tid, tgid, mm_id */
	__u32 parent_tgid;
	__u16 thread;   /* 1: a new thread of the same process */
	__u16 borrowed; /* 1: the mm is the parent's until exec (vfork) */
	__u64 start_boottime;
	struct mmt_mm_bounds bounds;
	char comm[16];
};

/* With the time from the making of the child's mm until now; 0: not known. Newer than recordings without. */
struct mmt_fork_timed { struct mmt_fork fork; __u64 ns; };

struct mmt_exec {
	struct mmt_head head; /* mm_id is the new mm */
	struct mmt_mm_bounds bounds;
	char comm[16];
	char filename[MMT_NAME_LEN * 2];
};

struct mmt_exit {
	struct mmt_head head;
	__u32 group_dead; /* the last thread */
	__u32 pad;
	__u64 min_flt, maj_flt; /* of this thread in its life */
};

/* A process that was there before us, at its end: no fork announced it. */
struct mmt_named {
	struct mmt_head head;
	__u64 start_boottime;
	char comm[16];
};

struct mmt_mm_end {
	struct mmt_head head;
	struct mmt_mm_bounds bounds; /* as they were at the end */
};

/* A VMA-changing system call, at its return, or the growth of a stack. */
struct mmt_call {
	struct mmt_head head;
	__u32 nr; /* x86-64 number, or MMT_CALL_STACK_GROWTH */
	__u32 sig;    /* with anchor: the VMA concerned; 0: none */
	__u64 anchor;
	__u64 arg[6]; /* as passed; of a growth: address, new start, end */
	__s64 ret;
};
struct mmt_call_at { struct mmt_call call; __u64 ip; }; /* behind the instruction that made it */
#define MMT_CALL_STACK_GROWTH 1023 /* no call has that number */

/* Folded events: what the data ring could not take is added to such rows.
 * They only ever grow while attached; readers subtract what they read last. */
struct mmt_aggregate_key {
	__u32 tgid;
	__u32 mm_id;
	__u64 anchor;
	__u32 sig;   /* of a call: its number */
	__u8 cls;    /* enum mmt_class, or MMT_AGGREGATE_CALL */
	__u8 mode;
	__u16 flags; /* MMT_AGGREGATE_FLAGS of enum mmt_fault_flag */
};
#define MMT_AGGREGATE_CALL 0xff
#define MMT_FAULT_PAGE (MMT_FAULT_FRESH | MMT_FAULT_THERE)
#define MMT_AGGREGATE_FLAGS \
	(MMT_FAULT_MAJOR | MMT_FAULT_FOREIGN | MMT_FAULT_NO_VMA | MMT_FAULT_EXECUTOR | MMT_FAULT_PAGE)

#define MMT_LATENCY_BUCKETS 64 /* half octaves of ns, see mmt_latency_bucket() */
struct mmt_aggregate_row {
	__u64 count, timed, ns_sum, ns_max;
	__u32 hist[MMT_LATENCY_BUCKETS];
};

/* Beyond the rows: per process, and, with tgid 0, for all that is left. */
struct mmt_aggregate_process_key { __u32 tgid, pad; __u64 start_boottime; };
struct mmt_aggregate_process {
	__s64 gup_minor, gup_major; /* residual, where the control ring was full */
	__u64 count[MMT_CLASS_COUNT][2]; /* [major]; errors in [0] */
	__u64 calls;
};

/* Bucket 2k holds [2^k, 1.5 * 2^k), bucket 2k + 1 [1.5 * 2^k, 2^(k + 1)). */
static inline __u32 mmt_latency_bucket(__u32 ns)
{
	__u32 v = ns, high = 0;

	if (v >> 16) { high += 16; v >>= 16; }
	if (v >> 8) { high += 8; v >>= 8; }
	if (v >> 4) { high += 4; v >>= 4; }
	if (v >> 2) { high += 2; v >>= 2; }
	if (v >> 1)
		high++;
	return high ? 2 * high + ((ns >> (high - 1)) & 1) : 0;
}

/* The layout reader's stream (iter/task_vma): one mm record, VMAs, one end. */
enum mmt_layout_type { MMT_LAYOUT_MM = 1, MMT_LAYOUT_VMA = 2, MMT_LAYOUT_END = 3 };

struct mmt_layout_mm {
	__u32 type, size; /* size of the whole record */
	__u32 mm_id;
	__u32 map_count;
	__u64 lock_seq; /* mm->mm_lock_seq; ~0 where the kernel has none */
	__u64 time;     /* before the first VMA was looked at */
	__u64 start_boottime; /* of the process */
	struct mmt_mm_bounds bounds;
};

struct mmt_layout_vma {
	__u32 type, size;
	struct mmt_vma vma;
	__u32 path_len; /* bytes that follow */
	__u32 name_flags; /* enum mmt_name_flag */
};
#define MMT_PATH_MAX 4096

struct mmt_layout_end {
	__u32 type, size;
	__u64 lock_seq; /* differs from the mm record's: the pass raced a change */
};

/* Where the page tables of an mm begin; it may be gone by now. */
struct mmt_root { __u64 pgd; __u32 mm_id, pad; };

/* The watcher's stream (iter/task): one record per target process. */
struct mmt_watch {
	__u32 tgid;
	__u32 mm_id;
	__u64 lock_seq; /* ~0: not known on this kernel */
	__u64 start_boottime;
	char comm[16];
};

#endif
