/* SPDX-License-Identifier: GPL-2.0 */
/* Where inputs come from: the running kernel (one source for each model), or a
 * recording.  A source joins probe and host, emits inputs in the order in which
 * they are to be applied, and may look at the model (never write it) to know
 * what is worth reading. */
#ifndef SOURCE_SOURCE_H
#define SOURCE_SOURCE_H

#include "args/args.h"
#include "base/error.h"
#include "input/input.h"
#include "model/model.h"

#define SOURCE_FDS 6

struct source;

struct source_type {
	const char *name;
	bool traces; /* the kernel: /proc and /sys must be there */
	size_t size; /* of the whole struct, whose first member is a struct source */
	/* Checks targets, tries, loads, attaches.  Emits the facts of the run but those
	 * that all commands share.  A command under trace (child > 0) waits meanwhile. */
	int (*open)(struct source *s, struct error *e);
	/* The clock runs: the targets join.  When it returns, all that they do is counted. */
	int (*start)(struct source *s, struct error *e);
	/* First readings: what is there already.  May take long on a busy machine: views have
	 * begun, unless a command is traced, which waits. */
	int (*survey)(struct source *s, struct error *e);
	/* Takes what waits in rings.  Called when one of its descriptors is readable, and
	 * each period_ns. */
	int (*drain)(struct source *s, struct error *e);
	/* All that is read once an interval; a tick follows. last: it is detached, nothing
	 * is in flight. */
	int (*read)(struct source *s, bool last, struct error *e);
	/* The run ends: programs are detached. */
	int (*stop)(struct source *s, struct error *e);
	/* Nothing that is traced lives any more; not asked where a command is traced. NULL: there is no such end. */
	bool (*ended)(struct source *s);
	void (*close)(struct source *s);
	/* A recording: emits all there is, ticks too; then none of the others but open and close is called. */
	int (*replay)(struct source *s, struct error *e);
};

struct source {
	const struct source_type *type;
	struct args *args;
	const struct model *model;
	input_fn emit;
	void *ctx;           /* of emit */
	pid_t child;         /* command under trace; 0: none */
	uint64_t t0;         /* ns of CLOCK_MONOTONIC; 0 before start() */
	uint64_t period_ns;  /* between two drains; set by open() */
	int fds[SOURCE_FDS], fd_count; /* that drain() wants to be called for; set by open() */
	uint64_t helpers_cpu_ns; /* CPU time of processes that work for this one, when the cost is emitted */
	uint64_t linger_ns;  /* what is traced goes on to be read so long after the command, or all targets, ended */
};

struct source *source_new(const struct source_type *type, struct args *args, const struct model *model, input_fn emit,
			  void *ctx);
int source_open(struct source *s, struct error *e);
void source_free(struct source *s); /* closes; takes NULL */

/* --- emitting --- */

void emit(struct source *s, enum input_kind kind, const void *head, size_t head_size, const void *body, size_t size);
void emit_fact(struct source *s, const char *group, const char *key, const char *value);
void emit_number(struct source *s, const char *group, const char *key, uint64_t value);
struct probe_cost;
void emit_cost(struct source *s, const struct probe_cost *bpf);
/* Facts backend:HOOK, and unknown:HOOK if it has limitations. */
void emit_backend(struct source *s, enum hook_id hook, const struct candidate *c);

/* The cgroup of a process that started then (ns of CLOCK_BOOTTIME; 0: not known). */
void emit_cgroup(struct source *s, pid_t pid, uint64_t start_boottime);

/* --- targets (source/target.c) --- */

/* Do the processes named exist, may they be traced; namespaces.  Emits target and pid
 * facts.  threads: -t is allowed and its processes become targets; kernel_threads:
 * these allocate and are fine.  0, or -1 and e filled. */
int target_check(struct source *s, bool threads, bool kernel_threads, struct error *e);
/* A process could not be added to those that count; -1. */
int target_refused(pid_t pid, int err, struct error *e);
/* On stderr, unless -q: children that live already and are not traced. */
void target_report_children(const struct source *s);

extern const struct source_type source_fault, source_hist, source_leak, source_top, source_space, source_doctor,
	source_replay;

#endif
