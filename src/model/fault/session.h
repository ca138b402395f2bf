/* SPDX-License-Identifier: GPL-2.0 */
/* The model of live and trace: processes, address spaces, VMAs and their statistics.
 * Inputs come through model_input() alone; what stands here is for reading.  Two
 * ledgers: a process counts faults that its threads executed (= getrusage), a VMA
 * counts faults on it, by whichever process. */
#ifndef MODEL_FAULT_SESSION_H
#define MODEL_FAULT_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/map.h"
#include "decode/decode.h"
#include "model/fault/failure.h"
#include "model/fault/events.h"
#include "model/fault/mapping.h"
#include "model/fault/part.h"
#include "model/fault/reads.h"
#include "model/fault/slice.h"
#include "model/fault/stack.h"
#include "model/fault/stat.h"
#include "model/model.h"
#include "model/names.h"

/* The memory limit of a cgroup that holds a process. */
struct group_limit {
	uint64_t bytes;
	uint64_t first, last; /* how often it was hit, when first and last asked */
	bool whole;           /* asked when the run was over */
	char *path;           /* of the group, below the mounted root; owned; "": none has a limit */
};

struct process {
	uint32_t id;         /* unique in the session */
	pid_t pid, ppid;
	uint64_t start_time; /* ns of CLOCK_BOOTTIME; 0: not known */
	char comm[16], parent[16]; /* parent: its name when it forked this one; empty: not known */
	char *cgroup;        /* owned; NULL: not known */
	bool cgroup_read;    /* since it began or executed a program: what a child has before is its parent's */
	uint32_t mm_id;      /* of its current mm; 0: not known yet */
	bool dead, settled;  /* settled: it was dead at the last merge, so no record is under way */
	uint64_t version;    /* of its last change, as base.version */
	bool listed;         /* by the kernel, at the last INPUT_WATCH */
	struct fault_stat faults;
	uint64_t previous;   /* faults when the interval began */
	uint64_t interval_faults; /* those of the last interval, unattributed ones too; 0 at the end of the run */
	uint64_t threads_changed; /* threads that came or went */
	uint64_t stacks_at;  /* threads_changed, plus 1, at the last search for thread stacks; 0: none was */
	pid_t stacks_from;   /* thread at which it goes on */
	int stacks_passes;   /* passes over the threads that are left to it */
	uint64_t memory[MEMORY_AMOUNTS]; /* of its VMAs at the last INPUT_MEMORY; MEMORY_UNKNOWN: not read */
	uint64_t calls;      /* VMA-changing calls and stack growths seen (trace) */
	uint32_t merged;     /* how many that ended stand in this row; 0: it is one */
	struct process *into; /* being merged into that one */
	bool kept;           /* an mm of its is in use still */
	struct group_limit *limit; /* owned; NULL: not asked yet */
	struct mm *past;     /* made up, for what is left of its mms that ended; NULL: none */
	struct process *next;
	struct process *older; /* the one before with this pid */
};

struct vma {
	uint32_t id; /* unique, never reused */
	struct mm *mm;
	struct mmt_vma v;
	char *name;  /* owned; full path, [heap] ...; never NULL */
	uint64_t version; /* of its last change */
	uint32_t named;   /* how often its name changed */
	bool name_cut;    /* the name, or its beginning, could not be had */
	bool live, known; /* known: v holds (else only key) */
	bool settled;              /* it was gone, or idle, at the last merge */
	uint64_t settled_faults;   /* at that merge */
	uint32_t generation;       /* of the layout that showed it last */
	uint64_t previous;         /* faults when the interval began */
	uint64_t interval_faults;  /* those of the last interval; 0 at the end of the run */
	uint64_t memory[MEMORY_AMOUNTS]; /* MEMORY_UNKNOWN until it was read */
	uint64_t rss_time;         /* when that was, ns since the run began */
	bool rss_uncertain;        /* its page tables changed while they were read */
	struct fault_stat faults;
	struct parts parts;        /* what it is; of the last time it was alive */
	bool judged;               /* ... by the mm's bounds */
	/* as it was when judged by ELF facts, and where the bss behind it ends (0: none is); end 0: never was */
	struct { uint64_t start, end, bss_end; uint32_t edition; } by_elf;
	bool to_the_end;           /* it was there when its mm ended */
	uint32_t elf_read;         /* enum input_elf_read: why its file does not say what it is; ELF_READ: it need not */
	bool guard_below, thread_stack;
	bool piece;            /* what one that goes on has lost: bounds.c */
	bool sum;              /* stands for VMAs that are gone: so many with faults */
	uint32_t merged;
	uint64_t again;        /* of these: pages touched again (mapping.h) */
	struct reads reads;
	struct vma *into;      /* being merged into that one */
	struct mapping *mapping;  /* NULL: none was chosen yet */
	pid_t thread;             /* whose stack it is; else who was first seen to fault in it; 0: not known */
	struct slices *slices;    /* NULL: none are asked for */
	struct call_counts *calls; /* owned; NULL: none */
	uint64_t reach_start, reach_end; /* all addresses it ever had, as seen at ticks; end 0: none were */
	struct vma *next;      /* in the mm */
	struct vma *same_sig;  /* the one before with this mm and sig */
	/* Where its faults were: bounds.c. */
	__u64 low, high;       /* pages of those whose address is known; high 0: none */
	bool spread;           /* there are others, anywhere in its bounds */
	uint32_t cut;          /* session.readings + 1 when it last lost addresses; 0: never */
	__u64 had_start, had_end; /* all bounds that it ever had */
	struct vma *part;      /* gone: holds the faults at addresses that this one lost; NULL: none */
};

struct mm {
	uint32_t id;
	struct process *proc; /* whose it was at first sight */
	struct mmt_mm_bounds bounds;
	uint64_t lock_seq; /* change counter when the layout was read */
	uint64_t layout_time; /* what was announced before is older than the layout */
	uint64_t brk_top; /* the highest break that was ever seen: below it lies, or lay, the heap */
	bool have_mm_bounds, ended;
	bool owned;           /* proc is one of those who use it */
	bool child;           /* of the child before it execs: one row, [exec] */
	bool memory_read, memory_known; /* INPUT_MEMORY came; before the last tick */
	/* What makes a tick cheap where nothing happens: the last change of a VMA; INPUT_MEMORY came since the last tick;
	 * one or the other; a VMA had faults in the last interval; merges that must look at it still. */
	uint64_t changed;
	bool looked, touched, moving;
	uint8_t unsettled;
	bool racing;          /* changed while the layout was read, each time */
	uint32_t generation;
	uint32_t code_changes; /* an executable VMA came, moved or was named */
	struct vma *vmas;
	size_t vma_count, live_count;
	struct mm *next;
};

#define MERGED_COMMS 64 /* beyond these, one row for all others */

#define THREADS_NAMED 16384 /* beyond these none is named */
struct thread { pid_t pid; char comm[16]; };

/* Rows of what has ended, beyond which they are merged down to half; files whose ELF facts are kept;
 * mappings beyond which what is gone is counted by kind. */
struct retention_limits { size_t vmas, processes, elf_files, mappings; };

/* A row that went into another one at the last INPUT_RETAIN. */
struct merged { enum merged_what { MERGED_VMA, MERGED_PROCESS, MERGED_MAPPING } what; uint32_t id, into; };

struct session {
	struct model base;
	struct process *processes; /* newest first */
	struct process *ended[MERGED_COMMS + 1]; /* of these, what stands for many */
	int ended_count;
	struct mm *mms;
	struct mapping *mappings; /* oldest first */
	struct mapping **mappings_end;
	struct map by_mapping; /* by (mm_id, what it is): mappings.c */
	struct map by_place;   /* of anonymous memory, by (mm_id, pgoff) */
	size_t mapping_count;
	uint64_t mapped;       /* version up to which mappings know their VMAs */
	struct map slots; /* VMAs by (mm_id, sig, anchor): slot.c */
	struct map threads; /* names: struct thread, by tid */
	struct map by_pid, by_mm; /* newest process of a pid; mm of an id */
	struct map elf_by_file;   /* ELF facts */
	struct map executables;   /* files of which executable mappings were seen */
	size_t elf_count;
	struct elf_facts *elf_oldest, *elf_last;
	struct aggregate_table *aggregate; /* rows as read last: aggregate.c */
	uint32_t readings; /* of aggregated rows */
	struct { uint64_t start, end, vm_flags; } vsyscall; /* option facts; end 0: none */
	uint64_t elf_newest, elf_judged; /* ELF facts that came; those that VMAs were judged by */
	bool elf_given;    /* option: the ELF facts of all executable mappings are asked for */
	bool rows_only;    /* option: --aggregate, counts come without their time */
	bool count_calls;  /* option: --calls of live */
	uint64_t calls_apart; /* of those that are counted, on no VMA that is known */
	bool slice_threads, slice_modes; /* options: --by asks for them */
	size_t slice_count;
	bool heap_touching; /* option: this kernel also calls [heap] what only touches the heap */
	pid_t child;       /* option: it will exec; 0 once its first mm is known */
	struct event_filter filter; /* options */
	struct event_counts events; /* while the filter is on */
	struct code code;  /* of the last fault or call */
	uint64_t fork_ns;  /* the last fork took, from the making of the child's mm on; 0: not known */
	struct code_table *code_table; /* owned; NULL: no event had one */
	uint32_t child_mm; /* what it got by that, if that is known first: ids ascend */
	uint32_t next_proc, next_vma, next_mapping;
	uint32_t past_mms; /* made up; their ids count down from ~0 */
	size_t live_processes;
	struct fault_stat faults; /* process ledger of all targets */
	struct failure failures[FAILURES_KEPT]; /* the first ones that were streamed */
	int failure_count;
	struct stacks stacks;
	struct names names; /* of frames */
	struct mm *last_mm; /* look-up cache */
	struct retention_limits limits;
	struct merged *merged; /* by the last INPUT_RETAIN */
	size_t merged_count, merged_room;
	struct { uint64_t next, left, settled; uint32_t seen; bool again; } retention; /* when to merge next: retention.c */
	struct input_level level; /* of --max-overhead; sample 0: none was chosen */
	uint32_t sample_max;
	struct fault_stat outside; /* of faults: those that targets executed in memory of none of them */
	struct input_rusage rusage; /* what the kernel counted for the command, if rusage_known */
	bool rusage_known;
};

extern const struct model_type model_fault;

/* --- queries; what they return is the session's --- */

static inline const struct session *session_of(const struct model *m)
{
	return (const struct session *)m;
}

/* The first of its slices, or NULL. */
static inline struct slice *slices_of(const struct vma *v)
{
	return v->slices ? v->slices->first : NULL;
}

/* The name of a thread, or NULL. */
const char *session_thread_name(const struct session *s, pid_t tid);
/* The living process with that pid, or NULL. */
struct process *session_find(const struct session *s, pid_t pid);
/* The mm a living process uses now, or NULL. */
struct mm *process_mm(const struct session *s, const struct process *p);
/* The layout is the one that was read last, by its change counter. */
bool session_layout_current(const struct session *s, pid_t pid, const struct mmt_watch *now);
/* The last layout of pid changed while it was read: read it again. */
bool session_layout_raced(const struct session *s, pid_t pid);
/* After an INPUT_ROW: nothing will be added to that row, the kernel may drop it. */
bool session_row_final(const struct session *s, const struct mmt_aggregate_key *key);
/* Are the ELF facts of the file of v known? */
bool session_elf_known(const struct session *s, const struct mmt_vma *v);
/* Is the event of a record, which is whole and which the session has had, shown by trace? */
bool filter_passes(const struct session *s, const struct mmt_head *h);
/* The VMA row that a fault was added to, or the one with that key; NULL: there is none. */
const struct vma *session_vma_of(const struct session *s, const struct mmt_fault *f);
const struct vma *session_vma_by_key(const struct session *s, uint32_t mm_id, uint32_t sig, uint64_t anchor);
/* All VMAs of the session (the array is the caller's: free it) in order of process,
 * mm and address. */
struct vma **session_vmas(const struct session *s, size_t *count);

#endif
