/* SPDX-License-Identifier: GPL-2.0 */
/* The source of hist: histograms that the kernel keeps, and OOM kills one by one. */
#include "source/hist.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "host/cgroup.h"
#include "probe/hist_ended.h"
#include "probe/page_node.h"
#include "probe/region.h"
#include "probe/rights.h"
#include "sym/oom.h"
#include "sym/wrapper.h"

/* Without it nobody would hear that the processes have ended. */
#define LOOK_NS 100000000ull
#define WAIT_NS (3600 * CLOCK_SECOND_NS) /* nothing is in rings but OOM kills, and these wake us */

_Static_assert(MMT_HIST_LOSS_COUNT <= MODEL_LOSSES, "struct model holds all losses");

static struct hist_source *hist_source_of(struct source *s)
{
	return (struct hist_source *)s;
}

static bool splits_by(const struct hist_source *h, enum mmt_hist_key_id key)
{
	return h->opt.config.by[0] == key || h->opt.config.by[1] == key;
}

/* --- open --- */

/* Functions that the programs must know by address. */
static void find_functions(struct hist_source *h)
{
	struct mmt_hist_config *c = &h->opt.config;
	struct wrapper_range r[MMT_WRAPPERS];

	h->ksyms = ksym_load(NULL);
	h->site_unknown = !h->ksyms ? strerror(errno) : ksym_hidden(h->ksyms) ? ksym_why_hidden() : NULL;
	if (h->site_unknown)
		return;
	c->wrappers = (uint32_t)wrapper_ranges(h->ksyms, r, MMT_WRAPPERS);
	for (uint32_t i = 0; i < c->wrappers; i++)
		h->opt.wrappers[i] = (struct mmt_range){ r[i].start, r[i].end };
	c->kmallocs = (uint32_t)wrapper_kmalloc_ranges(h->ksyms, r, MMT_REGIONS);
	for (uint32_t i = 0; i < c->kmallocs; i++)
		c->kmalloc_inner[i] = (struct mmt_range){ r[i].start, r[i].end };
}

static int find_module(struct hist_source *h, struct error *e)
{
	const char *name = h->s.args->alloc.module, *why = h->site_unknown;
	struct ksym_range code[MMT_MODULE_RANGES];
	size_t n = name && !why ? ksym_module(h->ksyms, name, code, MMT_MODULE_RANGES) : 0;

	if (!name)
		return 0;
	if (why)
		return error_set(e, EXIT_NOT_PERMITTED, NULL, why, "cannot find module '%s'", name);
	if (!n || n > MMT_MODULE_RANGES)
		return error_set(e, EXIT_USAGE, "'lsmod' lists the modules",
				 n ? "its code lies in too many places" : "no such module is loaded, or it has no code",
				 "cannot find module '%s'", name);
	h->opt.config.modules = n;
	for (size_t i = 0; i < n; i++)
		h->opt.config.module[i] = (struct mmt_range){ code[i].start, code[i].end };
	return 0;
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

static int options_make(struct hist_source *h, struct error *e)
{
	const struct args *a = h->s.args;
	struct hist_probe_options *o = &h->opt;

	o->btf = a->probe.btf;
	o->rows = a->probe.rows;
	o->verbose = a->probe.verbose;
	memcpy(o->force, a->probe.force, sizeof(o->force));
	o->config.filter_pid = a->target.pids.count || a->target.command;
	o->config.follow = !a->target.no_follow;
	if (hist_domains_choose(a, o, e) || (splits_by(h, MMT_KEY_PROCESS) && rights_check_proc(e)) ||
	    target_check(&h->s, false, true, e))
		return -1;
	return a->target.cgroup && (o->cgroup_fd = cgroup_open(a->target.cgroup, e)) < 0 ? -1 : 0;
}

static void find_regions(struct hist_source *h)
{
	struct mmt_range *r = h->opt.config.region;
	char bounds[40];

	region_find(r, h->ksyms ? ksym_address(h->ksyms, "_text") : 0, h->ksyms ? ksym_address(h->ksyms, "_end") : 0,
		    h->opt.btf);
	for (int i = 0; i < MMT_REGIONS; i++) {
		snprintf(bounds, sizeof(bounds), "%" PRIx64 " %" PRIx64, (uint64_t)r[i].start, (uint64_t)r[i].end);
		if (hist_regions[i])
			emit_fact(&h->s, "region", hist_regions[i], r[i].end ? bounds : "");
	}
}

static void emit_domain(struct hist_source *h, enum mmt_domain d)
{
	const char *limits, *free_limits = hist_probe_free_limitations(h->probe, d), *key = hist_domains[d].key;
	const struct candidate *c = hist_probe_backend(h->probe, d, &limits);
	char free_key[32];

	if (c)
		emit_fact(&h->s, "backend", key, c->backend);
	if (limits[0])
		emit_fact(&h->s, "unknown", key, limits);
	snprintf(free_key, sizeof(free_key), "%s_free", key);
	if (free_limits[0])
		emit_fact(&h->s, "unknown", free_key, free_limits);
}

static void emit_facts(struct hist_source *h)
{
	const struct mmt_hist_config *c = &h->opt.config;

	for (int i = 0; i < 2 && c->by[i] != MMT_KEY_NONE; i++)
		emit_fact(&h->s, "option", i ? "by_1" : "by_0", hist_keys[c->by[i]].key);
	if (h->s.args->time.interval_ns && !h->s.args->time.interval_given) /* of the command's own choice */
		emit_fact(&h->s, "option", "so_far", "");
	if (h->s.args->alloc.module)
		emit_fact(&h->s, "option", "module", h->s.args->alloc.module);
	for (int d = 0; d < MMT_DOMAIN_COUNT; d++)
		emit_domain(h, d);
	if (!hist_probe_oom_pages(h->probe))
		emit_fact(&h->s, "unknown", "oom", "per-CPU variables cannot be read: the pages of victims are not known");
	if (h->site_unknown)
		emit_fact(&h->s, "unknown", "site", h->site_unknown);
}

static int add_targets(struct hist_source *h, struct error *e)
{
	const struct id_list *pids = &h->s.args->target.pids;
	int err = 0, i = 0;

	for (; i < pids->count && !err; i++)
		err = hist_probe_add_process(h->probe, pids->id[i]);
	if (err)
		return target_refused(pids->id[i - 1], err, e);
	err = h->s.child ? hist_probe_add_process(h->probe, h->s.child) : 0;
	return err ? target_refused(h->s.child, err, e) : 0;
}

static int hist_open(struct source *s, struct error *e)
{
	struct hist_source *h = hist_source_of(s);

	h->opt.cgroup_fd = -1;
	h->processes = MAP(1);
	hist_kept_init(&h->kept);
	s->period_ns = s->args->target.pids.count ? LOOK_NS : WAIT_NS;
	if (options_make(h, e))
		return -1;
	target_report_children(s);
	find_functions(h);
	if (find_module(h, e))
		return -1;
	h->opt.config.nodes = node_count();
	h->opt.config.one_node = h->opt.config.nodes == 1;
	if (splits_by(h, MMT_KEY_NODE))
		h->opt.config.node_bits = (uint8_t)page_node_bits(h->opt.btf);
	h->opt.config.cgroup_root = cgroup_names_root();
	if (splits_by(h, MMT_KEY_GFP))
		hist_names_learn(h);
	if (splits_by(h, MMT_KEY_REGION))
		find_regions(h);
	h->probe = hist_probe_open(&h->opt, e);
	if (!h->probe)
		return -1;
	emit_facts(h);
	if (add_targets(h, e) || hist_probe_attach(h->probe, e))
		return -1;
	if (hist_probe_cpu_fd(h->probe) >= 0)
		s->fds[s->fd_count++] = hist_probe_cpu_fd(h->probe);
	if (hist_probe_oom_fd(h->probe) >= 0)
		s->fds[s->fd_count++] = hist_probe_oom_fd(h->probe);
	if (hist_probe_bell_fd(h->probe) >= 0)
		s->fds[s->fd_count++] = hist_probe_bell_fd(h->probe);
	return 0;
}

/* --- run --- */

static void emit_oom_text(struct hist_source *h, const struct mmt_oom *oom, enum input_name_kind kind, const char *text)
{
	struct input_name n = { .key = oom->time, .kind = kind };

	emit(&h->s, INPUT_NAME, &n, sizeof(n), text, strlen(text) + 1);
}

static void on_oom(void *ctx, const struct mmt_oom_record *rec)
{
	const struct mmt_oom *oom = &rec->oom;
	char path[MMT_CGROUP_TEXT];
	struct hist_source *h = ctx;
	const char *cause = oom_cause(h->ksyms, oom->stack, MMT_OOM_FRAMES);
	struct mmt_oom shown = *oom;

	if (!hist_probe_oom_pages(h->probe))
		shown.anon = shown.file = shown.shmem = shown.swap = MMT_OOM_UNKNOWN;
	if (cause)
		emit_oom_text(h, oom, INPUT_NAME_OOM, cause);
	if (cgroup_path_text(&rec->path, path, sizeof(path)))
		emit_oom_text(h, oom, INPUT_NAME_OOM_CGROUP, path);
	emit(&h->s, INPUT_OOM, &shown, sizeof(shown), NULL, 0);
}

static void follow_cpus(struct hist_source *h)
{
	double at = (double)(clock_monotonic_ns() - h->s.t0) / 1e9;
	int came = hist_probe_follow_cpus(h->probe);

	if (came < 0 && !h->cpus_failed)
		fprintf(stderr, "mmtrace: %.1fs: cannot follow CPUs that come online (%s): faults there have no time\n", at,
			strerror(-came));
	else if (came > 0 && !h->s.args->show.quiet)
		fprintf(stderr, "mmtrace: %.1fs: %d CPU%s came online: faults there have no time until now\n", at, came,
			came == 1 ? "" : "s");
	h->cpus_failed |= came < 0;
}

static int hist_drain(struct source *s, struct error *e)
{
	struct hist_source *h = hist_source_of(s);
	struct hist_ended ended = { .process = hist_kept_process, .row = hist_kept_row, .ctx = &h->kept };
	int err;

	follow_cpus(h);
	hist_probe_ooms(h->probe, on_oom, s);
	err = hist_probe_rang(h->probe) ? hist_probe_take_ended(h->probe, &ended) : 0;
	return err ? error_set(e, EXIT_FAILED, NULL, strerror(-err), "cannot read the counters") : 0;
}

static void cell_add(struct hist_source *h, const struct mmt_hist_key *key, const struct mmt_hist_row *row,
		     bool unkeyed)
{
	h->cells = xgrow(h->cells, h->cell_count, &h->cell_room, sizeof(*h->cells));
	h->cells[h->cell_count++] = (struct input_cell){ .key = *key, .row = *row, .unkeyed = unkeyed };
}

static void on_row(void *ctx, const struct mmt_hist_key *key, const struct mmt_hist_row *row, bool unkeyed)
{
	struct hist_source *h = ctx;
	struct mmt_hist_row sum = *row;

	if (unkeyed) {
		hist_row_add(&h->other[MMT_HIST_SLOT(key->domain, key->op, key->bucket)], row);
		return;
	}
	hist_kept_join(&h->kept, key, &sum);
	cell_add(h, key, &sum, false);
}

/* What the kernel's table holds, and what it held of processes that ended. */
static int read_cells(struct hist_source *h)
{
	struct mmt_hist_key key;
	struct mmt_hist_row row;
	size_t at = 0;
	int err;

	h->cell_count = 0;
	memcpy(h->other, h->kept.other, sizeof(h->other));
	hist_kept_begin(&h->kept);
	err = hist_probe_read(h->probe, on_row, h);
	while (!err && hist_kept_next(&h->kept, &at, &key, &row))
		cell_add(h, &key, &row, false);
	for (uint32_t slot = 0; slot < MMT_HIST_SLOTS; slot++) {
		key = hist_slot_key(slot);
		if (h->other[slot].count)
			cell_add(h, &key, &h->other[slot], true);
	}
	return err;
}

static void emit_losses(struct hist_source *h)
{
	uint64_t losses[MMT_HIST_LOSS_COUNT];
	struct probe_cost cost;

	for (int i = 0; i < MMT_HIST_LOSS_COUNT; i++)
		losses[i] = hist_probe_loss(h->probe, i);
	emit(&h->s, INPUT_LOSSES, NULL, 0, losses, sizeof(losses));
	hist_probe_cost(h->probe, &cost);
	emit_cost(&h->s, &cost);
}

static int hist_read(struct source *s, bool last, struct error *e)
{
	struct hist_source *h = hist_source_of(s);
	uint64_t stalls[MMT_DOMAIN_COUNT];
	int err;

	if (!last && s->args->show.quiet && !s->args->show.record)
		return 0; /* nobody looks before the end */
	err = last ? 0 : hist_probe_watch(h->probe);
	if (!err)
		err = read_cells(h);
	if (err)
		return error_set(e, EXIT_FAILED, NULL, strerror(-err), "cannot read the counters");
	emit(s, INPUT_HIST_BEGIN, NULL, 0, NULL, 0);
	hist_names_emit(h);
	emit(s, INPUT_HIST_CELLS, NULL, 0, h->cells, h->cell_count * sizeof(*h->cells));
	hist_probe_stalls(h->probe, stalls);
	emit(s, INPUT_HIST_STALLS, NULL, 0, stalls, sizeof(stalls));
	hist_probe_ooms(h->probe, on_oom, h);
	emit_losses(h);
	return 0;
}

/* --- end --- */

/* Loaded anew it lies elsewhere, and nobody counts what it does there. */
static void report_reloaded(const struct hist_source *h)
{
	const char *module = h->s.args->alloc.module;
	struct ksym_range now[MMT_MODULE_RANGES];
	struct ksym_table *fresh = module ? ksym_load(NULL) : NULL;

	if (fresh && (ksym_module(fresh, module, now, MMT_MODULE_RANGES) < 1 || now[0].start != h->opt.config.module[0].start))
		fprintf(stderr, "mmtrace: %s was unloaded, or loaded anew: only what it did before is counted\n", module);
	ksym_free(fresh);
}

static int hist_stop(struct source *s, struct error *e)
{
	struct hist_source *h = hist_source_of(s);

	int err = hist_probe_watch(h->probe);

	hist_probe_detach(h->probe);
	report_reloaded(h);
	return err ? error_set(e, EXIT_FAILED, NULL, strerror(-err), "cannot read the threads") : 0;
}

static bool hist_ended(struct source *s)
{
	struct hist_source *h = hist_source_of(s);

	if (!s->args->target.pids.count)
		return false;
	/* three looks: a process may fork behind one, and end */
	h->looks_without_targets = hist_probe_target_lives(h->probe) ? 0 : h->looks_without_targets + 1;
	return h->looks_without_targets > 2;
}

static void hist_close(struct source *s)
{
	struct hist_source *h = hist_source_of(s);

	hist_probe_free(h->probe);
	hist_names_close(h);
	hist_kept_free(&h->kept);
	if (h->opt.cgroup_fd > 0) /* not opened: 0 or -1 */
		close(h->opt.cgroup_fd);
	free(h->cells);
}

const struct source_type source_hist = {
	.name = "hist", .traces = true, .size = sizeof(struct hist_source),
	.open = hist_open, .drain = hist_drain, .read = hist_read, .stop = hist_stop, .ended = hist_ended, .close = hist_close,
};
