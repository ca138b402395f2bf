/* SPDX-License-Identifier: GPL-2.0 */
/* `mmtrace hist`: joins the kernel's histograms, names and views. */
#include <errno.h>
#include <inttypes.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "cmd/cmd.h"
#include "cmd/cost.h"
#include "cmd/hist_names.h"
#include "cmd/hist_options.h"
#include "cmd/launch.h"
#include "cmd/signals.h"
#include "probe/cgroup.h"
#include "probe/region.h"
#include "sym/oom.h"
#include "sym/wrapper.h"
#include "view/hist.h"
#include "view/oom.h"

struct hist_run {
	struct hist_options opt;
	struct kmem *kmem;
	struct hist_names names;
	struct hist_report report;
	struct hist_snapshot now, before, delta;
	struct launch launch;
	struct utsname uts;
	uint64_t t0, ticks, last_ns; /* last_ns: end of the last interval */
	int signals;
	bool stop;
	char target[256];
};

static uint64_t now_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ull + (uint64_t)ts.tv_nsec;
}

/* --- begin --- */

static int find_module(struct hist_run *h, struct error *e)
{
	const char *name = h->opt.module, *why = h->report.site_unknown;
	struct ksym_range code[MMT_MODULE_RANGES];
	size_t n = name && !why ? ksym_module(h->names.ksyms, name, code, MMT_MODULE_RANGES) : 0;

	if (!name)
		return 0;
	if (why)
		return error_set(e, EXIT_NOT_PERMITTED, NULL, why, "cannot find module '%s'", name);
	if (!n || n > MMT_MODULE_RANGES)
		return error_set(e, EXIT_USAGE, "'lsmod' lists the modules",
				 n ? "its code lies in too many places" : "no such module is loaded, or it has no code",
				 "cannot find module '%s'", name);
	h->opt.kmem.config.modules = n;
	for (size_t i = 0; i < n; i++)
		h->opt.kmem.config.module[i] = (struct mmt_range){ code[i].start, code[i].end };
	return 0;
}

/* Functions that the programs must know by address. */
static void find_functions(struct hist_run *h)
{
	struct kmem_options *k = &h->opt.kmem;
	struct wrapper_range r[MMT_WRAPPERS];

	h->names.ksyms = ksym_load(NULL);
	h->report.site_unknown = !h->names.ksyms ? strerror(errno) : ksym_hidden(h->names.ksyms) ? ksym_why_hidden() : NULL;
	if (h->report.site_unknown)
		return;
	k->config.wrappers = (uint32_t)wrapper_ranges(h->names.ksyms, r, MMT_WRAPPERS);
	for (uint32_t i = 0; i < k->config.wrappers; i++)
		k->wrappers[i] = (struct mmt_range){ r[i].start, r[i].end };
	k->config.kmallocs = (uint32_t)wrapper_kmalloc_ranges(h->names.ksyms, r, MMT_REGIONS);
	for (uint32_t i = 0; i < k->config.kmallocs; i++)
		k->config.kmalloc_inner[i] = (struct mmt_range){ r[i].start, r[i].end };
}

static bool splits_by(const struct hist_run *h, enum mmt_hist_key_id key)
{
	return h->opt.kmem.config.by[0] == key || h->opt.kmem.config.by[1] == key;
}

/* Nodes that can exist: the list ends with the highest number. */
static uint32_t node_count(void)
{
	FILE *f = fopen("/sys/devices/system/node/possible", "re");
	uint32_t n = 0;

	while (f && fscanf(f, "%*[-,]%u", &n) + fscanf(f, "%u", &n) > 0)
		;
	if (f)
		fclose(f);
	return n + 1;
}

static int open_output(struct hist_run *h, struct error *e)
{
	h->report.out = stdout;
	if (h->opt.who.command && !h->opt.json)
		h->report.out = stderr; /* stdout is the command's */
	if (h->opt.output) {
		h->report.out = fopen(h->opt.output, "we");
		if (!h->report.out)
			return error_set(e, EXIT_FAILED, NULL, strerror(errno), "cannot write to '%s'", h->opt.output);
	}
	setlocale(LC_CTYPE, "");
	h->report.ascii = h->opt.ascii || strcmp(nl_langinfo(CODESET), "UTF-8");
	return 0;
}

static void fill_report(struct hist_run *h)
{
	struct hist_report *r = &h->report;

	uname(&h->uts);
	r->kernel = h->uts.release;
	r->target = h->target;
	r->module = h->opt.module;
	memcpy(r->by, h->opt.kmem.config.by, sizeof(r->by));
	r->sort = h->opt.sort;
	r->sort_given = h->opt.sort_given;
	r->top = h->opt.top;
	r->name = hist_name;
	r->regions = splits_by(h, MMT_KEY_REGION) ? h->opt.kmem.config.region : NULL;
	r->name_ctx = &h->names;
	h->names.kmem = h->kmem;
	for (int d = 0; d < MMT_DOMAIN_COUNT; d++) {
		const char *lacks;
		const struct candidate *c = kmem_backend(h->kmem, d, &lacks);

		r->domains[d] = (struct hist_domain_text){ c ? c->backend : NULL, lacks, kmem_free_lacks(h->kmem, d) };
	}
}

static void say_start(const struct hist_run *h)
{
	const struct hist_report *r = &h->report;

	chosen_tell_children(&h->opt.who);
	if (h->opt.json) {
		hist_json_start(r);
		return;
	}
	for (int d = 0; d < MMT_DOMAIN_COUNT; d++)
		if (r->domains[d].lacks[0])
			fprintf(stderr, "mmtrace: %s %s%s: %s\n", hist_domain_keys[d], r->domains[d].backend ? "by " : "is not counted",
				r->domains[d].backend ? r->domains[d].backend : "", r->domains[d].lacks);
	if (r->site_unknown)
		fprintf(stderr, "mmtrace: %s; sites are addresses, wrappers are not known, and large kmallocs may count twice\n",
			r->site_unknown);
	if (!h->opt.quiet && !h->opt.who.command)
		fprintf(stderr, "mmtrace: counting; Ctrl-C ends\n");
}

static int check_targets(struct hist_run *h, struct error *e)
{
	const char *cgroup = h->opt.who.cgroup;

	if (chosen_check(&h->opt.who, splits_by(h, MMT_KEY_PROCESS), e))
		return -1;
	if (cgroup && (h->opt.kmem.cgroup_fd = cgroup_open(cgroup, e)) < 0)
		return -1;
	chosen_name(&h->opt.who, h->target, sizeof(h->target));
	return 0;
}

static int begin(struct hist_run *h, struct error *e)
{
	int err;

	if (check_targets(h, e) || open_output(h, e) || (h->signals = signals_open(e)) < 0)
		return -1;
	find_functions(h);
	if (find_module(h, e))
		return -1;
	h->opt.kmem.config.nodes = node_count();
	h->opt.kmem.config.one_node = h->opt.kmem.config.nodes == 1;
	if (splits_by(h, MMT_KEY_GFP))
		hist_names_learn_gfp(&h->names, h->opt.kmem.btf);
	if (splits_by(h, MMT_KEY_REGION))
		region_find(h->opt.kmem.config.region, h->names.ksyms ? ksym_address(h->names.ksyms, "_text") : 0,
			    h->names.ksyms ? ksym_address(h->names.ksyms, "_end") : 0, h->opt.kmem.btf);
	if (h->opt.who.command && (err = launch_start(&h->launch, h->opt.who.command)))
		return error_set(e, EXIT_FAILED, NULL, strerror(-err), "cannot fork");
	h->kmem = kmem_open(&h->opt.kmem, e);
	if (!h->kmem)
		return -1;
	fill_report(h);
	if (h->opt.who.command)
		h->opt.who.pids[h->opt.who.pid_count++] = h->launch.pid;
	for (int i = 0; i < h->opt.who.pid_count; i++)
		kmem_add_process(h->kmem, h->opt.who.pids[i]);
	if (kmem_attach(h->kmem, e))
		return -1;
	h->t0 = now_ns(CLOCK_MONOTONIC);
	h->report.t0_unix_ns = now_ns(CLOCK_REALTIME);
	say_start(h);
	if (!h->opt.who.command)
		return 0;
	err = launch_go(&h->launch);
	return err ? error_set(e, err == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE, NULL, strerror(err),
			       "cannot run '%s'", h->opt.who.command[0]) : 0;
}

/* --- run --- */

static void on_row(void *ctx, const struct mmt_hist_key *key, const struct mmt_hist_row *row, bool unkeyed)
{
	struct hist_run *h = ctx;
	struct mmt_hist_row sum = *row;

	if (key->op == MMT_OP_FAILED) /* it was given nothing */
		sum.allocated = 0;
	hist_add(&h->now, key, &sum, unkeyed && h->opt.kmem.config.by[0] != MMT_KEY_NONE);
}

static void on_oom(void *ctx, const struct mmt_oom *oom)
{
	struct hist_run *h = ctx;

	h->report.oom_kills++;
	(h->opt.json ? oom_json : oom_text)(h->report.out, oom, oom_cause(h->names.ksyms, oom->stack, MMT_OOM_FRAMES), h->t0);
}

static int refresh(struct hist_run *h, struct error *e)
{
	struct probe_cost cost;
	int err;

	hist_clear(&h->now);
	hist_names_refresh(&h->names);
	err = kmem_read(h->kmem, on_row, h);
	if (err)
		return error_set(e, EXIT_FAILED, NULL, strerror(-err), "cannot read the counters");
	hist_finish(&h->now);
	kmem_ooms(h->kmem, on_oom, h);
	kmem_cost(h->kmem, &cost);
	h->report.misses = cost.misses;
	kmem_stalls(h->kmem, h->report.stalls_open);
	h->report.unpaired = kmem_loss(h->kmem, MMT_HIST_LOSS_UNPAIRED);
	h->report.stalls_lost = kmem_loss(h->kmem, MMT_HIST_LOSS_STALLS);
	h->report.processes_lost = kmem_loss(h->kmem, MMT_HIST_LOSS_PROCESSES);
	h->report.ooms_lost = kmem_loss(h->kmem, MMT_HIST_LOSS_OOMS);
	cost_read(&h->report.overhead, &cost);
	h->report.now_ns = now_ns(CLOCK_MONOTONIC) - h->t0;
	return 0;
}

static int tick(struct hist_run *h, struct error *e)
{
	struct hist_snapshot swap;

	if (h->opt.count && ++h->ticks >= h->opt.count)
		h->stop = true;
	if (h->opt.quiet)
		return 0;
	if (refresh(h, e))
		return -1;
	h->report.now = &h->now;
	if (h->opt.json) {
		hist_json_rows(&h->report, false);
	} else {
		hist_subtract(&h->now, &h->before, &h->delta);
		h->report.now = &h->delta;
		h->report.interval_ns = h->report.now_ns - h->last_ns;
		hist_text(&h->report);
	}
	h->last_ns = h->report.now_ns;
	swap = h->before;
	h->before = h->now;
	h->now = swap;
	if (ferror(h->report.out))
		h->stop = true;
	return 0;
}

static int run(struct hist_run *h, struct error *e)
{
	struct pollfd fds[] = { { h->signals, POLLIN, 0 }, { kmem_oom_fd(h->kmem), POLLIN, 0 } };
	uint64_t end = h->opt.duration_ns ? h->t0 + h->opt.duration_ns : UINT64_MAX;
	uint64_t next = h->opt.interval_ns ? h->t0 + h->opt.interval_ns : UINT64_MAX;

	while (!h->stop) {
		uint64_t now = now_ns(CLOCK_MONOTONIC), until = end < next ? end : next;
		int ms = until == UINT64_MAX ? -1 : until <= now ? 0 : (int)((until - now) / 1000000 % 1000000 + 1);

		if (poll(fds, 2, ms) < 0 && errno != EINTR)
			break;
		h->stop |= signals_read(h->signals, &h->launch) || (h->opt.who.command && h->launch.ended);
		kmem_ooms(h->kmem, on_oom, h);
		now = now_ns(CLOCK_MONOTONIC);
		if (now >= end)
			h->stop = true;
		if (now < next || h->stop)
			continue;
		if (tick(h, e))
			return -1;
		while (next <= now)
			next += h->opt.interval_ns;
	}
	return 0;
}

/* A command runs on though nobody reads of it: its status is waited for. */
static int output_failed(struct hist_run *h, int err, struct error *e)
{
	if (h->opt.who.command)
		signals_await(h->signals, &h->launch);
	if (err != EPIPE)
		return error_set(e, EXIT_FAILED, "free space, or choose another file", strerror(err), "cannot write the output");
	return h->opt.who.command ? launch_status(&h->launch) : EXIT_OK;
}

/* Loaded anew it lies elsewhere, and nobody counts what it does there. */
static void tell_if_reloaded(const struct hist_run *h)
{
	struct ksym_range now[MMT_MODULE_RANGES];
	struct ksym_table *fresh = h->opt.module ? ksym_load(NULL) : NULL;
	const struct mmt_hist_config *c = &h->opt.kmem.config;

	if (fresh && (ksym_module(fresh, h->opt.module, now, MMT_MODULE_RANGES) < 1 || now[0].start != c->module[0].start))
		fprintf(stderr, "mmtrace: %s was unloaded, or loaded anew: only what it did before is counted\n", h->opt.module);
	ksym_free(fresh);
}

static int finish(struct hist_run *h, struct error *e)
{
	kmem_detach(h->kmem);
	tell_if_reloaded(h);
	if (refresh(h, e))
		return e->code;
	h->report.now = &h->now;
	h->report.interval_ns = 0;
	(h->opt.json ? hist_json_end : hist_text_end)(&h->report);
	if (fflush(h->report.out) || ferror(h->report.out))
		return output_failed(h, errno, e);
	if (h->opt.strict && (h->report.misses || h->report.stalls_lost || h->report.ooms_lost || h->report.processes_lost))
		return EXIT_LOST;
	return h->launch.ended ? launch_status(&h->launch) : EXIT_OK;
}

int cmd_hist(int argc, char **argv)
{
	struct hist_run *h = calloc(1, sizeof(*h));
	struct error e = { 0 };
	int status = 0;

	if (!h)
		return EXIT_FAILED;
	if (hist_options_parse(&h->opt, argc, argv, &e) == 0) {
		if (h->opt.help)
			hist_options_help();
		else if (begin(h, &e) == 0 && run(h, &e) == 0)
			status = finish(h, &e);
	}
	if (e.code) {
		error_print(&e);
		status = e.code;
	}
	kmem_free(h->kmem);
	hist_names_free(&h->names);
	hist_free(&h->now);
	hist_free(&h->before);
	hist_free(&h->delta);
	free(h);
	return status;
}
