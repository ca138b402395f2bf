/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel types that mmtrace's BPF programs read, curated by hand: only the
 * fields that are used, relocated by CO-RE at load (preserve_access_index).
 * Older layouts stand as ___flavours beside the newest one.
 * `make vmlinux-check` holds this file against real BTFs. */
#ifndef __VMLINUX_H__
#define __VMLINUX_H__

#include <linux/bpf.h>
#include <linux/types.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __s32 s32;
typedef __u64 u64;
typedef __s64 s64;
typedef _Bool bool;
enum { false = 0, true = 1 };

/* x86-64 registers at exception or syscall entry (ABI, not relocated). */
struct pt_regs {
	unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8;
	unsigned long ax, cx, dx, si, di, orig_ax, ip, cs, flags, sp, ss;
};

/* What a perf_event program gets: uapi struct bpf_perf_event_data. */
struct mm_perf_ctx {
	struct pt_regs regs;
	__u64 sample_period;
	__u64 addr;
};

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef struct { int counter; } atomic_t;
typedef struct { long counter; } atomic_long_t;

/* A file system instance. */
struct super_block { __u32 s_dev; unsigned long s_magic; };
/* A file's identity. */
struct inode {
	unsigned short i_mode;
	unsigned int i_flags;
	struct super_block *i_sb;
	unsigned long i_ino;
	__s64 i_size;
	__u32 i_generation; /* another one where a number is used again */
	__s64 i_ctime_sec; /* since 6.11 */
	__u32 i_ctime_nsec;
};
struct timespec64 { __s64 tv_sec; long tv_nsec; };
struct inode___v610 { struct timespec64 __i_ctime; }; /* 6.6 to 6.10 */
struct inode___v65 { struct timespec64 i_ctime; };
/* A name; hash and length are members of anonymous parts in the kernel. */
struct qstr { __u32 len; const unsigned char *name; };
struct hlist_bl_node { struct hlist_bl_node *next, **pprev; };
struct dentry_operations { void *d_dname; };
struct dentry {
	struct hlist_bl_node d_hash; /* pprev is 0: deleted, or never had a name */
	struct dentry *d_parent;
	struct qstr d_name;
	struct inode *d_inode;
	const struct dentry_operations *d_op;
	struct super_block *d_sb;
};
/* A mount, as a path shows it, and all of it. */
struct vfsmount { struct dentry *mnt_root; struct super_block *mnt_sb; };
struct mount { struct mount *mnt_parent; struct dentry *mnt_mountpoint; struct vfsmount mnt; };
struct path { struct vfsmount *mnt; struct dentry *dentry; };
struct fs_struct { struct path root; };
/* An open file. */
struct file { unsigned int f_mode; struct path f_path; struct inode *f_inode; struct address_space *f_mapping; };
/* A page cache. */
struct xarray { void *xa_head; };
struct xa_node { unsigned char shift; void *slots[64]; };
struct address_space { struct xarray i_pages; };
/* The file of a layer, opened for one of overlayfs: the latter's path (since 6.8). */
struct backing_file { struct path user_path; };

/* What a mapping's driver or file system handles itself. */
struct vm_operations_struct { void *page_mkwrite; };
/* [vdso], [vvar] and the like: vm_private_data of such VMAs. */
struct vm_special_mapping { const char *name; };

/* The tree of VMAs (maple tree, since 6.1). */
struct maple_tree { void *ma_root; };

struct rb_node { unsigned long __rb_parent_color; };

/* A mapping. */
struct vm_area_struct {
	unsigned long vm_start, vm_end;
	struct mm_struct *vm_mm;
	unsigned long vm_flags;
	const struct vm_operations_struct *vm_ops;
	unsigned long vm_pgoff;
	struct file *vm_file;
	void *vm_private_data;
	struct { void *ctx; } vm_userfaultfd_ctx; /* absent without CONFIG_USERFAULTFD */
	struct { struct rb_node rb; } shared; /* of file mappings */
	struct anon_vma_name *anon_name; /* shares its place with shared before 6.2 */
};
struct userfaultfd_ctx { unsigned features; };
/* prctl(PR_SET_VMA_ANON_NAME); absent without CONFIG_ANON_VMA_NAME. */
struct anon_vma_name { char name[0]; };

struct seqcount { unsigned sequence; };

/* A number kept in parts: the exact value is the sum. */
struct percpu_counter { __s64 count; __s32 *counters; };

/* An address space. */
struct mm_struct {
	struct maple_tree mm_mt;
	void *pgd; /* pgd_t *, a kernel virtual address */
	atomic_t mm_users;
	int map_count;
	unsigned long start_code, end_code, start_data, end_data;
	unsigned long start_brk, brk, start_stack;
	unsigned long arg_start, arg_end, env_start, env_end;
	unsigned long mmap_base, task_size;
	unsigned long hiwater_rss, hiwater_vm, total_vm, locked_vm, data_vm, exec_vm, stack_vm;
	atomic_long_t pgtables_bytes;
	struct percpu_counter rss_stat[4]; /* since 6.2: file, anonymous, swap entries, shared memory */
	struct seqcount mm_lock_seq; /* seqcount_t since 6.13 */
};
/* To 6.1: one counter each. */
struct mm_rss_stat___v61 { struct { long counter; } count[4]; };
struct mm_struct___v61 { struct mm_rss_stat___v61 rss_stat; };
/* 6.4 to 6.12: mm_lock_seq is an int. */
struct mm_struct___v612 { int mm_lock_seq; };

/* What the threads of a process share; faults: of threads released. */
struct signal_struct { atomic_t live; unsigned long min_flt, maj_flt; short oom_score_adj; };

/* A control group, and how a thread finds its own. */
struct kernfs_node { __u64 id; const char *name; struct kernfs_node *__parent; };
struct kernfs_node___v614 { struct kernfs_node *parent; }; /* to 6.14 */
struct cgroup_subsys_state { struct cgroup *cgroup; struct cgroup_subsys_state *parent; };
struct cgroup { struct cgroup_subsys_state self; struct kernfs_node *kn; struct cgroup_root *root; };
enum cgroup_subsys_id { memory_cgrp_id = 4 };
struct css_set { struct cgroup_subsys_state *subsys[16]; struct cgroup *dfl_cgrp; };

/* A zone and its free pages (vm_stat[0]), a node, and a cgroup's part of a node. */
struct zone { atomic_long_t vm_stat[1]; };
struct pglist_data { struct zone node_zones[4]; int nr_zones; };
struct lruvec { struct pglist_data *pgdat; };
struct mem_cgroup_per_node { struct lruvec lruvec; };
/* What a cgroup uses of its memory limit, in pages. */
struct page_counter { atomic_long_t usage; unsigned long max; };
struct mem_cgroup {
	struct cgroup_subsys_state css;
	struct page_counter memory;
	struct mem_cgroup_per_node *nodeinfo[0];
};
struct vm_fault;

/* Pages that are managed as one; _nr_pages only holds where there are many. */
struct list_head { struct list_head *next; };
struct page { struct list_head lru; };
struct folio { unsigned int _nr_pages; };
struct folio___v616 { unsigned int _folio_nr_pages; }; /* to 6.15 */
enum pageflags { PG_head = 6 };

/* The queue that a thread runs in; cfs_rq only with CONFIG_FAIR_GROUP_SCHED. */
struct cfs_rq { struct rq *rq; };
struct sched_entity { struct cfs_rq *cfs_rq; };

/* Low-level part of a thread (x86: status holds TS_COMPAT). */
struct thread_info { __u32 status; };

/* A thread. */
struct pid_namespace;
/* A number in one namespace; of those of a pid, numbers[level] is the innermost. */
struct upid { int nr; struct pid_namespace *ns; };
struct pid { unsigned int level; struct upid numbers[1]; };

struct task_struct {
	struct thread_info thread_info;
	unsigned int flags;
	struct mm_struct *mm, *active_mm;
	int pid, tgid;
	struct task_struct *group_leader, *real_parent;
	struct pid *thread_pid; /* gone once it was collected */
	__u64 start_boottime; /* ns, CLOCK_BOOTTIME; field 22 of /proc/PID/stat */
	unsigned long nvcsw; /* voluntary context switches */
	unsigned long min_flt, maj_flt;
	char comm[16];
	struct fs_struct *fs;
	struct signal_struct *signal;
	struct css_set *cgroups;
	struct sched_entity se;
	int pagefault_disabled;
};

/* The part of a signal's description that faults fill. */
struct kernel_siginfo {
	int si_signo, si_errno, si_code;
	union { struct { void *_addr; } _sigfault; } _sifields;
};

/* A slab cache; size: one object with all that belongs to it. */
struct kmem_cache { unsigned int size, object_size; const char *name; };
/* An area of vmalloc space. */
struct vmap_area { unsigned long va_start, va_end; };

struct linux_binprm { const char *filename; };

struct seq_file;
struct bpf_iter_meta { struct seq_file *seq; __u64 session_id; __u64 seq_num; };
struct bpf_iter__task_vma {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	struct vm_area_struct *vma;
};
struct bpf_iter__task { struct bpf_iter_meta *meta; struct task_struct *task; };

#pragma clang attribute pop
#endif
