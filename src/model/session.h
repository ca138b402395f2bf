/* SPDX-License-Identifier: GPL-2.0 */
/* What is true now: processes, address spaces, VMAs and their statistics.
 * Pure: no I/O, no clock, no libbpf.  Two ledgers: a process counts faults that
 * its threads executed (= getrusage), a VMA counts faults on it by whomever. */
#ifndef MODEL_SESSION_H
#define MODEL_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/idmap.h"
#include "decode/decode.h"
#include "model/part.h"
#include "model/stat.h"

#define RSS_UNKNOWN (~0ull)

struct process {
	uint32_t id;         /* unique in the session */
	pid_t pid, ppid;
	uint64_t start_time; /* ns of CLOCK_BOOTTIME; 0: not known */
	char comm[16];
	uint32_t mm_id;      /* of its current mm; 0: not known yet */
	bool dead, settled;  /* settled: dead at the last merge already, no record is under way */
	bool changed;        /* since the last row was sent */
	bool listed;         /* the caller's: the kernel still has it */
	struct fault_stat faults;
	uint64_t previous;   /* faults at the last interval, for rates */
	uint64_t threads_changed; /* threads that came or went */
	uint64_t stacks_at;  /* the caller's search for thread stacks: it saw this, plus 1 */
	pid_t stacks_from;
	int stacks_passes;
	uint64_t calls;      /* VMA-changing calls and stack growths seen (trace) */
	uint32_t merged;     /* how many that ended are told in this row; 0: it is one */
	struct process *into; /* being merged into that one */
	bool kept;           /* an mm of its is in use still */
	struct mm *past;     /* made up, for what is told of its mms that ended; NULL: none */
	struct process *next;
	struct process *older; /* the one before with this pid */
};

struct vma {
	uint32_t id; /* unique, never reused */
	struct mm *mm;
	struct mmt_vma v;
	char *name;  /* owned; full path, [heap] ...; never NULL */
	bool live, changed, known; /* known: v holds (else only key) */
	bool settled;              /* gone, or idle, at the last merge already */
	uint64_t settled_faults;
	uint32_t generation;       /* of the layout that showed it last */
	uint64_t previous;         /* faults at the last interval, for rates */
	uint64_t rss;              /* bytes; RSS_UNKNOWN until smaps was read */
	uint64_t rss_time;         /* when that was, ns of CLOCK_MONOTONIC */
	struct fault_stat faults;
	struct parts parts;        /* what it is; of the last time it was alive */
	bool judged;               /* ... by the mm's marks */
	bool guard_below, thread_stack;
	bool sum;              /* stands for VMAs that are gone: so many with faults */
	uint32_t merged;
	struct vma *into;      /* being merged into that one */
	struct vma *next;      /* in the mm */
	struct vma *same_sig;  /* the one before with this mm and sig */
};

struct mm {
	uint32_t id;
	struct process *proc; /* whose it was at first sight */
	struct mmt_marks marks;
	uint64_t lock_seq; /* change counter when the layout was read */
	uint64_t layout_time; /* what was told before is older than the layout */
	bool have_marks, ended;
	bool owned;           /* proc is one of those who use it */
	bool launcher;        /* of the program before exec: one row, [exec] */
	bool racing;          /* changed while the layout was read, each time */
	uint32_t generation;
	struct vma *vmas;
	size_t vma_count, live_count;
	struct mm *next;
};

struct vma_slot { struct vma *vma; uint64_t anchor; uint32_t mm_id, sig; };

#define MERGED_COMMS 64 /* beyond these, one row for all others */

struct session {
	struct process *processes; /* newest first */
	struct process *merged[MERGED_COMMS + 1]; /* of these, what stands for many */
	int merged_count;
	struct mm *mms;
	struct vma_slot *slots; /* open addressing by (mm_id, sig, anchor) */
	size_t slot_count, slot_used;
	struct idmap by_pid, by_mm; /* newest process of a pid; mm of an id */
	struct idmap images; /* by inode */
	struct idmap executables; /* files of which executable mappings were seen */
	struct image *image_list;
	struct fold_table *fold;    /* rows as read last, see fold.c */
	struct { uint64_t start, end, vm_flags; } vsyscall; /* from the caller; end 0: none */
	bool images_given; /* the caller adds the images of all executable mappings of a layout first */
	pid_t launcher; /* from the caller: it will exec; 0 once its first mm is known */
	uint32_t launched_mm; /* what it got by that, if that is known first: ids ascend */
	bool rows_only; /* from the caller: --aggregate, counts come without their time */
	bool heap_touching; /* from the caller: this kernel also calls [heap] what only touches the heap */
	uint32_t next_proc, next_vma;
	uint32_t past_mms; /* made up; their ids count down from ~0 */
	uint64_t decode_error;
	size_t live_processes;
	struct fault_stat faults; /* process ledger of all targets */
	struct mm *last_mm; /* look-up cache */
};

struct session *session_new(void);
void session_free(struct session *s);
/* Applies one ring record (bytes not trusted). */
void session_apply(struct session *s, const void *bytes, size_t size);
/* Adds what a folded row grew since it was applied last (not trusted). true: its
 * mm has ended, nothing will be added to it. */
bool session_fold_row(struct session *s, const struct mmt_fold_key *key, const struct mmt_fold_row *row);
/* The same for the last state of a row that the kernel has given up. */
void session_fold_gone(struct session *s, const struct mmt_fold_key *key, const struct mmt_fold_row *row);
void session_fold_process(struct session *s, const struct mmt_fold_process_key *key,
			  const struct mmt_fold_process *process);
/* Applies a layout that was read of process pid; not that of a process with the pid
 * of one that lives on here. false: it changed while it was read (lock_seq of its
 * ends differ). */
bool session_layout(struct session *s, pid_t pid, const void *bytes, size_t size);
/* The layout is the one that was read last, by its change counter. */
bool session_layout_current(const struct session *s, pid_t pid, const struct mmt_watch *now);
/* The living process with that pid, created if it is not known. */
struct process *session_process(struct session *s, pid_t pid);
struct process *session_find(struct session *s, pid_t pid);
/* p has ended; its statistics stay. */
void process_exited(struct session *s, struct process *p);
/* The mm a living process uses now, or NULL. */
struct mm *process_mm(const struct session *s, const struct process *p);
/* A thread of pid was seen with its stack pointer there. */
void session_stack_pointer(struct session *s, pid_t pid, uint64_t sp);
/* The VMA row of a fault, or NULL. */
struct vma *session_vma_of(struct session *s, const struct mmt_fault *f);
/* The VMA row with that key, or NULL. */
struct vma *session_vma_by_key(struct session *s, uint32_t mm_id, uint32_t sig, uint64_t anchor);
/* What bounds memory: of VMAs that are gone, and of processes that ended, those
 * with the most faults stay rows of their own, the rest are told by kind and by
 * comm; no count is lost.  told, if not NULL, hears of each row that was merged. */
struct merge_rules {
	size_t vmas, processes; /* ended ones beyond these are merged down to half */
	bool idle; /* an interval is over: where layouts are not read, VMAs without a fault in it too */
	void (*told)(void *ctx, const char *what, uint32_t id, uint32_t into);
	void *ctx;
};
/* Returns the number of VMA rows left. */
size_t session_merge(struct session *s, const struct merge_rules *rules);
/* All VMAs of the session (owned by the caller: free it) in order of process,
 * mm and address. */
struct vma **session_vmas(const struct session *s, size_t *count);

#endif
