/* SPDX-License-Identifier: GPL-2.0 */
/* `mmtrace [live]`: joins probe, model and view. */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "cmd/cmd.h"
#include "cmd/cost.h"
#include "cmd/images.h"
#include "cmd/launch.h"
#include "cmd/limit.h"
#include "cmd/options.h"
#include "cmd/output.h"
#include "cmd/resident.h"
#include "cmd/signals.h"
#include "cmd/targets.h"
#include "model/bound.h"
#include "model/kind.h"
#include "model/loss.h"
#include "probe/cgroup.h"
#include "probe/procfs.h"
#include "view/report.h"

#define DRAIN_NS 50000000ull /* the rings are emptied at least this often */
#define EXITS_NS 100000000ull /* the threads of a dying process have so long to be gone */
#define CORRECT_US 1000

struct live {
	struct options opt;
	struct probe *probe;
	struct session *session;
	struct launch launch;
	struct limit limit;
	struct report report;
	struct output output;
	struct utsname uts;
	uint64_t t0, next_tick, end, ticks;
	uint64_t last_tick;
	struct resident resident;
	struct bound bound;
	int signals, timer;
	bool stop, cpus_failed;
	char target[256], title[320];
};

static uint64_t now_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ull + (uint64_t)ts.tv_nsec;
}

static void on_merged(void *ctx, const char *what, uint32_t id, uint32_t into)
{
	json_merged(ctx, what, id, into);
}

static int on_record(void *ctx, const void *bytes, size_t size)
{
	struct live *l = ctx;

	session_apply(l->session, bytes, size);
	if (l->opt.trace)
		trace_record(&l->report, &l->opt.filter, l->opt.json, l->t0, bytes, size);
	if (l->opt.trace && output_failed(&l->output))
		l->stop = true;
	return 0;
}

/* --- reading what the rings do not tell --- */

#define LAYOUT_TRIES 3

static void read_layout(struct live *l, pid_t pid)
{
	for (int i = 0; i < LAYOUT_TRIES; i++) {
		const uint8_t *bytes = NULL;
		ssize_t n = probe_layout(l->probe, pid, &bytes);

		if (n > 0)
			images_read(l->session, pid, bytes, (size_t)n);
		if (n <= 0 || session_layout(l->session, pid, bytes, (size_t)n))
			return;
	}
}

/* A process may give itself another name (prctl), of which no record tells. */
static void rename_process(struct process *p, const char *name)
{
	char comm[sizeof(p->comm)] = "";

	memcpy(comm, name, strnlen(name, sizeof(comm) - 1));
	p->changed |= memcmp(comm, p->comm, sizeof(comm)) != 0;
	memcpy(p->comm, comm, sizeof(comm));
}

/* Notices processes whose exit record was lost.  Those that have just been listed
 * live; /proc, which costs much more, is asked for the rest: zombies, those that
 * had no room in the table of targets, and those that are gone. */
static void find_dead(struct live *l)
{
	for (struct process *p = l->session->processes; p; p = p->next) {
		struct procfs_stat st;

		if (p->dead || p->listed)
			continue;
		if (procfs_stat_read(p->pid, &st) || !procfs_started(&st, p->start_time))
			process_exited(l->session, p);
		else
			rename_process(p, st.comm);
	}
}

static void mark_listed(struct live *l, const struct mmt_watch *watch, ssize_t n)
{
	for (struct process *p = l->session->processes; p; p = p->next)
		p->listed = false;
	for (ssize_t i = 0; i < n; i++) {
		struct process *p = session_find(l->session, (pid_t)watch[i].tgid);

		if (!p || (p->start_time && p->start_time != watch[i].start_boottime))
			continue;
		p->listed = true;
		rename_process(p, watch[i].comm);
	}
}

/* Reads the layouts that changed (all of them where the kernel does not tell),
 * and finds out who is gone. */
static void read_layouts(struct live *l)
{
	const struct mmt_watch *w = NULL;
	ssize_t n = probe_watch(l->probe, &w);
	struct mmt_watch *watch = n > 0 ? malloc((size_t)n * sizeof(*watch)) : NULL;

	if (watch)
		memcpy(watch, w, (size_t)n * sizeof(*watch)); /* reading a layout reuses the buffer */
	mark_listed(l, watch, watch ? n : 0);
	for (ssize_t i = 0; watch && i < n; i++)
		if (options_want_vmas(&l->opt, (pid_t)watch[i].tgid) && !session_layout_current(l->session, (pid_t)watch[i].tgid, &watch[i])) {
			read_layout(l, (pid_t)watch[i].tgid);
			/* it waits for the process's mmap_lock: the rings do not */
			probe_drain(l->probe, false, on_record, l);
		}
	free(watch);
	find_dead(l);
}

static bool on_fold_row(void *ctx, const struct mmt_fold_key *key, const struct mmt_fold_row *row)
{
	return session_fold_row(((struct live *)ctx)->session, key, row);
}

static void on_fold_gone(void *ctx, const struct mmt_fold_key *key, const struct mmt_fold_row *row)
{
	session_fold_gone(((struct live *)ctx)->session, key, row);
}

static void on_fold_process(void *ctx, const struct mmt_fold_process_key *key, const struct mmt_fold_process *process)
{
	session_fold_process(((struct live *)ctx)->session, key, process);
}

/* `all`: nothing is in flight any more. */
static void refresh(struct live *l, bool all)
{
	static const struct fold_reader reader = { on_fold_row, on_fold_gone, on_fold_process };

	read_layouts(l);
	probe_drain(l->probe, all, on_record, l);
	probe_fold(l->probe, all, &reader, l);
	stacks_read(l->session);
	resident_read(&l->resident, &l->opt, l->session, l->t0);
	probe_losses(l->probe, l->report.losses);
	l->report.now_ns = now_ns(CLOCK_MONOTONIC) - l->t0;
}

/* --- start --- */

static void add_member(void *ctx, pid_t pid)
{
	struct live *l = ctx;

	if (pid == getpid()) /* in a cgroup as well: it would watch itself work */
		return;
	session_process(l->session, pid);
	probe_add_target(l->probe, pid);
}

static void add_targets(struct live *l)
{
	struct options *o = &l->opt;

	if (o->cgroup)
		cgroup_each(o->cgroup, add_member, l);

	for (int i = 0; i < o->tid_count; i++)
		probe_add_tid(l->probe, o->tids[i]);
	l->session->rows_only = o->probe.aggregate;
	if (o->command)
		l->session->launcher = o->pids[o->pid_count++] = l->launch.pid;
	for (int i = 0; i < o->pid_count; i++) {
		struct procfs_stat st;

		add_member(l, o->pids[i]);
		if (o->command && procfs_stat_read(l->launch.pid, &st) == 0) {
			l->launch.base_minflt = st.minflt;
			l->launch.base_majflt = st.majflt;
		}
	}
}

static int start_clock(struct live *l, struct error *e)
{
	struct itimerspec it = { .it_interval.tv_nsec = DRAIN_NS, .it_value.tv_nsec = DRAIN_NS };

	l->signals = signals_open(e);
	if (l->signals < 0)
		return -1;
	l->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (l->timer < 0 || timerfd_settime(l->timer, 0, &it, NULL))
		return error_set(e, EXIT_FAILED, NULL, strerror(errno), "cannot start");
	return 0;
}

/* What the model must know of this kernel and cannot ask itself. */
static void tell_kernel(struct live *l)
{
	struct session *s = l->session;
	unsigned major, minor;
	uint64_t start, end;
	char perm[5];

	uname(&l->uts);
	s->images_given = true;
	if (sscanf(l->uts.release, "%u.%u", &major, &minor) == 2)
		s->heap_touching = major < 6 || (major == 6 && minor < 7);
	if (!procfs_vsyscall(&start, &end, perm))
		return;
	s->vsyscall.start = start;
	s->vsyscall.end = end;
	s->vsyscall.vm_flags = (perm[0] == 'r' ? VM_READ : 0) | (perm[2] == 'x' ? VM_EXEC : 0);
}

static void report_prepare(struct live *l)
{
	const struct candidate *c = probe_backend(l->probe, HOOK_FAULT);
	struct report *r = &l->report;

	targets_name(&l->opt, l->target, sizeof(l->target));
	targets_title(&l->opt, l->title, sizeof(l->title));
	r->out = l->output.f;
	r->session = l->session;
	r->target = l->target;
	r->title = l->title;
	r->sort = l->opt.sort;
	r->columns = l->opt.columns;
	r->by_process = l->opt.probe.scope != MMT_SCOPE_LIST;
	r->expand = l->opt.expand;
	r->expand_count = l->opt.expand_count;
	r->folds = l->opt.probe.aggregate || l->opt.max_overhead > 0;
	r->sample = r->sample_max = l->opt.sample > 1 ? l->opt.sample : 1;
	r->backend = c->backend;
	r->span = c->span;
	r->lacks = c->lacks;
	r->kernel = l->uts.release;
	r->peek = probe_has_peek(l->probe);
	r->t0_unix_ns = now_ns(CLOCK_REALTIME) - (now_ns(CLOCK_MONOTONIC) - l->t0);
	output_fit(&l->output, &l->opt, r);
}

/* What is said before anything of a command to run may be. */
static void tell_start(struct live *l)
{
	const struct report *r = &l->report;
	char title[1024];

	if (!l->opt.quiet && !l->opt.json && !r->redraw)
		fprintf(stderr, "mmtrace: tracing %s, page faults by %s (%s)%s%s%s\n",
			text_escape(title, sizeof(title), r->title), r->backend, r->span, r->lacks[0] ? "; " : "", r->lacks,
			r->peek ? "" : "; page tables cannot be read: coarse classes");
}

/* Nothing may fail any more: an older output file is emptied only now. */
static void start_output(struct live *l)
{
	output_begin(&l->output);
	if (l->opt.json)
		json_start(&l->report);
	else if (l->opt.trace)
		trace_titles(&l->report);
}

static int begin(struct live *l, struct error *e)
{
	int err = 0;

	if (targets_check(&l->opt, e) || output_open(&l->output, &l->opt, e) || start_clock(l, e))
		return -1;
	if (l->opt.probe.follow && !l->opt.tid_count && !l->opt.quiet)
		targets_tell_children(&l->opt); /* those born while we attach may be traced */
	if (l->opt.command && (err = launch_start(&l->launch, l->opt.command)))
		return error_set(e, EXIT_FAILED, NULL, strerror(-err), "cannot fork");
	l->probe = probe_open(&l->opt.probe, e);
	if (!l->probe)
		return -1;
	limit_before(&l->limit, l->opt.max_overhead);
	if (probe_attach(l->probe, e))
		return -1;
	limit_attached(&l->limit);
	if (l->opt.sample > 1 && probe_tune(l->probe, l->opt.probe.aggregate, l->opt.sample))
		return error_set(e, EXIT_KERNEL_CANNOT, "leave --sample away", strerror(errno), "cannot sample");
	l->session = session_new();
	if (l->opt.json && !l->opt.quiet && !l->opt.trace)
		l->bound = (struct bound){ .told = on_merged, .ctx = &l->report };
	tell_kernel(l);
	add_targets(l);
	l->t0 = now_ns(CLOCK_MONOTONIC);
	report_prepare(l);
	tell_start(l);
	l->last_tick = l->t0;
	l->next_tick = l->t0 + l->opt.interval_ns;
	l->end = l->opt.duration_ns ? l->t0 + l->opt.duration_ns : ~0ull;
	if (!l->opt.command) {
		const struct mmt_watch *watch;

		probe_watch(l->probe, &watch); /* from here on the residuals count */
		start_output(l); /* amid a storm the first layouts take their time */
	}
	refresh(l, false);
	if (!l->opt.command)
		return 0;
	err = launch_go(&l->launch);
	if (err)
		return error_set(e, err == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE, NULL, strerror(err),
				 "cannot run '%s'", l->opt.command[0]);
	start_output(l);
	return 0;
}

/* --- run --- */

static void tell_level(const struct live *l, const struct governor_level *level)
{
	char sampling[48] = "every fault is counted";

	if (level->sample > 1)
		snprintf(sampling, sizeof(sampling), "1 in %u minor faults is looked at", level->sample);
	fprintf(stderr, "mmtrace: %.1fs: overhead %.1f %%, limit %.1f %%: now %s, %s\n", (double)l->report.now_ns / 1e9,
		l->limit.g.loss_pct, l->opt.max_overhead, level->name, sampling);
}

static void limit_apply(struct live *l)
{
	const struct governor_level *level = governor_level(&l->limit.g);
	uint64_t seen = l->report.losses[MMT_LOSS_SEEN];

	if (l->opt.max_overhead <= 0)
		return;
	if (limit_tick(&l->limit, l->probe, l->session, seen, l->report.interval_ns, l->opt.probe.scope != MMT_SCOPE_LIST)) {
		level = governor_level(&l->limit.g);
		l->report.sample = level->sample;
		if (level->sample > l->report.sample_max)
			l->report.sample_max = level->sample;
		if (!l->opt.quiet)
			tell_level(l, level);
	}
	l->report.level = level->name;
	l->report.loss_pct = l->limit.g.loss_pct;
}

/* Of a command to run there are tables only on request: they are amid what it says. */
static void show(struct live *l)
{
	output_fit(&l->output, &l->opt, &l->report);
	if (l->opt.trace)
		fflush(l->report.out);
	else if (!l->opt.quiet && l->opt.json)
		json_tick(&l->report);
	else if (!l->opt.quiet && (!l->opt.command || l->opt.interval_given))
		table_tick(&l->report);
	output_failed(&l->output);
}

static void follow_cpus(struct live *l)
{
	int came = probe_follow_cpus(l->probe);
	double s = (double)(now_ns(CLOCK_MONOTONIC) - l->t0) / 1e9;

	if (came < 0 && !l->cpus_failed)
		fprintf(stderr, "mmtrace: %.1fs: cannot follow CPUs that come online (%s): their faults show as [gup]\n", s,
			strerror(-came));
	else if (came > 0 && !l->opt.quiet)
		fprintf(stderr, "mmtrace: %.1fs: %d CPU%s came online: faults there show as [gup] until now\n", s, came,
			came == 1 ? "" : "s");
	l->cpus_failed |= came < 0;
}

static void tick(struct live *l, uint64_t now)
{
	follow_cpus(l);
	refresh(l, false);
	l->report.interval_ns = now - l->last_tick;
	limit_apply(l);
	l->last_tick = now;
	l->next_tick += l->opt.interval_ns;
	if (l->next_tick < now)
		l->next_tick = now + l->opt.interval_ns;
	show(l);
	bound_tick(&l->bound, l->session);
	if (l->opt.count && ++l->ticks >= l->opt.count)
		l->stop = true;
	if (output_failed(&l->output) || output_reader_gone(&l->output))
		l->stop = true;
}

static void crowded(struct live *l, uint64_t now)
{
	l->report.now_ns = now - l->t0;
	if (l->bound.told)
		json_rows(&l->report); /* what is merged was told before */
	bound_crowd(&l->bound, l->session, now);
}

static void run(struct live *l)
{
	struct pollfd fds[] = {
		{ l->signals, POLLIN, 0 }, { l->timer, POLLIN, 0 },
		{ probe_fd(l->probe), POLLIN, 0 }, { probe_cpu_fd(l->probe), POLLIN, 0 },
	};

	while (!l->stop) {
		uint64_t now, expirations;

		if (poll(fds, 4, 1000) < 0 && errno != EINTR)
			break;
		if (fds[3].revents)
			follow_cpus(l);
		if (read(l->timer, &expirations, sizeof(expirations)) < 0 && errno != EAGAIN)
			break;
		l->stop |= signals_read(l->signals, &l->launch);
		probe_drain(l->probe, false, on_record, l);
		now = now_ns(CLOCK_MONOTONIC);
		if (now >= l->end || (l->opt.command ? l->launch.ended
							  : l->opt.probe.scope == MMT_SCOPE_LIST && !l->session->live_processes))
			l->stop = true;
		else if (now >= l->next_tick)
			tick(l, now);
		else if (bound_is_crowded(&l->bound, l->session, now))
			crowded(l, now);
	}
}

/* What mmtrace itself cost. */
static void read_overhead(struct live *l)
{
	struct probe_cost cost;

	probe_cost(l->probe, &cost);
	l->report.bpf_misses = cost.misses;
	cost_read(&l->report.overhead, &cost);
}

/* A process is told dead by the first of its threads that finds none living;
 * the others may still be on their way out. */
static void wait_for_exits(const struct live *l)
{
	uint64_t until = now_ns(CLOCK_MONOTONIC) + EXITS_NS;

	for (const struct process *p = l->session->processes; p; p = p->next) {
		struct procfs_stat st;

		while (p->dead && !p->merged && !p->settled && !procfs_stat_read(p->pid, &st) && st.threads > 1 &&
		       now_ns(CLOCK_MONOTONIC) < until)
			usleep(1000);
	}
}

/* The kernel's count is of the command with all children it waited for. */
static void read_rusage(struct live *l)
{
	struct report *r = &l->report;

	r->kernel_known = l->launch.ended && !l->launch.unknown && l->opt.probe.follow;
	r->kernel_minor = l->launch.minflt - l->launch.base_minflt;
	r->kernel_major = l->launch.majflt - l->launch.base_majflt;
}

static void show_end(struct live *l)
{
	struct report words = l->report;
	char name[1024];

	if (l->opt.json) {
		json_end(&l->report);
	} else if (l->opt.trace) {
		words.out = stderr; /* stdout has events alone */
		words.width = 0;
		fflush(l->report.out);
		trace_end(&words);
	} else {
		output_fit(&l->output, &l->opt, &l->report);
		table_end(&l->report);
	}
	output_failed(&l->output);
	if (l->opt.command && !l->launch.ended)
		fprintf(stderr, "mmtrace: '%s' (pid %d) goes on, not traced any more\n",
			text_escape(name, sizeof(name), l->opt.command[0]), l->launch.pid);
}

/* A command runs on though nobody reads of it: its status is waited for. */
static int output_lost(struct live *l, bool failed)
{
	if (l->opt.command)
		signals_await(l->signals, &l->launch);
	if (failed)
		return EXIT_FAILED;
	return l->opt.command ? launch_status(&l->launch) : EXIT_OK;
}

static int finish(struct live *l, struct error *e)
{
	struct report *r = &l->report;
	uint64_t lost = 0;
	bool failed;

	limit_end(&l->limit);
	wait_for_exits(l);
	refresh(l, false); /* the residuals, */
	usleep(CORRECT_US); /* each set right by its thread if that was amid a fault */
	probe_detach(l->probe);
	refresh(l, true);
	read_overhead(l);
	r->interval_ns = 0;
	read_rusage(l);
	show_end(l);
	failed = output_end(&l->output, e);
	if (failed || l->output.err)
		return output_lost(l, failed);
	for (int i = 0; i < MMT_LOSS_COUNT; i++)
		lost += loss_is_lost(i) ? r->losses[i] : 0;
	if (l->opt.strict && (lost || r->bpf_misses || l->session->decode_error))
		return EXIT_LOST;
	return l->launch.ended ? launch_status(&l->launch) : EXIT_OK;
}

int fault_command(int argc, char **argv, bool trace)
{
	struct live *l = calloc(1, sizeof(*l));
	struct error e = { 0 };
	int status = 0;

	if (!l)
		return EXIT_FAILED;
	l->opt.trace = trace;
	if (options_parse(&l->opt, argc, argv, &e) == 0) {
		if (l->opt.help) {
			options_help();
		} else if (l->opt.columns_help) {
			columns_help();
		} else if (l->opt.classes_help) {
			trace_classes_help();
		} else if (l->opt.version) {
			puts("mmtrace " MMTRACE_VERSION);
		} else if (begin(l, &e) == 0) {
			run(l);
			status = finish(l, &e);
		}
	}
	if (e.code) {
		error_print(&e);
		status = e.code;
	}
	probe_free(l->probe);
	if (l->session)
		session_free(l->session);
	free(l);
	return status;
}

int cmd_live(int argc, char **argv)
{
	return fault_command(argc, argv, false);
}
