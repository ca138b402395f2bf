/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's side: which backend each hook gets, attaching, rings, layout.
 * Only this folder knows libbpf.  Not thread-safe. */
#ifndef PROBE_PROBE_H
#define PROBE_PROBE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "decode/order.h"
#include "decode/page_table.h"
#include "probe/attach.h"
#include "probe/stack_rows.h"
#include "wire/config.h"
#include "wire/event.h"

struct probe_options {
	const char *force[HOOK_COUNT]; /* backend forced, or NULL */
	const char *btf;               /* BTF file, or NULL for the kernel's own */
	uint64_t ring_bytes;           /* data ring, a power of two; 0: default */
	uint64_t control_bytes;        /* control ring, likewise */
	uint32_t rows;                 /* aggregated rows; 0: default */
	enum mmt_scope scope;
	pid_t keeper;                  /* of processes that work for mmtrace, not traced either; 0: none */
	int cgroup;                    /* descriptor of its directory, for MMT_SCOPE_CGROUP */
	bool follow;                   /* children become targets */
	bool filter_tid;
	bool calls;                    /* VMA events too (trace) */
	bool aggregate;                /* rows only, no single events */
	bool each;                     /* single events from the first one on (trace) */
	bool sampling;                 /* probe_tune() may sample */
	bool verbose;
	uint32_t stacks;               /* call stacks of faults: frames at most; 0: none are taken */
	enum mmt_stack_mode stack_mode;
	bool stack_user, stack_kernel; /* which frames */
	struct { uint64_t from, size; } fault_entry[MMT_FAULT_ENTRIES]; /* as in struct mmt_config; size 0: not known */
};

struct probe;
struct unwind_store;

/* Tries candidates and loads the winners; attaches nothing yet. */
struct probe *probe_open(const struct probe_options *opt, struct error *e);
/* Attaches everything; events of targets flow from now on. */
int probe_attach(struct probe *p, struct error *e);
/* Detaches all programs, of which none counts from the call on; maps and rings stay readable. */
void probe_detach(struct probe *p);
/* Frees p; takes NULL. */
void probe_free(struct probe *p);

/* Streams or aggregates; looks at one in `sample` minor faults (1: at all). Process
 * totals stay what the kernel counted.  0 or a negative errno. */
int probe_tune(struct probe *p, bool aggregate, uint32_t sample);
int probe_add_target(struct probe *p, pid_t tgid);
int probe_add_tid(struct probe *p, pid_t tid);
/* Is one of these threads, or of their children, alive? */
bool probe_tid_lives(const struct probe *p);
/* The backend chosen for a hook, or NULL. */
const struct candidate *probe_backend(const struct probe *p, enum hook_id hook);
bool probe_has_peek(const struct probe *p);
/* For doctor: do programs find a page of ours by its page tables? 0, -ENXIO: they
 * find another, or a negative errno. */
int probe_try_peek(const char *btf);

/* Follows CPUs that come online, where faults are traced on each CPU by itself.
 * Returns how many came, or a negative errno. */
int probe_follow_cpus(struct probe *p);

/* Readable when a ring has asked to be read, until the next probe_drain(). */
int probe_fd(const struct probe *p);
/* Readable when it is time for probe_follow_cpus(); -1: call it at times. */
int probe_cpu_fd(const struct probe *p);
/* Hands over the records that wait, in order of time; unless `all`, those of
 * the last milliseconds stay for the next call. */
int probe_drain(struct probe *p, bool all, record_fn fn, void *ctx);

/* The aggregated rows as they stand, if any grew since the last call (all: in any
 * case); they only grow.
 * row() is true where nothing will be added any more: the row makes room, after
 * gone() has had its last state. */
struct aggregate_reader {
	bool (*row)(void *ctx, const struct mmt_aggregate_key *key, const struct mmt_aggregate_row *row);
	void (*gone)(void *ctx, const struct mmt_aggregate_key *key, const struct mmt_aggregate_row *row);
	void (*process)(void *ctx, const struct mmt_aggregate_process_key *key, const struct mmt_aggregate_process *process);
};
int probe_aggregate(struct probe *p, bool all, const struct aggregate_reader *reader, void *ctx);

/* Faults by call stack as they stand, if stacks are taken. */
int probe_stacks(struct probe *p, stack_row_fn fn, void *ctx);
/* fn is called for each file that call stacks meet as soon as its record is read: they wait for its table. */
void probe_hurry(struct probe *p, record_fn fn, void *ctx);
/* Where the unwind tables go; NULL: no stacks are taken. */
struct unwind_store *probe_unwind(const struct probe *p);

/* Asks the kernel which layouts changed, and makes it emit the residual of each
 * target thread. Records are owned by p until the next call; a process may
 * show up more than once. Returns their number or a negative errno. */
ssize_t probe_watch(struct probe *p, const struct mmt_watch **records);
/* Streams the layout of a process: mm record, then VMAs; bytes are owned by p
 * until the next call. Returns bytes read or a negative errno. */
ssize_t probe_layout(struct probe *p, pid_t pid, const uint8_t **bytes);
/* The same of one that the model does not get: what is in it is not held for announced. */
ssize_t probe_layout_files(struct probe *p, pid_t pid, const uint8_t **bytes);
/* Counts what of the VMAs in list is resident, by the page tables of the process, whose mm has
 * that id. 0, -ENOTSUP: page tables cannot be read here, -ESTALE: it has ended, or another mm,
 * or a negative errno. */
int probe_resident(struct probe *p, pid_t pid, uint32_t mm_id, struct resident_vma *list, size_t count);
/* Loss counters by cause, summed over CPUs.  all: nothing is under way any more, so
 * that what is missing was dropped. */
void probe_losses(struct probe *p, bool all, uint64_t out[MMT_LOSS_COUNT]);
/* Turns the kernel's BPF statistics on while the descriptor is open; -1: cannot. */
int probe_stats_on(void);
void probe_cost(struct probe *p, struct probe_cost *out);

#endif
