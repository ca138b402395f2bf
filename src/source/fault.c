/* SPDX-License-Identifier: GPL-2.0 */
/* The source of live and trace: page faults of processes, their layouts and ends. */
#include "source/fault.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/clock.h"
#include "host/readahead.h"
#include "host/thp.h"
#include "host/cgroup.h"
#include "host/procfs.h"
#include "model/fault/kind.h"
#include "opener/table.h"
#include "probe/rights.h"

#define EXITS_NS 100000000ull /* the threads of a dying process have so long to be gone */
#define CORRECT_US 1000
#define SETTLE_NS 500000000ull   /* for those of what was mapped since */
#define CLOSURE_NS 1000000000ull /* for finding the libraries of a command */
#define TABLES_NS 2000000000ull  /* for tables, before the tracing begins */

static struct fault_source *fault_of(struct source *s)
{
	return (struct fault_source *)s;
}

/* --- open --- */

static enum mmt_scope scope_of(const struct target_args *t)
{
	return t->all ? MMT_SCOPE_ALL : t->cgroup ? MMT_SCOPE_CGROUP : MMT_SCOPE_LIST;
}

/* Then no call would be shown, and none need be seen. */
static bool only_faults(const struct fault_args *f)
{
	return f->classes || f->major || f->min_latency_ns;
}

static int probe_options_make(struct source *s, struct probe_options *o, struct error *e)
{
	const struct opener *opener = fault_of(s)->elf.opener;
	const struct args *a = s->args;
	bool trace = a->command == COMMAND_TRACE;

	*o = (struct probe_options){
		.btf = a->probe.btf, .ring_bytes = a->probe.ring_bytes, .control_bytes = a->probe.control_bytes,
		.rows = a->probe.rows, .scope = scope_of(&a->target), .cgroup = -1, .follow = !a->target.no_follow,
		.filter_tid = a->target.tids.count > 0,
		.calls = trace ? !only_faults(&a->fault) : a->top.calls, .aggregate = a->fault.aggregate,
		.each = trace, .sampling = a->probe.sample > 1 || a->fault.max_overhead > 0, .verbose = a->probe.verbose,
		.keeper = opener ? opener_keeper(opener) : 0,
	};
	if (a->stack.user || a->stack.kernel) {
		o->stacks = a->stack.depth ? a->stack.depth : MMT_STACK_FRAMES;
		o->stack_mode = a->stack.mode;
		o->stack_user = a->stack.user;
		o->stack_kernel = a->stack.kernel;
		stack_names_entries(&fault_of(s)->names, o);
	}
	memcpy(o->force, a->probe.force, sizeof(o->force));
	return a->target.cgroup && (o->cgroup = cgroup_open(a->target.cgroup, e)) < 0 ? -1 : 0;
}

static void emit_readahead(void *ctx, const char *device, uint64_t kib)
{
	emit_number(ctx, "readahead", device, kib);
}

static bool kernel_before(unsigned major, unsigned minor)
{
	struct utsname uts;
	unsigned is[2];

	return uname(&uts) == 0 && sscanf(uts.release, "%u.%u", &is[0], &is[1]) == 2 &&
	       (is[0] < major || (is[0] == major && is[1] < minor));
}

/* What the model must know of this kernel and cannot ask itself. */
static void emit_kernel(struct source *s)
{
	char thp[16];
	uint64_t start, end;
	char perm[5];

	emit_fact(s, "option", "elf_given", "");
	if (kernel_before(6, 7))
		emit_fact(s, "option", "heap_touching", "");
	readahead_each(emit_readahead, s);
	if (thp_setting(thp))
		emit_fact(s, "option", "thp", thp);
	if (!procfs_vsyscall(&start, &end, perm))
		return;
	emit_number(s, "option", "vsyscall_start", start);
	emit_number(s, "option", "vsyscall_end", end);
	emit_number(s, "option", "vsyscall_flags", (perm[0] == 'r' ? VM_READ : 0) | (perm[2] == 'x' ? VM_EXEC : 0));
}

/* What trace leaves out. */
static void emit_filter(struct source *s, const struct args *a)
{
	const struct fault_args *f = &a->fault;
	char key[32];

	if (f->classes)
		emit_number(s, "option", "classes", f->classes);
	if (f->range.to) {
		emit_number(s, "option", "range_from", f->range.from);
		emit_number(s, "option", "range_to", f->range.to);
	}
	if (f->major)
		emit_fact(s, "option", "major", "");
	if (f->min_latency_ns)
		emit_number(s, "option", "min_latency", f->min_latency_ns);
	if (a->alloc.min_size)
		emit_number(s, "option", "min_size", a->alloc.min_size);
	if (f->path)
		emit_fact(s, "option", "path", f->path);
	if (f->no_processes)
		emit_fact(s, "option", "no_processes", "");
	for (int i = 0; i < f->only.count; i++) {
		snprintf(key, sizeof(key), "%d", f->only.id[i]);
		emit_fact(s, "shown_pid", key, "");
	}
}

static void emit_facts(struct fault_source *f)
{
	const struct candidate *c = probe_backend(f->probe, HOOK_FAULT);
	const struct args *a = f->s.args;
	char key[32];

	emit_fact(&f->s, "backend", "fault", c->backend);
	emit_fact(&f->s, "run", "latency_span", c->span);
	if (c->limitations[0])
		emit_fact(&f->s, "unknown", "gup", c->limitations);
	if (!strcmp(c->backend, "tracepoint") && kernel_before(6, 13)) /* mm_lock_seq is no seqcount */
		emit_fact(&f->s, "unknown", "page", "whether the page was there: this backend knows the mapping at the end only");
	if (a->top.calls)
		emit_fact(&f->s, "option", "calls", "");
	if ((a->command == COMMAND_TRACE || a->top.calls) && probe_backend(f->probe, HOOK_VMA))
		emit_backend(&f->s, HOOK_VMA, probe_backend(f->probe, HOOK_VMA));
	if (!probe_has_peek(f->probe)) {
		emit_fact(&f->s, "unknown", "class", "page-table entries cannot be read here");
		emit_fact(&f->s, "unknown", "rss", "page-table entries cannot be read here: it comes from smaps");
	}
	if (a->target.all || a->target.cgroup)
		emit_fact(&f->s, "option", "by_process", "");
	for (int i = 0; i < a->fault.expand.count; i++) {
		snprintf(key, sizeof(key), "%d", a->fault.expand.id[i]);
		emit_fact(&f->s, "expand", key, "");
	}
	if (a->stack.user || a->stack.kernel)
		emit_fact(&f->s, "option", "stacks", "");
	if (a->stack.weight)
		emit_fact(&f->s, "option", "weight", a->stack.weight);
	if (a->fault.aggregate)
		emit_fact(&f->s, "option", "aggregate", "");
	if (a->fault.max_overhead > 0)
		emit_fact(&f->s, "option", "max_overhead", "");
	if (a->probe.sample > 1)
		emit_number(&f->s, "option", "sample", a->probe.sample);
	if (f->s.child)
		emit_number(&f->s, "option", "launcher", (uint64_t)f->s.child);
	emit_filter(&f->s, a);
	emit_kernel(&f->s);
}

static int on_object(void *ctx, const void *record, size_t size)
{
	struct fault_source *f = ctx;

	unwind_ask(&f->unwind, record, size);
	stack_names_note(&f->names, &f->s, record, size, NULL);
	return 0;
}

static void note_file(struct source *s, const void *record, size_t size, const char *path)
{
	stack_names_note(&fault_of(s)->names, s, record, size, path);
}

static void ask_mapped(struct fault_source *f, pid_t pid, pid_t via)
{
	const uint8_t *bytes = NULL;
	ssize_t n = probe_layout_files(f->probe, via ? via : pid, &bytes);

	if (n > 0)
		unwind_ask_layout(&f->unwind, pid, via, bytes, (size_t)n);
}

/* Tables before the first fault: of what the targets have mapped, or the command is going to.  They are made
 * while programs are attached. */
static void ask_tables(struct fault_source *f)
{
	const struct target_args *t = &f->s.args->target;

	if (!f->unwind.opener)
		return;
	unwind_vdso(&f->unwind);
	for (int i = 0; i < t->pids.count; i++)
		ask_mapped(f, t->pids.id[i], 0);
	if (closure_wait(&f->closure, CLOSURE_NS))
		ask_mapped(f, f->s.child, f->closure.pid);
}

static int fault_open(struct source *s, struct error *e)
{
	struct fault_source *f = fault_of(s);
	struct probe_options opt;
	int err;

	f->limit.stats = -1;
	f->elf.s = s;
	f->elf.opener = opener_start(&opener_elf_headers); /* while nothing is there that it would keep */
	if (s->args->stack.user || s->args->stack.kernel)
		stack_names_start(&f->names, s->args);
	if (s->args->stack.user) {
		f->unwind.opener = table_opener_start();
		if (s->args->target.command)
			closure_start(&f->closure, s->args->target.command[0]);
	}
	/* with -a and --cgroup too: processes are followed by their ids */
	if (rights_check_proc(e) || target_check(s, true, false, e) || probe_options_make(s, &opt, e))
		return -1;
	target_report_children(s); /* those born while we attach may be traced */
	f->probe = probe_open(&opt, e);
	if (opt.cgroup >= 0)
		close(opt.cgroup); /* a map holds the cgroup now */
	if (!f->probe)
		return -1;
	f->unwind.s = s;
	f->unwind.note = note_file;
	probe_hurry(f->probe, on_object, f);
	f->unwind.probe = f->probe;
	f->unwind.verbose = s->args->probe.verbose;
	ask_tables(f);
	limit_before(&f->limit, s->args->fault.max_overhead);
	if (probe_attach(f->probe, e))
		return -1;
	limit_attached(&f->limit);
	err = s->args->probe.sample > 1 ? probe_tune(f->probe, opt.aggregate, s->args->probe.sample) : 0;
	if (err)
		return error_set(e, EXIT_KERNEL_CANNOT, "leave --sample away", strerror(-err), "cannot sample");
	s->fds[s->fd_count++] = probe_fd(f->probe);
	if (probe_cpu_fd(f->probe) >= 0)
		s->fds[s->fd_count++] = probe_cpu_fd(f->probe);
	if (f->elf.opener)
		s->fds[s->fd_count++] = opener_fd(f->elf.opener);
	if (f->unwind.opener)
		s->fds[s->fd_count++] = opener_fd(f->unwind.opener);
	if (stack_names_fd(&f->names) >= 0)
		s->fds[s->fd_count++] = stack_names_fd(&f->names);
	unwind_settle(&f->unwind, TABLES_NS);
	emit_facts(f);
	return 0;
}

/* --- start --- */

static bool is_own(const struct fault_source *f, pid_t pid)
{
	struct procfs_stat st, parent;

	if (pid == getpid())
		return true;
	if (f->s.child || procfs_stat_read(pid, &st))
		return false;
	return st.ppid == (int)getpid() || (!procfs_stat_read(st.ppid, &parent) && parent.ppid == (int)getpid());
}

static int add_target(struct fault_source *f, pid_t pid)
{
	struct input_process head = { .pid = pid };

	if (is_own(f, pid)) /* in a cgroup as well: it would watch itself work */
		return 0;
	emit(&f->s, INPUT_MEMBER, &head, sizeof(head), NULL, 0);
	return probe_add_target(f->probe, pid);
}

/* One that finds no room is counted (targets_full). */
static void add_member(void *ctx, pid_t pid)
{
	add_target(ctx, pid);
}

static int add_named(struct fault_source *f, struct error *e)
{
	const struct target_args *t = &f->s.args->target;
	int err = 0;

	for (int i = 0; i < t->tids.count; i++)
		if ((err = probe_add_tid(f->probe, t->tids.id[i])))
			return target_refused(t->tids.id[i], err, e);
	for (int i = 0; i < t->pids.count; i++)
		if ((err = add_target(f, t->pids.id[i])))
			return target_refused(t->pids.id[i], err, e);
	err = f->s.child ? add_target(f, f->s.child) : 0;
	return err ? target_refused(f->s.child, err, e) : 0;
}

static int fault_start(struct source *s, struct error *e)
{
	struct fault_source *f = fault_of(s);
	const struct target_args *t = &s->args->target;
	const struct mmt_watch *watch;

	ssize_t watched;

	if (t->cgroup)
		cgroup_each(t->cgroup, add_member, f);
	if (add_named(f, e))
		return -1;
	if (!s->child && (watched = probe_watch(f->probe, &watch)) < 0) /* from here on the residuals count */
		return error_set(e, error_code_of((int)watched), NULL, strerror((int)-watched), "cannot read the processes");
	f->last_read = s->t0;
	return 0;
}

static int fault_survey(struct source *s, struct error *e)
{
	if (fault_refresh(fault_of(s), false, e))
		return -1;
	if (s->child)
		elf_settle(&fault_of(s)->elf);
	unwind_settle(&fault_of(s)->unwind, SETTLE_NS);
	return 0;
}

/* --- run --- */

static double seconds(const struct source *s)
{
	return (double)(clock_monotonic_ns() - s->t0) / 1e9;
}

static void follow_cpus(struct fault_source *f)
{
	int came = probe_follow_cpus(f->probe);

	if (came < 0 && !f->cpus_failed)
		fprintf(stderr, "mmtrace: %.1fs: cannot follow CPUs that come online (%s): their faults show as [gup]\n",
			seconds(&f->s), strerror(-came));
	else if (came > 0 && !f->s.args->show.quiet)
		fprintf(stderr, "mmtrace: %.1fs: %d CPU%s came online: faults there show as [gup] until now\n", seconds(&f->s), came,
			came == 1 ? "" : "s");
	f->cpus_failed |= came < 0;
}

static int fault_drain(struct source *s, struct error *e)
{
	struct fault_source *f = fault_of(s);

	(void)e;
	if (probe_cpu_fd(f->probe) >= 0)
		follow_cpus(f);
	probe_drain(f->probe, false, fault_on_record, f);
	elf_take(&f->elf);
	unwind_take(&f->unwind);
	stack_names_take(&f->names);
	return 0;
}

static void report_level(const struct fault_source *f, const struct governor_level *level)
{
	char sampling[48] = "every fault is counted";

	if (level->sample > 1)
		snprintf(sampling, sizeof(sampling), "1 in %u minor faults is looked at", level->sample);
	fprintf(stderr, "mmtrace: %.1fs: overhead %.1f %%, limit %.1f %%: now %s, %s\n", seconds(&f->s), f->limit.g.loss_pct,
		f->s.args->fault.max_overhead, level->name, sampling);
}

static void limit_apply(struct fault_source *f, uint64_t interval_ns)
{
	const struct session *session = session_of(f->s.model);
	bool whole = scope_of(&f->s.args->target) != MMT_SCOPE_LIST;
	struct input_level level;
	int refused = f->limit.refused;

	if (f->s.args->fault.max_overhead <= 0)
		return;
	if (limit_tick(&f->limit, f->probe, session, f->s.model->losses[MMT_LOSS_SEEN], interval_ns, whole) &&
	    !f->s.args->show.quiet)
		report_level(f, governor_level(&f->limit.g));
	if (f->limit.refused && f->limit.refused != refused)
		fprintf(stderr, "mmtrace: %.1fs: --max-overhead cannot change what is looked at: %s\n", seconds(&f->s),
			strerror(-f->limit.refused));
	level = (struct input_level){ .overhead_pct = f->limit.g.loss_pct, .sample = governor_level(&f->limit.g)->sample,
				      .level = f->limit.g.level };
	emit(&f->s, INPUT_LEVEL, &level, sizeof(level), NULL, 0);
}

static int fault_read(struct source *s, bool last, struct error *e)
{
	struct fault_source *f = fault_of(s);
	uint64_t now = clock_monotonic_ns();
	struct probe_cost cost;

	if (!last)
		follow_cpus(f);
	if (fault_refresh(f, last, e))
		return -1;
	if (last) {
		stack_names_emit(&f->names, s);
		probe_cost(f->probe, &cost);
		s->helpers_cpu_ns = f->elf.opener ? opener_cpu_ns(f->elf.opener) : 0;
		emit_cost(s, &cost);
	} else {
		limit_apply(f, now - f->last_read);
	}
	f->last_read = now;
	return 0;
}

static bool fault_ended(struct source *s)
{
	const struct target_args *t = &s->args->target;

	if (scope_of(t) != MMT_SCOPE_LIST)
		return false;
	return !session_of(s->model)->live_processes || (t->tids.count && !probe_tid_lives(fault_of(s)->probe));
}

/* --- end --- */

/* A process is announced dead by the first of its threads that finds none living;
 * the others may still be on their way out. */
static void wait_for_exits(const struct fault_source *f)
{
	uint64_t until = clock_monotonic_ns() + EXITS_NS;

	for (const struct process *p = session_of(f->s.model)->processes; p; p = p->next) {
		struct procfs_stat st;

		while (p->dead && !p->merged && !p->settled && !procfs_stat_read(p->pid, &st) && st.threads > 1 &&
		       clock_monotonic_ns() < until)
			usleep(1000);
	}
}

static int fault_stop(struct source *s, struct error *e)
{
	struct fault_source *f = fault_of(s);

	limit_end(&f->limit);
	wait_for_exits(f);
	if (fault_refresh(f, false, e)) /* the residuals, */
		return -1;
	usleep(CORRECT_US);      /* each set right by its thread if that was amid a fault */
	probe_detach(f->probe);
	return 0;
}

static void fault_close(struct source *s)
{
	struct fault_source *f = fault_of(s);

	if (f->limit.stats >= 0)
		limit_end(&f->limit);
	probe_free(f->probe);
	opener_free(f->elf.opener);
	table_opener_free(f->unwind.opener);
	stack_names_stop(&f->names);
	closure_end(&f->closure);
}

const struct source_type source_fault = {
	.name = "fault", .traces = true,
	.size = sizeof(struct fault_source), .open = fault_open, .start = fault_start, .survey = fault_survey,
	.drain = fault_drain, .read = fault_read, .stop = fault_stop, .ended = fault_ended, .close = fault_close,
};
