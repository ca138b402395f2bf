/* SPDX-License-Identifier: GPL-2.0 */
/* `mmtrace [live]`: joins probe, model and view. */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
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
#include "cmd/signals.h"
#include "model/kind.h"
#include "model/loss.h"
#include "probe/cgroup.h"
#include "probe/procfs.h"
#include "probe/rights.h"
#include "view/report.h"

#define DRAIN_NS 50000000ull /* the rings are emptied at least this often */
#define MERGE_VMAS 16384     /* rows of what has ended, some 1 KiB each */
#define MERGE_PROCESSES 1024
#define EXITS_NS 100000000ull /* the threads of a dying process have so long to be gone */
#define CORRECT_US 1000

struct live {
	struct options opt;
	struct probe *probe;
	struct session *session;
	struct launch launch;
	struct limit limit;
	struct report report;
	struct utsname uts;
	uint64_t t0, next_tick, end, ticks;
	uint64_t rss_next, last_tick; /* when smaps may be read again */
	int signals, timer;
	bool stop, cpus_failed;
	char target[256];
};

static uint64_t now_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ull + (uint64_t)ts.tv_nsec;
}

static int on_record(void *ctx, const void *bytes, size_t size)
{
	struct live *l = ctx;

	session_apply(l->session, bytes, size);
	if (l->opt.trace)
		trace_record(&l->report, &l->opt.filter, l->opt.json, l->t0, bytes, size);
	return 0;
}

/* --- reading what the rings do not tell --- */

struct rss_walk { struct vma **vmas; size_t n, at; uint64_t now; pid_t pid; };

static void on_rss(void *ctx, uint64_t start, uint64_t rss)
{
	struct rss_walk *w = ctx;

	for (; w->at < w->n; w->at++) {
		struct vma *v = w->vmas[w->at];

		if (v->mm->proc->pid != w->pid || !v->live || v->v.start < start)
			continue;
		if (v->v.start > start)
			return;
		v->rss = rss;
		v->rss_time = w->now;
		w->at++;
		return;
	}
}

/* Among many processes only those that the user asked for show their VMAs. */
static bool wants_vmas(const struct live *l, pid_t pid)
{
	if (l->opt.probe.scope == MMT_SCOPE_LIST)
		return true;
	for (int i = 0; i < l->opt.expand_count; i++)
		if (l->opt.expand[i] == pid)
			return true;
	return false;
}

/* smaps walks all page tables (8.5 ms a GiB of small pages): at most 1 % of the
 * time is spent there, else it is read less often and its age shows. */
static void read_rss(struct live *l)
{
	uint64_t begin = now_ns(CLOCK_MONOTONIC), spent;
	struct rss_walk w = { .now = begin - l->t0 };

	if (begin < l->rss_next)
		return;
	w.vmas = session_vmas(l->session, &w.n);
	for (struct process *p = l->session->processes; p; p = p->next) {
		w.at = 0;
		w.pid = p->pid;
		if (!p->dead && wants_vmas(l, p->pid))
			procfs_rss(p->pid, on_rss, &w);
	}
	free(w.vmas);
	spent = now_ns(CLOCK_MONOTONIC) - begin;
	l->rss_next = begin + spent * 100;
}

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

/* Notices processes whose exit record was lost.  Those that have just been listed
 * live; /proc, which costs much more, is asked for the rest: zombies, those that
 * had no room in the table of targets, and those that are gone. */
static void find_dead(struct live *l)
{
	for (struct process *p = l->session->processes; p; p = p->next) {
		struct procfs_stat st;

		if (p->dead || (p->listed && p->comm[0]))
			continue;
		if (procfs_stat_read(p->pid, &st) || (!p->listed && !procfs_started(&st, p->start_time)))
			process_exited(l->session, p);
		else if (!p->comm[0])
			memcpy(p->comm, st.comm, sizeof(p->comm) - 1);
	}
}

static void mark_listed(struct live *l, const struct mmt_watch *watch, ssize_t n)
{
	for (struct process *p = l->session->processes; p; p = p->next)
		p->listed = false;
	for (ssize_t i = 0; i < n; i++) {
		struct process *p = session_find(l->session, (pid_t)watch[i].tgid);

		if (p && (!p->start_time || p->start_time == watch[i].start_boottime))
			p->listed = true;
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
		if (wants_vmas(l, (pid_t)watch[i].tgid) && !session_layout_current(l->session, (pid_t)watch[i].tgid, &watch[i])) {
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
	read_rss(l);
	probe_losses(l->probe, l->report.losses);
	l->report.now_ns = now_ns(CLOCK_MONOTONIC) - l->t0;
}

/* --- start --- */

/* The process of a thread becomes a target, once. */
static int add_process_of(struct options *o, pid_t tid, struct error *e)
{
	pid_t tgid = procfs_tgid(tid);

	if (tgid <= 0)
		return error_set(e, EXIT_FAILED, "'ps -eT' lists the threads", "no such thread", "cannot trace tid %d", tid);
	for (int i = 0; i < o->pid_count; i++)
		if (o->pids[i] == tgid)
			return 0;
	if (o->pid_count == TARGET_MAX)
		return error_set(e, EXIT_USAGE, "give fewer", "more than 256 processes", "cannot trace tid %d", tid);
	o->pids[o->pid_count++] = tgid;
	return 0;
}

static int check_targets(struct live *l, struct error *e)
{
	struct options *o = &l->opt;

	if (rights_check_namespace(e))
		return -1;
	for (int i = 0; i < o->tid_count; i++)
		if (add_process_of(o, o->tids[i], e))
			return -1;
	for (int i = 0; i < o->pid_count; i++)
		if (procfs_check_target(o->pids[i], e))
			return -1;
	o->probe.filter_tid = o->tid_count > 0;
	if (o->cgroup && (o->probe.cgroup = cgroup_open(o->cgroup, e)) < 0)
		return -1;
	if (o->cgroup || o->probe.scope == MMT_SCOPE_ALL)
		snprintf(l->target, sizeof(l->target), o->cgroup ? "cgroup %s" : "all processes", o->cgroup);
	else if (o->command)
		snprintf(l->target, sizeof(l->target), "%s", o->command == o->shell ? o->command[2] : o->command[0]);
	else
		snprintf(l->target, sizeof(l->target), o->tid_count ? "tid %d%s" : "pid %d%s",
			 o->tid_count ? o->tids[0] : o->pids[0], o->pid_count > 1 ? " ..." : "");
	return 0;
}

static int open_output(struct live *l, struct error *e)
{
	struct winsize ws = { 0 };
	bool terminal;

	l->report.out = l->opt.command ? stderr : stdout; /* CMD's own output stays clean */
	if (l->opt.output) {
		l->report.out = fopen(l->opt.output, "we");
		if (!l->report.out)
			return error_set(e, EXIT_FAILED, NULL, strerror(errno), "cannot write to '%s'", l->opt.output);
	} else if (l->opt.json) {
		l->report.out = stdout;
	}
	terminal = isatty(fileno(l->report.out)) && !l->opt.json;
	if (terminal && ioctl(fileno(l->report.out), TIOCGWINSZ, &ws) == 0 && ws.ws_col)
		l->report.width = ws.ws_col;
	l->report.redraw = terminal && !l->opt.command && !l->opt.trace;
	l->report.top = l->opt.top >= 0 ? l->opt.top : terminal && ws.ws_row > 12 ? ws.ws_row - 6 : 30;
	l->report.sort = l->opt.sort;
	l->report.columns = l->opt.columns;
	return 0;
}

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

static void report_start(struct live *l)
{
	const struct candidate *c = probe_backend(l->probe, HOOK_FAULT);
	struct report *r = &l->report;
	char target[1024];

	r->session = l->session;
	r->target = l->target;
	r->by_process = l->opt.probe.scope != MMT_SCOPE_LIST;
	r->expand = l->opt.expand;
	r->expand_count = l->opt.expand_count;
	r->backend = c->backend;
	r->span = c->span;
	r->lacks = c->lacks;
	r->kernel = l->uts.release;
	r->peek = probe_has_peek(l->probe);
	r->t0_unix_ns = now_ns(CLOCK_REALTIME) - (now_ns(CLOCK_MONOTONIC) - l->t0);
	if (l->opt.json)
		json_start(r);
	else if (l->opt.trace)
		trace_titles(r);
	if (!l->opt.quiet && !l->opt.json && !r->redraw)
		fprintf(stderr, "mmtrace: tracing %s, page faults by %s (%s)%s%s%s\n",
			text_escape(target, sizeof(target), l->target), c->backend, c->span,
			c->lacks[0] ? "; " : "", c->lacks, r->peek ? "" : "; page tables cannot be read: coarse classes");
}

static int begin(struct live *l, struct error *e)
{
	int err;

	if (check_targets(l, e) || open_output(l, e) || start_clock(l, e))
		return -1;
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
	l->report.sample = l->report.sample_max = l->opt.sample > 1 ? l->opt.sample : 1;
	l->session = session_new();
	tell_kernel(l);
	add_targets(l);
	l->t0 = now_ns(CLOCK_MONOTONIC);
	l->report.session = l->session;
	l->last_tick = l->t0;
	l->next_tick = l->t0 + l->opt.interval_ns;
	l->end = l->opt.duration_ns ? l->t0 + l->opt.duration_ns : ~0ull;
	refresh(l, false);
	report_start(l);
	if (!l->opt.command)
		return 0;
	err = launch_go(&l->launch);
	if (err)
		return error_set(e, err == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE, NULL, strerror(err),
				 "cannot run '%s'", l->opt.command[0]);
	return 0;
}

/* --- run --- */

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
			fprintf(stderr, "mmtrace: %.1fs: overhead %.1f %%, limit %.1f %%: now %s, 1 in %u minor faults\n",
				(double)l->report.now_ns / 1e9, l->limit.g.loss_pct, l->opt.max_overhead, level->name, level->sample);
	}
	l->report.level = level->name;
	l->report.loss_pct = l->limit.g.loss_pct;
}

static void on_merged(void *ctx, const char *what, uint32_t id, uint32_t into)
{
	json_merged(ctx, what, id, into);
}

static void bound_memory(struct live *l)
{
	bool told = l->opt.json && !l->opt.quiet && !l->opt.trace;
	struct merge_rules rules = { MERGE_VMAS, MERGE_PROCESSES, told ? on_merged : NULL, &l->report };

	session_merge(l->session, &rules);
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
	if (l->opt.trace)
		fflush(l->report.out);
	else if (!l->opt.quiet && l->opt.json)
		json_tick(&l->report);
	else if (!l->opt.quiet && !l->opt.command)
		table_tick(&l->report);
	bound_memory(l);
	if (l->opt.count && ++l->ticks >= l->opt.count)
		l->stop = true;
	if (ferror(l->report.out))
		l->stop = true;
}

static void run(struct live *l)
{
	struct pollfd fds[] = {
		{ l->signals, POLLIN, 0 }, { l->timer, POLLIN, 0 },
		{ probe_control_fd(l->probe), POLLIN, 0 }, { probe_fd(l->probe), POLLIN, 0 },
		{ probe_cpu_fd(l->probe), POLLIN, 0 },
	};

	while (!l->stop) {
		uint64_t now, expirations;

		if (poll(fds, 5, 1000) < 0 && errno != EINTR)
			break;
		if (fds[4].revents)
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

/* A command runs on though nobody reads of it: its status is waited for. */
static int output_failed(struct live *l, int err, struct error *e)
{
	if (l->opt.command)
		signals_await(l->signals, &l->launch);
	if (err != EPIPE)
		return error_set(e, EXIT_FAILED, "free space, or choose another file", strerror(err), "cannot write the output");
	return l->opt.command ? launch_status(&l->launch) : EXIT_OK;
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

static int finish(struct live *l, struct error *e)
{
	struct report *r = &l->report;
	uint64_t lost = 0;

	limit_end(&l->limit);
	wait_for_exits(l);
	refresh(l, false); /* the residuals, */
	usleep(CORRECT_US); /* each set right by its thread if that was amid a fault */
	probe_detach(l->probe);
	refresh(l, true);
	read_overhead(l);
	r->interval_ns = 0;
	r->kernel_known = l->launch.ended && !l->launch.unknown;
	r->kernel_minor = l->launch.minflt - l->launch.base_minflt;
	r->kernel_major = l->launch.majflt - l->launch.base_majflt;
	if (l->opt.json)
		json_end(r);
	else if (!l->opt.trace)
		table_end(r);
	else if (r->losses[MMT_LOSS_DROPPED])
		fprintf(stderr, "mmtrace: %" PRIu64 " events dropped, a larger --ring-size holds more\n", r->losses[MMT_LOSS_DROPPED]);
	if (fflush(r->out) || ferror(r->out))
		return output_failed(l, errno, e);
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
