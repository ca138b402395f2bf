/* SPDX-License-Identifier: GPL-2.0 */
#include "probe/hist_probe.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/cgroup.h"
#include "host/procfs.h"
#include "probe/hist_ended.h"
#include "probe/kernel_btf.h"
#include "probe/kernel_read.h"
#include "probe/objects.h"
#include "probe/pidns.h"
#include "probe/percpu.h"
#include "wire/percpu.h"
#include "wire/stall.h"

#include "hist.skel.h"

/* Hooks of each domain, those of allocations up to HOOK_NONE; the first one must work. */
static const struct { enum hook_id free; const enum hook_id *alloc; } domain_hooks[MMT_DOMAIN_COUNT] = {
#define DOMAIN(NAME, n, key, flags, keys, free_keys, allocations, times, help, free, ...) \
	[n] = { free, (const enum hook_id[]){ __VA_ARGS__, HOOK_NONE } },
#include "wire/domains.def"
#undef DOMAIN
};

#define FAULT_THREADS 65536 /* some 90 bytes each, for faults by tracepoints only */

struct hist_probe {
	struct hist_bpf *skel;
	struct plan plan;
	struct links links;
	struct bpf_link *watch_link; /* of fault_watch__it; NULL: no residual of faults */
	struct ring_buffer *ooms, *bell;
	bool rang;
	int by_process; /* which key of a row it is; -1: none */
	bool pages; /* those of an address space are known */
	hist_probe_oom_fn oom_fn;
	void *oom_ctx;
	char why[MMT_DOMAIN_COUNT][320]; /* a domain left out */
};

bool hist_probe_counts_frees(enum mmt_domain domain)
{
	return domain_hooks[domain].free != HOOK_NONE;
}

static void want_domain(struct plan *p, enum mmt_domain d, bool frees)
{
	for (const enum hook_id *hook = domain_hooks[d].alloc; *hook != HOOK_NONE; hook++)
		p->want[*hook] = true;
	if (frees && domain_hooks[d].free != HOOK_NONE)
		p->want[domain_hooks[d].free] = true;
}

static bool is_forced(const struct plan *p)
{
	for (int h = 0; h < HOOK_COUNT; h++)
		if (p->want[h] && p->force[h])
			return true;
	return false;
}

/* Drops the domains that cannot be traced; fails if none is left, or if one of
 * them was to have a certain backend. */
static int drop_impossible(struct hist_probe *k, struct hist_probe_options *opt, struct error *e)
{
	int left = 0;

	for (int d = 0; d < MMT_DOMAIN_COUNT; d++) {
		struct plan p = { .btf = opt->btf };

		if (!opt->domain[d])
			continue;
		memcpy(p.force, opt->force, sizeof(p.force));
		want_domain(&p, d, opt->frees);
		opt->domain[d] = plan_build(&p, e) == 0;
		if (!opt->domain[d] && is_forced(&p))
			return -1;
		left += opt->domain[d];
		if (!opt->domain[d])
			snprintf(k->why[d], sizeof(k->why[d]), "%s", e->cause);
	}
	if (!left)
		return -1;
	*e = (struct error){ 0 };
	return 0;
}

static int make_plan(struct hist_probe *k, struct hist_probe_options *opt, struct error *e)
{
	plan_log(opt->verbose);
	k->plan.btf = opt->btf;
	memcpy(k->plan.force, opt->force, sizeof(k->plan.force));
	if (opt->optional && drop_impossible(k, opt, e))
		return -1;
	for (int d = 0; d < MMT_DOMAIN_COUNT; d++)
		if (opt->domain[d])
			want_domain(&k->plan, d, opt->frees);
	k->plan.want[HOOK_HIST_LIFE] = opt->config.filter_pid || k->by_process >= 0;
	for (int h = 0; h < HOOK_COUNT; h++)
		if (opt->force[h] && !k->plan.want[h])
			return error_set(e, EXIT_USAGE, "name its domain; frees need --frees", "nothing that is counted needs this hook",
					 "cannot force %s=%s", hooks[h].key, opt->force[h]);
	return plan_build(&k->plan, e);
}

static int fill_maps(struct hist_probe *k, const struct hist_probe_options *opt, struct error *e)
{
	struct mmt_range wrappers[MMT_WRAPPERS];
	uint32_t zero = 0, n = opt->config.wrappers;

	memcpy(wrappers, opt->wrappers, sizeof(wrappers));
	for (uint32_t i = n; i < MMT_WRAPPERS; i++)
		wrappers[i] = (struct mmt_range){ UINT64_MAX, UINT64_MAX };
	if (bpf_map_update_elem(bpf_map__fd(k->skel->maps.hist_wrappers), &zero, wrappers, BPF_ANY))
		return error_set(e, EXIT_FAILED, NULL, strerror(errno), "cannot prepare the maps");
	if (opt->cgroup_fd >= 0 &&
	    bpf_map_update_elem(bpf_map__fd(k->skel->maps.hist_cgroup), &zero, &opt->cgroup_fd, BPF_ANY))
		return error_set(e, error_code_of(errno), "give a directory below a cgroup2 mount", strerror(errno),
				 "cannot choose the cgroup");
	return 0;
}

static int on_oom(void *ctx, void *bytes, size_t size)
{
	struct hist_probe *k = ctx;

	if (size >= sizeof(struct mmt_oom_record))
		k->oom_fn(k->oom_ctx, bytes);
	return 0;
}

static int on_bell(void *ctx, void *bytes, size_t size)
{
	(void)bytes, (void)size;
	((struct hist_probe *)ctx)->rang = true;
	return 0;
}

static int bell_prepare(struct hist_probe *k, struct error *e)
{
	if (k->by_process < 0 || !k->plan.chosen[HOOK_HIST_LIFE])
		return 0;
	k->bell = ring_buffer__new(bpf_map__fd(k->skel->maps.hist_bell), on_bell, k, NULL);
	return k->bell ? 0 : error_set(e, EXIT_FAILED, NULL, strerror(errno), "cannot map the ring");
}

/* OOM kills need a ring, and the kernel's per-CPU variables for exact sizes. */
static int oom_prepare(struct hist_probe *k, struct error *e)
{
	if (!k->plan.chosen[HOOK_OOM])
		return 0;
	if (bpf_program__autoload(k->skel->progs.percpu_find__rt))
		k->pages |= percpu_find(k->skel->progs.percpu_find__rt);
	k->ooms = ring_buffer__new(bpf_map__fd(k->skel->maps.ooms), on_oom, k, NULL);
	return k->ooms ? 0 : error_set(e, EXIT_FAILED, NULL, strerror(errno), "cannot map the ring");
}

static bool splits_by(const struct hist_probe_options *opt, enum mmt_hist_key_id key)
{
	return opt->config.by[0] == key || opt->config.by[1] == key;
}

/* Room for rows, and for what describes them. */
static void size_maps(struct hist_probe *k, const struct hist_probe_options *opt)
{
	struct bpf_map *rows = k->skel->maps.hist_rows, *processes = k->skel->maps.hist_processes;

	if (opt->config.by[0] == MMT_KEY_NONE)
		bpf_map__set_max_entries(rows, 256); /* fallbacks only */
	else if (opt->rows)
		bpf_map__set_max_entries(rows, opt->rows);
	if (!splits_by(opt, MMT_KEY_PROCESS))
		bpf_map__set_max_entries(processes, 1);
	else if (bpf_map__max_entries(rows) > bpf_map__max_entries(processes))
		bpf_map__set_max_entries(processes, bpf_map__max_entries(rows));
	if (!splits_by(opt, MMT_KEY_CGROUP))
		bpf_map__set_max_entries(k->skel->maps.hist_cgroups, 1);
	k->skel->rodata->hist_config.rows = bpf_map__max_entries(rows);
}

static int object_load(struct hist_probe *k, const struct hist_probe_options *opt, struct error *e)
{
	LIBBPF_OPTS(bpf_object_open_opts, o, .btf_custom_path = opt->btf);
	int err;

	k->skel = hist_object_open(&o);
	if (!k->skel)
		return error_set(e, EXIT_FAILED, NULL, strerror(errno), "cannot open the BPF object");
	plan_autoload(&k->plan, k->skel->obj);
	memcpy((void *)&k->skel->rodata->hist_config, &opt->config, sizeof(opt->config));
	k->skel->rodata->hist_config.filter_cgroup = opt->cgroup_fd >= 0;
	if (opt->cgroup_fd >= 0 && (err = cgroup_id(opt->cgroup_fd, (uint64_t *)&k->skel->rodata->hist_config.cgroup_id)))
		return error_set(e, error_code_of(err), NULL, strerror(-err), "cannot choose the cgroup");
	k->skel->rodata->hist_config.bulk = k->plan.chosen[HOOK_PAGE_BULK] != NULL;
	size_maps(k, opt);
	bpf_map__set_max_entries(k->skel->maps.followed, opt->config.filter_pid ? procfs_processes_max() : 1);
	k->pages = k->plan.chosen[HOOK_OOM] && !percpu_counts_pages(opt->btf);
	if (bpf_program__autoload(k->skel->progs.fault_watch__it))
		bpf_map__set_max_entries(k->skel->maps.fault_threads, FAULT_THREADS);
	k->skel->rodata->hist_config.cpus = (uint32_t)libbpf_num_possible_cpus();
	bpf_map__set_max_entries(k->skel->maps.percpu_bases, (uint32_t)libbpf_num_possible_cpus());
	bpf_program__set_autoload(k->skel->progs.percpu_find__rt, k->plan.chosen[HOOK_OOM] &&
				  percpu_offsets(opt->btf, (struct mmt_percpu *)&k->skel->rodata->percpu));
	if (links_check_files(k->skel->obj, e))
		return -1;
	k->skel->rodata->pidns_inner = pidns_prepare(k->skel->obj);
	kernel_btf_release(); /* libbpf has its own now */
	err = hist_bpf__load(k->skel);
	if (!err)
		err = pidns_find(k->skel->obj);
	if (err)
		return rights_load_fail(e, err);
	return fill_maps(k, opt, e) || bell_prepare(k, e) ? -1 : oom_prepare(k, e);
}

struct hist_probe *hist_probe_open(const struct hist_probe_options *opt, struct error *e)
{
	struct hist_probe *k = calloc(1, sizeof(*k));
	struct hist_probe_options o = *opt;

	if (!k) {
		error_set(e, EXIT_FAILED, NULL, strerror(ENOMEM), "cannot start");
		return NULL;
	}
	k->by_process = opt->config.by[0] == MMT_KEY_PROCESS ? 0 : opt->config.by[1] == MMT_KEY_PROCESS ? 1 : -1;
	if (make_plan(k, &o, e) || object_load(k, &o, e)) {
		hist_probe_free(k);
		return NULL;
	}
	return k;
}

int hist_probe_attach(struct hist_probe *k, struct error *e)
{
	int err;

	if (links_attach(&k->links, &k->plan, k->skel->obj, e))
		return -1;
	if (!bpf_program__autoload(k->skel->progs.fault_watch__it))
		return 0;
	k->watch_link = bpf_program__attach_iter(k->skel->progs.fault_watch__it, NULL);
	err = k->watch_link ? hist_probe_watch(k) : -errno;
	if (err)
		return error_set(e, error_code_of(err), NULL, strerror(-err), "cannot read the threads");
	k->skel->bss->fault_threads_known = 1;
	return 0;
}

int hist_probe_watch(struct hist_probe *k)
{
	struct iter_buffer nothing = { 0 };
	ssize_t n = k->watch_link ? iter_read(&nothing, bpf_link__fd(k->watch_link)) : 0;

	iter_free(&nothing);
	return n < 0 ? (int)n : 0;
}

int hist_probe_follow_cpus(struct hist_probe *k)
{
	return perf_follow(&k->links.perf);
}

int hist_probe_cpu_fd(const struct hist_probe *k)
{
	return k->links.perf.prog ? k->links.perf.news : -1;
}

void hist_probe_detach(struct hist_probe *k)
{
	links_detach(&k->links);
}

void hist_probe_free(struct hist_probe *k)
{
	if (!k)
		return;
	hist_probe_detach(k);
	bpf_link__destroy(k->watch_link);
	ring_buffer__free(k->ooms);
	ring_buffer__free(k->bell);
	hist_bpf__destroy(k->skel);
	free(k);
}

int hist_probe_add_process(struct hist_probe *k, pid_t tgid)
{
	return pidns_follow(k->skel->obj, k->skel->maps.followed, tgid);
}

bool hist_probe_target_lives(const struct hist_probe *k)
{
	return map_any_lives(k->skel->maps.followed, false);
}

const struct candidate *hist_probe_backend(const struct hist_probe *k, enum mmt_domain domain, const char **limitations)
{
	const struct candidate *c = k->plan.chosen[*domain_hooks[domain].alloc];

	*limitations = c ? c->limitations : k->why[domain];
	if (c && domain == MMT_DOMAIN_PAGE && !k->plan.chosen[HOOK_PAGE_BULK])
		*limitations = "pages allocated in bulk (vmalloc, network drivers) raise no event";
	return c;
}

const char *hist_probe_free_limitations(const struct hist_probe *k, enum mmt_domain domain)
{
	enum hook_id hook = domain_hooks[domain].free;
	const struct candidate *c = hook != HOOK_NONE ? k->plan.chosen[hook] : NULL;

	return c ? c->limitations : "";
}

struct row_visit { hist_probe_row_fn fn; void *ctx; };

static void on_hist_row(void *ctx, const void *key, const void *value)
{
	const struct row_visit *v = ctx;
	struct mmt_hist_row sum = hist_row_sum(value);

	v->fn(v->ctx, key, &sum, false);
}

struct mmt_hist_key hist_slot_key(uint32_t slot)
{
	return (struct mmt_hist_key){
		.domain = (uint8_t)(slot / (MMT_OP_COUNT * MMT_HIST_BUCKETS)),
		.op = (uint8_t)(slot / MMT_HIST_BUCKETS % MMT_OP_COUNT),
		.bucket = (uint8_t)(slot % MMT_HIST_BUCKETS),
	};
}

static void on_total(void *ctx, const void *key, const void *value)
{
	const struct row_visit *v = ctx;
	struct mmt_hist_row sum = hist_row_sum(value);
	struct mmt_hist_key of = hist_slot_key(*(const uint32_t *)key);

	if (sum.count)
		v->fn(v->ctx, &of, &sum, true);
}

int hist_probe_read(struct hist_probe *k, hist_probe_row_fn fn, void *ctx)
{
	struct row_visit v = { fn, ctx };
	int err = map_each(k->skel->maps.hist_rows, on_hist_row, &v);

	return err ? err : map_each(k->skel->maps.hist_totals, on_total, &v);
}

int hist_probe_bell_fd(const struct hist_probe *k)
{
	return k->bell ? ring_buffer__epoll_fd(k->bell) : -1;
}

bool hist_probe_rang(struct hist_probe *k)
{
	k->rang = false;
	if (k->bell)
		ring_buffer__consume(k->bell);
	return k->rang;
}

int hist_probe_take_ended(struct hist_probe *k, struct hist_ended *e)
{
	int err;

	e->rows = k->skel->maps.hist_rows;
	e->processes = k->skel->maps.hist_processes;
	e->at = k->by_process;
	err = hist_ended_take(e);
	k->skel->bss->hist_removed += e->removed;
	return err;
}

static void on_stall(void *ctx, const void *key, const void *value)
{
	const struct mmt_stall_key *stall = key;
	uint64_t *open = ctx;

	(void)value;
	if (stall->kind < MMT_DOMAIN_COUNT)
		open[stall->kind]++;
}

void hist_probe_stalls(const struct hist_probe *k, uint64_t open[MMT_DOMAIN_COUNT])
{
	memset(open, 0, MMT_DOMAIN_COUNT * sizeof(*open));
	map_each(k->skel->maps.stalls, on_stall, open);
}

uint64_t hist_probe_loss(const struct hist_probe *k, enum mmt_hist_loss which)
{
	return map_sum(k->skel->maps.hist_losses, which);
}

int hist_probe_oom_fd(const struct hist_probe *k)
{
	return k->ooms ? ring_buffer__epoll_fd(k->ooms) : -1;
}

void hist_probe_ooms(struct hist_probe *k, hist_probe_oom_fn fn, void *ctx)
{
	k->oom_fn = fn;
	k->oom_ctx = ctx;
	if (k->ooms)
		ring_buffer__consume(k->ooms);
}

bool hist_probe_oom_pages(const struct hist_probe *k)
{
	return !k->plan.chosen[HOOK_OOM] || k->pages;
}

bool hist_probe_process(const struct hist_probe *k, uint64_t id, struct mmt_hist_process *out)
{
	return bpf_map_lookup_elem(bpf_map__fd(k->skel->maps.hist_processes), &id, out) == 0;
}

bool hist_probe_cgroup(const struct hist_probe *k, uint64_t id, struct mmt_cgroup_path *out)
{
	return bpf_map_lookup_elem(bpf_map__fd(k->skel->maps.hist_cgroups), &id, out) == 0 && out->done;
}

bool hist_probe_cache(const struct hist_probe *k, uint64_t id, struct mmt_hist_cache *out)
{
	return bpf_map_lookup_elem(bpf_map__fd(k->skel->maps.hist_caches), &id, out) == 0;
}

void hist_probe_cost(const struct hist_probe *k, struct probe_cost *out)
{
	object_cost(k->skel->obj, out);
}
