/* SPDX-License-Identifier: GPL-2.0 */
/* `mmtrace leak`: joins probe, model and view. */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "cmd/cmd.h"
#include "cmd/cost.h"
#include "cmd/launch.h"
#include "cmd/leak_options.h"
#include "cmd/signals.h"
#include "probe/slab.h"
#include "sym/wrapper.h"
#include "view/leak.h"

/* Readings for the trend: this many an interval, and in the whole run. */
#define READINGS_INTERVAL 4
#define READINGS_RUN 40
#define READING_MIN_NS 50000000ull
#define DEFAULT_INTERVAL_NS 1000000000ull
#define NAMES_NS 2000000000ull
/* After the last process ended, for what RCU frees behind it. */
#define AFTERMATH_NS 500000000ull
#define SITES (1u << 14) /* that the kernel's table holds */
#define ELSEWHERE UINT32_MAX

struct leak {
	struct leak_command_options opt;
	struct leak_probe *probe;
	struct outstanding *model;
	struct ksym_table *syms;
	struct leak_report report;
	struct utsname uts;
	struct launch launch;
	int signals, timer;
	uint64_t t0, next_tick, end, ticks;
	uint64_t names_ns; /* when names were last read again */
	uint32_t names_read; /* how often, from 1 */
	bool names_wanted;   /* an address was without a name */
	/* Sites that have no row. 0: not looked at; ELSEWHERE: of another module than
	 * --module; else it had no name when the names had been read so often */
	uint32_t looked[SITES];
	int ticks_without_targets;
	bool stop, failed;
	char target[256];
};

static uint64_t now_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ull + (uint64_t)ts.tv_nsec;
}

/* --- sites --- */

/* Modules come while we trace, and trampolines of other tracers: an address
 * without a name is a reason to read the names again, not more often than now and
 * then, unless at the end. */
static void learn_names(struct leak *l, bool now)
{
	uint64_t t = now_ns(CLOCK_MONOTONIC);
	struct ksym_table *fresh;

	if (!l->names_wanted || (!now && t < l->names_ns + NAMES_NS))
		return;
	l->names_ns = t;
	l->names_read++; /* in any case: nobody waits longer */
	l->names_wanted = false;
	fresh = ksym_load(NULL);
	if (!fresh)
		return;
	ksym_free(l->syms);
	l->report.syms = l->syms = fresh;
}

static bool has_unnamed(const struct leak *l, const uint64_t *addresses, int n)
{
	struct ksym k;

	for (int i = 0; i < n; i++)
		if (addresses[i] && l->report.syms && !ksym_find(l->syms, addresses[i], &k))
			return true;
	return false;
}

/* What lies between the allocation and the tracer: BPF and the tracepoint. */
static bool is_tracing(const struct ksym *k)
{
	return (k->module && !strcmp(k->module, "bpf")) || !strncmp(k->name, "bpf_", 4) || !strncmp(k->name, "__bpf_", 6) ||
	       !strncmp(k->name, "__traceiter_", 12) || !strncmp(k->name, "__probestub_", 12) ||
	       !strncmp(k->name, "kmem_cache_free_bulk", 20);
}

/* Leaves out the tracer's frames; returns how many are left. */
static int stack_trim(const struct leak *l, uint64_t *frames, int n)
{
	struct ksym k;
	int from = 0;

	for (int i = 0; i < n && l->syms; i++)
		if (ksym_find(l->syms, frames[i], &k) && is_tracing(&k))
			from = i + 1;
	memmove(frames, frames + from, sizeof(*frames) * (size_t)(n - from));
	return n - from;
}

/* The first frame that does more than pass an allocation on; else the last. */
static uint64_t stack_caller(const struct leak *l, const uint64_t *frames, int n)
{
	struct ksym k;

	for (int i = 0; i < n; i++)
		if (!l->syms || !ksym_find(l->syms, frames[i], &k) || !wrapper_is(k.name))
			return frames[i];
	return n ? frames[n - 1] : 0;
}

static bool passes_on(const struct leak *l, uint64_t site)
{
	struct ksym k;

	return !site || (l->syms && ksym_find(l->syms, site, &k) && wrapper_is(k.name));
}

/* --module: sites elsewhere have no row.  They are remembered: a site is asked for
 * with each of its objects. */
static bool is_shown(struct leak *l, uint32_t number, uint64_t site)
{
	struct ksym k = { 0 };
	bool named;

	if (!l->opt.module)
		return true;
	named = ksym_find(l->syms, site, &k);
	if (named && ksym_in_module(&k, l->opt.module))
		return true;
	l->looked[number % SITES] = named ? ELSEWHERE : l->names_read;
	return false;
}

/* A site whose stack has unnamed frames waits until the names were read again:
 * the caller is told from the tracer by their names. */
static bool waits_for_names(struct leak *l, uint32_t number, uint64_t site, const uint64_t *frames, int n)
{
	if (l->looked[number % SITES] || (!has_unnamed(l, &site, 1) && !has_unnamed(l, frames, n)))
		return false;
	l->looked[number % SITES] = l->names_read;
	l->names_wanted = true;
	return true;
}

static bool has_no_row(const struct leak *l, uint32_t number)
{
	uint32_t when = l->looked[number % SITES];

	return when == ELSEWHERE || when == l->names_read;
}

static void read_site(struct leak *l, uint32_t number)
{
	uint64_t frames[MMT_LEAK_STACK], site;
	struct mmt_leak_site s;
	bool through;
	int n;

	if (outstanding_knows(l->model, number) || has_no_row(l, number) || !leak_site(l->probe, number, &s))
		return;
	n = leak_stack(l->probe, s.key.stack, frames);
	if (waits_for_names(l, number, s.key.site, frames, n))
		return;
	n = stack_trim(l, frames, n);
	through = n && passes_on(l, s.key.site);
	site = through ? stack_caller(l, frames, n) : s.key.site;
	if (is_shown(l, number, site))
		outstanding_site(l->model, number, &s, site, through, frames, l->opt.probe.config.stacks ? n : 0);
}

static void read_counts(struct leak *l)
{
	uint32_t end = leak_site_end(l->probe);

	learn_names(l, false);
	for (uint32_t i = 1; i < end; i++)
		read_site(l, i);
	outstanding_sample_begin(l->model);
	for (uint32_t i = 1; i < end; i++) {
		struct mmt_leak_count c;

		if (outstanding_knows(l->model, i) && leak_count(l->probe, i, &c))
			outstanding_count(l->model, i, &c);
	}
	outstanding_sample_end(l->model, now_ns(CLOCK_MONOTONIC) - l->t0);
}

static void on_object(void *ctx, uint32_t site, uint64_t age)
{
	struct leak *l = ctx;

	read_site(l, site);
	outstanding_object(l->model, site, age);
}

static int read_table(struct leak *l, struct error *e)
{
	struct probe_cost cost;
	int err;

	outstanding_walk_begin(l->model);
	err = leak_each(l->probe, on_object, l);
	outstanding_walk_end(l->model);
	leak_losses(l->probe, l->report.losses);
	leak_cost(l->probe, &cost);
	l->report.bpf_misses = cost.misses;
	cost_read(&l->report.overhead, &cost);
	l->report.now_ns = now_ns(CLOCK_MONOTONIC) - l->t0;
	return err ? error_set(e, EXIT_FAILED, NULL, strerror(-err), "cannot read the table of allocations") : 0;
}

/* --- start --- */

static int check_slab(struct leak *l, struct error *e)
{
	struct mmt_leak_config *config = &l->opt.probe.config;
	char name[64], safe[256];

	if (!l->opt.slab)
		return 0;
	if (!(config->domains & (1u << MMT_LEAK_KMALLOC | 1u << MMT_LEAK_SLAB)))
		return error_set(e, EXIT_USAGE, "name the domain slab too, or no domain", "no slab domain is traced",
				 "nothing to show");
	config->slab_bytes = slab_kmalloc_bytes(l->opt.slab);
	if (slab_name(l->opt.slab, name, sizeof(name), e))
		return -1;
	if (strcmp(name, l->opt.slab))
		fprintf(stderr, "mmtrace: the kernel has merged this cache with others, all go by the name %s\n",
			text_escape(safe, sizeof(safe), name));
	snprintf(config->slab, sizeof(config->slab), "%.*s", MMT_LEAK_NAME - 1, name);
	return 0;
}

static int check_targets(struct leak *l, struct error *e)
{
	struct mmt_leak_config *config = &l->opt.probe.config;

	if (chosen_check(&l->opt.who, false, e))
		return -1;
	config->filter_pid = l->opt.who.pid_count || l->opt.who.command;
	config->follow = l->opt.who.follow;
	config->self = (uint32_t)getpid();
	chosen_name(&l->opt.who, l->target, sizeof(l->target));
	return 0;
}

static int load_names(struct leak *l, struct error *e)
{
	struct leak_report *r = &l->report;
	struct ksym_range code;

	l->syms = ksym_load(NULL);
	l->names_read = 1;
	r->no_names = l->syms && !ksym_hidden(l->syms) ? NULL : l->syms ? ksym_why_hidden() : "/proc/kallsyms cannot be read";
	r->syms = r->no_names ? NULL : l->syms;
	if (!l->opt.module)
		return 0;
	if (!r->syms)
		return error_set(e, EXIT_NOT_PERMITTED, NULL, r->no_names, "cannot find module '%s'", l->opt.module);
	return ksym_module(l->syms, l->opt.module, &code, 1)
		       ? 0 : error_set(e, EXIT_USAGE, "'lsmod' lists the modules", "no such module is loaded, or it has no code",
				       "cannot find module '%s'", l->opt.module);
}

static int open_output(struct leak *l, struct error *e)
{
	l->report.out = l->opt.who.command && !l->opt.json ? stderr : stdout; /* stdout is the command's */
	if (l->opt.output) {
		l->report.out = fopen(l->opt.output, "we");
		if (!l->report.out)
			return error_set(e, EXIT_FAILED, NULL, strerror(errno), "cannot write to '%s'", l->opt.output);
	}
	l->report.redraw = isatty(fileno(l->report.out)) && !l->opt.json && !l->opt.quiet && !l->opt.who.command;
	if (!l->opt.interval_ns && (l->report.redraw || l->opt.count))
		l->opt.interval_ns = DEFAULT_INTERVAL_NS;
	l->report.top = l->opt.top >= 0 ? l->opt.top : l->opt.json ? 0 : 30;
	return 0;
}

static uint64_t reading_period(const struct leak *l)
{
	uint64_t period = l->opt.interval_ns ? l->opt.interval_ns / READINGS_INTERVAL : DEFAULT_INTERVAL_NS;

	if (l->opt.duration_ns && l->opt.duration_ns / READINGS_RUN < period)
		period = l->opt.duration_ns / READINGS_RUN;
	return period > READING_MIN_NS ? period : READING_MIN_NS;
}

static int start_clock(struct leak *l, struct error *e)
{
	uint64_t period = reading_period(l);
	struct timespec ts = { (time_t)(period / 1000000000), (long)(period % 1000000000) };
	struct itimerspec it = { ts, ts };

	l->signals = signals_open(e);
	if (l->signals < 0)
		return -1;
	l->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (l->timer < 0 || timerfd_settime(l->timer, 0, &it, NULL))
		return error_set(e, EXIT_FAILED, NULL, strerror(errno), "cannot start");
	return 0;
}

static void add_backend(struct leak *l, enum hook_id hook, const char *lacks)
{
	const struct candidate *c = leak_backend(l->probe, hook);

	l->report.backends[l->report.backend_count++] =
		(struct leak_backend_text){ hooks[hook].key, c ? c->backend : NULL, c ? c->lacks : lacks };
}

static void fill_report(struct leak *l)
{
	struct leak_report *r = &l->report;
	uint32_t domains = l->opt.probe.config.domains;

	uname(&l->uts);
	r->outstanding = l->model;
	r->kernel = l->uts.release;
	r->target = l->target;
	r->module = l->opt.module;
	r->sort = l->opt.sort;
	r->reverse = l->opt.reverse;
	r->domains = domains;
	r->sample = l->opt.probe.config.sample;
	r->entries = l->opt.probe.entries;
	r->older = l->opt.older_ns;
	r->t0_unix_ns = now_ns(CLOCK_REALTIME);
	if (domains & (1u << MMT_LEAK_KMALLOC | 1u << MMT_LEAK_SLAB)) {
		add_backend(l, HOOK_LEAK_SLAB, "");
		add_backend(l, HOOK_LEAK_BULK, "objects freed in bulk (kfree_rcu, network buffers) stay until their address "
			    "is allocated again");
	}
	if (domains & 1u << MMT_LEAK_VMALLOC)
		add_backend(l, HOOK_LEAK_VMALLOC, "");
	if (domains & 1u << MMT_LEAK_PAGE)
		add_backend(l, HOOK_LEAK_PAGE, "");
}

static void say_start(const struct leak *l)
{
	const struct leak_report *r = &l->report;
	struct probe_cost cost;
	char bytes[32];

	chosen_tell_children(&l->opt.who);
	if (l->opt.json)
		leak_json_start(r);
	if (l->opt.quiet || l->opt.json || l->opt.who.command)
		return;
	leak_cost(l->probe, &cost);
	fprintf(stderr, "mmtrace: tracing kernel allocations by %s, a table of %" PRIu32 " (maps take %s)%s%s\n", l->target,
		r->entries, text_bytes(bytes, sizeof(bytes), cost.map_bytes), r->no_names ? "; no names: " : "",
		r->no_names ? r->no_names : "");
	for (int i = 0; i < r->backend_count; i++)
		if (r->backends[i].lacks[0])
			fprintf(stderr, "mmtrace: %s\n", r->backends[i].lacks);
}

static int run_command(struct leak *l, struct error *e)
{
	int err = launch_go(&l->launch);

	return err ? error_set(e, err == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE, NULL, strerror(err), "cannot run '%s'",
			       l->opt.who.command[0]) : 0;
}

static int begin(struct leak *l, struct error *e)
{
	struct chosen *who = &l->opt.who;
	int err;

	if (check_slab(l, e) || check_targets(l, e) || open_output(l, e) || start_clock(l, e))
		return -1;
	if (who->command && (err = launch_start(&l->launch, who->command)))
		return error_set(e, EXIT_FAILED, NULL, strerror(-err), "cannot fork");
	l->probe = leak_open(&l->opt.probe, e);
	if (!l->probe)
		return -1;
	if (who->command)
		who->pids[who->pid_count++] = l->launch.pid;
	for (int i = 0; i < who->pid_count; i++)
		leak_add_target(l->probe, who->pids[i]);
	l->model = outstanding_new(l->opt.probe.config.sample, l->opt.older_ns);
	fill_report(l);
	/* the names last: those of the trampolines are only there now */
	if (leak_attach(l->probe, e) || load_names(l, e))
		return -1;
	l->t0 = now_ns(CLOCK_MONOTONIC);
	l->next_tick = l->opt.interval_ns ? l->t0 + l->opt.interval_ns : ~0ull;
	l->end = l->opt.duration_ns ? l->t0 + l->opt.duration_ns : ~0ull;
	say_start(l);
	return who->command ? run_command(l, e) : 0;
}

/* --- run --- */

static void tick(struct leak *l, uint64_t now, struct error *e)
{
	l->next_tick += l->opt.interval_ns;
	if (l->next_tick < now)
		l->next_tick = now + l->opt.interval_ns;
	l->stop |= l->opt.count && ++l->ticks >= l->opt.count;
	if (l->stop || l->opt.quiet)
		return; /* the last table follows */
	l->stop |= read_table(l, e) != 0;
	(l->opt.json ? leak_json_tick : leak_text)(&l->report);
	l->stop |= ferror(l->report.out) != 0;
}

/* When the command, or all processes chosen and their children, have ended, so
 * will the run. */
static bool targets_ended(struct leak *l)
{
	if (l->opt.who.command)
		return l->launch.ended;
	if (!l->opt.who.pid_count)
		return false;
	/* twice: one may fork and end behind the look */
	l->ticks_without_targets = leak_target_lives(l->probe) ? 0 : l->ticks_without_targets + 1;
	return l->ticks_without_targets > 1;
}

static void run(struct leak *l, struct error *e)
{
	struct pollfd fds[] = { { l->signals, POLLIN, 0 }, { l->timer, POLLIN, 0 } };
	bool ending = false;

	while (!l->stop) {
		uint64_t now, expirations;

		if (poll(fds, 2, 1000) < 0 && errno != EINTR)
			break;
		if (signals_read(l->signals, &l->launch))
			break;
		if (read(l->timer, &expirations, sizeof(expirations)) != sizeof(expirations))
			continue;
		read_counts(l);
		now = now_ns(CLOCK_MONOTONIC);
		if (!ending && targets_ended(l)) {
			ending = true;
			if (now + AFTERMATH_NS < l->end)
				l->end = now + AFTERMATH_NS;
		}
		if (now >= l->end)
			break;
		if (now >= l->next_tick)
			tick(l, now, e);
	}
}

/* A command runs on though nobody reads of it: its status is waited for. */
static int output_failed(struct leak *l, int err, struct error *e)
{
	if (l->opt.who.command)
		signals_await(l->signals, &l->launch);
	if (err != EPIPE)
		return error_set(e, EXIT_FAILED, "free space, or choose another file", strerror(err), "cannot write the output");
	return l->opt.who.command ? launch_status(&l->launch) : EXIT_OK;
}

static int finish(struct leak *l, struct error *e)
{
	struct leak_report *r = &l->report;
	uint64_t lost = 0;

	leak_detach(l->probe);
	read_counts(l);
	if (l->names_wanted) {
		learn_names(l, true);
		read_counts(l);
	}
	if (read_table(l, e))
		return -1;
	r->losses[MMT_LEAK_MISMATCH] = outstanding_mismatch(l->model);
	(l->opt.json ? leak_json_end : leak_text_end)(r);
	if (fflush(r->out) || ferror(r->out))
		return output_failed(l, errno, e);
	for (int i = 0; i < MMT_LEAK_LOSSES; i++)
		lost += leak_loss_texts[i].lost ? r->losses[i] : 0;
	if (l->opt.strict && (lost || r->bpf_misses))
		return EXIT_LOST;
	return l->launch.ended ? launch_status(&l->launch) : EXIT_OK;
}

int cmd_leak(int argc, char **argv)
{
	struct leak *l = calloc(1, sizeof(*l));
	struct error e = { 0 };
	int status = 0;

	if (!l)
		return EXIT_FAILED;
	if (leak_options_parse(&l->opt, argc, argv, &e) == 0) {
		if (l->opt.help) {
			leak_options_help();
		} else if (begin(l, &e) == 0) {
			run(l, &e);
			if (!e.code)
				status = finish(l, &e);
		}
	}
	if (e.code) {
		error_print(&e);
		status = e.code;
	}
	leak_free(l->probe);
	outstanding_free(l->model);
	ksym_free(l->syms);
	free(l);
	return status;
}
