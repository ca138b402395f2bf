/* SPDX-License-Identifier: GPL-2.0 */
/* The source of hist: histograms that the kernel keeps, and what their keys mean. */
#include "source/hist.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "probe/cgroup.h"
#include "probe/gfp.h"
#include "probe/region.h"
#include "sym/oom.h"
#include "sym/wrapper.h"

#define BATCH 512

static struct hist_source *hist_in(struct source *s)
{
	return (struct hist_source *)s;
}

/* --- open --- */

static int find_module(struct hist_source *h, struct error *e)
{
	const char *name = h->s.args->alloc.module;
	struct ksym_range code[MMT_MODULE_RANGES];
	size_t n = name && !h->site_unknown ? ksym_module(h->ksyms, name, code, MMT_MODULE_RANGES) : 0;

	if (!name)
		return 0;
	if (h->site_unknown)
		return error_set(e, EXIT_NOT_PERMITTED, NULL, h->site_unknown, "cannot find module '%.80s'", name);
	if (!n || n > MMT_MODULE_RANGES)
		return error_set(e, EXIT_USAGE, "'lsmod' lists the modules",
				 n ? "its code lies in too many places" : "no such module is loaded, or it has no code",
				 "cannot find module '%.80s'", name);
	h->opt.config.modules = n;
	for (size_t i = 0; i < n; i++)
		h->opt.config.module[i] = (struct mmt_range){ code[i].start, code[i].end };
	return 0;
}

/* Functions that the programs must know by address. */
static void find_functions(struct hist_source *h)
{
	struct kmem_options *k = &h->opt;
	struct wrapper_range r[MMT_WRAPPERS];

	h->ksyms = ksym_load(NULL);
	h->site_unknown = !h->ksyms ? strerror(errno) : ksym_hidden(h->ksyms) ? ksym_why_hidden() : NULL;
	if (h->site_unknown)
		return;
	k->config.wrappers = (uint32_t)wrapper_ranges(h->ksyms, r, MMT_WRAPPERS);
	for (uint32_t i = 0; i < k->config.wrappers; i++)
		k->wrappers[i] = (struct mmt_range){ r[i].start, r[i].end };
	k->config.kmallocs = (uint32_t)wrapper_kmalloc_ranges(h->ksyms, r, MMT_REGIONS);
	for (uint32_t i = 0; i < k->config.kmallocs; i++)
		k->config.kmalloc_inner[i] = (struct mmt_range){ r[i].start, r[i].end };
}

static bool splits_by(const struct hist_source *h, enum mmt_hist_key_id key)
{
	return h->opt.config.by[0] == key || h->opt.config.by[1] == key;
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

static void learn_bit(void *ctx, const char *enumerator, uint64_t bit)
{
	gfp_learn(ctx, enumerator, bit);
}

static void prepare_keys(struct hist_source *h)
{
	h->opt.config.nodes = node_count();
	h->opt.config.one_node = h->opt.config.nodes == 1;
	if (splits_by(h, MMT_KEY_GFP) && !gfp_each_bit(h->opt.btf, learn_bit, &h->gfp))
		gfp_defaults(&h->gfp);
	if (splits_by(h, MMT_KEY_REGION))
		region_find(h->opt.config.region, h->ksyms ? ksym_address(h->ksyms, "_text") : 0,
			    h->ksyms ? ksym_address(h->ksyms, "_end") : 0, h->opt.btf);
}

static void emit_domains(struct hist_source *h)
{
	char key[32];

	for (int d = 0; d < MMT_DOMAIN_COUNT; d++) {
		const char *limitations, *of_frees = kmem_free_lacks(h->kmem, (enum mmt_domain)d);
		const struct candidate *c = kmem_backend(h->kmem, (enum mmt_domain)d, &limitations);

		if (c)
			emit_fact(&h->s, "backend", hist_domain_keys[d], c->backend);
		if (limitations && limitations[0])
			emit_fact(&h->s, "unknown", hist_domain_keys[d], limitations);
		snprintf(key, sizeof(key), "%s_free", hist_domain_keys[d]);
		if (of_frees[0])
			emit_fact(&h->s, "unknown", key, of_frees);
	}
	if (h->site_unknown)
		emit_fact(&h->s, "unknown", "site", h->site_unknown);
}

static void emit_facts(struct hist_source *h)
{
	const struct mmt_hist_config *c = &h->opt.config;
	char key[16], range[48];

	if (c->by[0] != MMT_KEY_NONE)
		emit_number(&h->s, "option", "by_0", c->by[0]);
	if (c->by[1] != MMT_KEY_NONE)
		emit_number(&h->s, "option", "by_1", c->by[1]);
	if (h->s.args->alloc.module)
		emit_fact(&h->s, "run", "module", h->s.args->alloc.module);
	for (int i = 0; i < MMT_REGIONS && splits_by(h, MMT_KEY_REGION); i++) {
		snprintf(key, sizeof(key), "%d", i);
		snprintf(range, sizeof(range), "%llx-%llx", c->region[i].start, c->region[i].end);
		emit_fact(&h->s, "region", key, c->region[i].end ? range : "");
	}
	emit_domains(h);
}

static int hist_open(struct source *s, struct error *e)
{
	struct hist_source *h = hist_in(s);
	const struct target_args *t = &s->args->target;

	if (hist_options_make(s->args, &h->opt, e) || target_check(s, false, true, e) ||
	    (t->cgroup && (h->opt.cgroup_fd = cgroup_open(t->cgroup, e)) < 0))
		return -1;
	find_functions(h);
	if (find_module(h, e))
		return -1;
	prepare_keys(h);
	h->kmem = kmem_open(&h->opt, e);
	if (!h->kmem)
		return -1;
	for (int i = 0; i < t->pids.count; i++)
		kmem_add_process(h->kmem, t->pids.id[i]);
	if (s->child)
		kmem_add_process(h->kmem, s->child);
	if (kmem_attach(h->kmem, e))
		return -1;
	if (kmem_oom_fd(h->kmem) >= 0)
		s->fds[s->fd_count++] = kmem_oom_fd(h->kmem);
	s->period_ns = 1000000000ull; /* only OOM kills wait, and they wake us */
	emit_facts(h);
	target_report_children(s);
	return 0;
}

/* --- reading --- */

struct cells { struct source *s; size_t count; struct input_cell cell[BATCH]; };

static void cells_emit(struct cells *c)
{
	if (c->count)
		emit(c->s, INPUT_HIST_CELLS, NULL, 0, c->cell, c->count * sizeof(c->cell[0]));
	c->count = 0;
}

static void on_row(void *ctx, const struct mmt_hist_key *key, const struct mmt_hist_row *row, bool unkeyed)
{
	struct cells *c = ctx;

	c->cell[c->count++] = (struct input_cell){ *key, *row, unkeyed, 0 };
	if (c->count == BATCH)
		cells_emit(c);
}

/* The cause is known from the stack, so before the kill is shown. */
static void on_oom(void *ctx, const struct mmt_oom *oom)
{
	struct hist_source *h = ctx;
	const char *cause = oom_cause(h->ksyms, oom->stack, MMT_OOM_FRAMES);
	struct input_name name = { .key = oom->time, .kind = INPUT_NAME_OOM };

	if (cause)
		emit(&h->s, INPUT_NAME, &name, sizeof(name), cause, strlen(cause) + 1);
	emit(&h->s, INPUT_OOM, oom, sizeof(*oom), NULL, 0);
}

static int hist_drain(struct source *s, struct error *e)
{
	(void)e;
	kmem_ooms(hist_in(s)->kmem, on_oom, s);
	return 0;
}

static void emit_state(struct hist_source *h)
{
	uint64_t losses[MMT_HIST_LOSS_COUNT];
	struct probe_cost cost;

	for (int i = 0; i < MMT_HIST_LOSS_COUNT; i++)
		losses[i] = kmem_loss(h->kmem, (enum mmt_hist_loss)i);
	emit(&h->s, INPUT_LOSSES, NULL, 0, losses, sizeof(losses));
	kmem_cost(h->kmem, &cost);
	emit_cost(&h->s, &cost);
}

static int hist_read(struct source *s, bool last, struct error *e)
{
	struct cells *cells = xcalloc(1, sizeof(*cells));
	uint64_t stalls[MMT_DOMAIN_COUNT];
	struct hist_source *h = hist_in(s);
	int err;

	(void)last;
	cells->s = s;
	emit(s, INPUT_HIST_BEGIN, NULL, 0, NULL, 0);
	err = kmem_read(h->kmem, on_row, cells);
	cells_emit(cells);
	free(cells);
	if (err)
		return error_set(e, EXIT_FAILED, NULL, strerror(-err), "cannot read the counters");
	kmem_ooms(h->kmem, on_oom, h);
	kmem_stalls(h->kmem, stalls);
	emit(s, INPUT_HIST_STALLS, NULL, 0, stalls, sizeof(stalls));
	hist_names_emit(h);
	emit_state(h);
	return 0;
}

/* --- end --- */

/* Loaded anew it lies elsewhere, and nothing counts what it does there. */
static void report_reloaded(const struct hist_source *h)
{
	const char *module = h->s.args->alloc.module;
	struct ksym_table *fresh = module ? ksym_load(NULL) : NULL;
	struct ksym_range now[MMT_MODULE_RANGES];

	if (fresh && (ksym_module(fresh, module, now, MMT_MODULE_RANGES) < 1 || now[0].start != h->opt.config.module[0].start))
		fprintf(stderr, "mmtrace: %.80s was unloaded, or loaded anew: only what it did before is counted\n", module);
	ksym_free(fresh);
}

static int hist_stop(struct source *s, struct error *e)
{
	(void)e;
	kmem_detach(hist_in(s)->kmem);
	report_reloaded(hist_in(s));
	return 0;
}

static void hist_close(struct source *s)
{
	kmem_free(hist_in(s)->kmem);
	ksym_free(hist_in(s)->ksyms);
}

const struct source_type source_hist = {
	.name = "hist", .size = sizeof(struct hist_source), .open = hist_open, .drain = hist_drain, .read = hist_read,
	.stop = hist_stop, .close = hist_close,
};
