/* SPDX-License-Identifier: GPL-2.0 */
#include "probe/top.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "host/cgroup.h"
#include "host/procfs.h"
#include "probe/kernel_btf.h"
#include "probe/kernel_read.h"
#include "probe/objects.h"
#include "probe/pidns.h"
#include "probe/percpu.h"
#include "wire/percpu.h"

#include "top.skel.h"

#define ROWS_ENDED 8192

struct top_probe {
	struct top_bpf *skel;
	struct plan plan;
	struct links links;
	struct bpf_link *tasks_link;
	struct iter_buffer tasks;
	const pid_t *pids;
	uint64_t *starts; /* of these processes, once chosen; 0: it was not there any more */
	int pid_count;
	bool percpu; /* per-CPU variables can be read */
	bool pages;  /* and so the pages of an address space are known */
};

static int row_add(struct top_probe *p, uint32_t tgid, uint64_t start)
{
	struct mmt_top_key key = { .tgid = tgid, .start_boottime = start };
	struct mmt_top_row none = { 0 };

	return bpf_map_update_elem(bpf_map__fd(p->skel->maps.rows), &key, &none, BPF_NOEXIST) ? -errno : 0;
}

static int cgroup_set(struct top_probe *p, const struct top_probe_options *opt)
{
	uint32_t zero = 0;

	return bpf_map_update_elem(bpf_map__fd(p->skel->maps.cgroups), &zero, &opt->cgroup, BPF_ANY) ? -errno : 0;
}

/* Those that live and those that ended in the interval, some 250 bytes each. */
static uint32_t rows_default(const struct top_probe_options *opt)
{
	uint32_t most = procfs_processes_max(), ended = most / 4 < ROWS_ENDED ? ROWS_ENDED : most / 4;

	return opt->pid_count ? (uint32_t)opt->pid_count : most + ended;
}

static int object_load(struct top_probe *p, const struct top_probe_options *opt, struct error *e)
{
	LIBBPF_OPTS(bpf_object_open_opts, o, .btf_custom_path = opt->btf);
	struct mmt_top_config *config;
	int err = 0;

	p->skel = top_object_open(&o);
	if (!p->skel)
		return error_set(e, EXIT_FAILED, NULL, strerror(errno), "cannot open the BPF object");
	plan_autoload(&p->plan, p->skel->obj);
	config = (struct mmt_top_config *)&p->skel->rodata->config;
	config->cpus = (uint32_t)libbpf_num_possible_cpus();
	config->listed = opt->pid_count > 0;
	config->cgroup = opt->cgroup >= 0;
	if (config->cgroup)
		err = cgroup_id(opt->cgroup, (uint64_t *)&config->cgroup_id);
	p->percpu = percpu_offsets(opt->btf, (struct mmt_percpu *)&p->skel->rodata->percpu);
	bpf_program__set_autoload(p->skel->progs.percpu_find__rt, p->percpu);
	bpf_map__set_max_entries(p->skel->maps.percpu_bases, config->cpus);
	bpf_map__set_max_entries(p->skel->maps.rows, (opt->rows ? opt->rows : rows_default(opt)) + MMT_TOP_FULL + 1);
	if (links_check_files(p->skel->obj, e))
		return -1;
	p->skel->rodata->pidns_inner = pidns_prepare(p->skel->obj);
	p->pages = !percpu_counts_pages(opt->btf);
	kernel_btf_release(); /* libbpf has its own now */
	if (!err)
		err = top_bpf__load(p->skel);
	if (!err)
		err = pidns_find(p->skel->obj);
	if (!err && config->cgroup)
		err = cgroup_set(p, opt);
	if (!err)
		err = row_add(p, 0, MMT_TOP_IRQ);
	if (!err)
		err = row_add(p, 0, MMT_TOP_FULL);
	if (err)
		return rights_load_fail(e, err);
	p->percpu = p->percpu && percpu_find(p->skel->progs.percpu_find__rt);
	p->pages |= p->percpu;
	return 0;
}

static void start_note(struct top_probe *p, uint64_t *starts, const struct mmt_top_key *key)
{
	for (int i = 0; i < p->pid_count; i++)
		if ((uint32_t)p->pids[i] == key->tgid)
			starts[i] = key->start_boottime;
}

/* Targets have their row from the start.  A later process with the same id is none. */
static int rows_choose(struct top_probe *p, struct error *e)
{
	uint64_t *starts = calloc((size_t)p->pid_count + 1, sizeof(*starts));
	const struct mmt_top_task *tasks;
	ssize_t n = top_probe_tasks(p, &tasks);
	int err = n < 0 ? (int)n : !starts ? -ENOMEM : 0;

	for (ssize_t i = 0; i < n && !err && p->pid_count; i++) {
		if (!(tasks[i].flags & MMT_TOP_LEADER))
			continue;
		start_note(p, starts, &tasks[i].key);
		err = row_add(p, tasks[i].key.tgid, tasks[i].key.start_boottime);
	}
	p->starts = starts;
	return err ? rights_fail(e, err, NULL, "cannot read the processes") : 0;
}

/* Only fentry costs nothing to those that make other calls: the rest is for who asks. */
static void calls_choose(struct plan *plan, const struct top_probe_options *opt)
{
	const struct candidate **chosen = &plan->chosen[HOOK_TOP_CALLS];

	if (*chosen && strcmp((*chosen)->backend, "fentry") && !opt->calls && !opt->force[HOOK_TOP_CALLS])
		*chosen = NULL;
}

struct top_probe *top_probe_open(const struct top_probe_options *opt, struct error *e)
{
	struct top_probe *p = calloc(1, sizeof(*p));

	if (!p) {
		error_set(e, EXIT_FAILED, NULL, strerror(ENOMEM), "cannot start");
		return NULL;
	}
	plan_log(opt->verbose);
	memcpy(p->plan.force, opt->force, sizeof(p->plan.force));
	p->plan.btf = opt->btf;
	p->pids = opt->pids;
	p->pid_count = opt->pid_count;
	plan_want_object(&p->plan, OBJECT_TOP);
	if (plan_build(&p->plan, e) == 0)
		calls_choose(&p->plan, opt);
	if (e->code || object_load(p, opt, e)) {
		top_probe_free(p);
		return NULL;
	}
	p->tasks_link = bpf_program__attach_iter(p->skel->progs.top_tasks__it, NULL);
	if (!p->tasks_link) {
		rights_fail(e, -errno, "'mmtrace doctor' shows what works here", "cannot attach top_tasks__it");
		top_probe_free(p);
		return NULL;
	}
	return p;
}

int top_probe_attach(struct top_probe *p, struct error *e)
{
	return rows_choose(p, e) ? -1 : links_attach(&p->links, &p->plan, p->skel->obj, e);
}

void top_probe_detach(struct top_probe *p)
{
	links_detach(&p->links);
}

void top_probe_free(struct top_probe *p)
{
	if (!p)
		return;
	links_detach(&p->links);
	bpf_link__destroy(p->tasks_link);
	top_bpf__destroy(p->skel);
	iter_free(&p->tasks);
	free(p->starts);
	free(p);
}

const struct candidate *top_probe_backend(const struct top_probe *p, enum hook_id hook)
{
	return p->plan.chosen[hook];
}

bool top_probe_percpu(const struct top_probe *p)
{
	return p->percpu;
}

bool top_probe_pages(const struct top_probe *p)
{
	return p->pages;
}

static bool is_chosen(const struct top_probe *p, const struct mmt_top_key *key)
{
	for (int i = 0; i < p->pid_count; i++)
		if ((uint32_t)p->pids[i] == key->tgid && (!p->starts || p->starts[i] == key->start_boottime))
			return true;
	return !p->pid_count;
}

ssize_t top_probe_tasks(struct top_probe *p, const struct mmt_top_task **tasks)
{
	ssize_t n = iter_read(&p->tasks, bpf_link__fd(p->tasks_link)), used = 0;
	struct mmt_top_task *all = (void *)p->tasks.bytes;

	*tasks = all;
	if (n < 0)
		return n;
	n /= (ssize_t)sizeof(*all);
	for (ssize_t i = 0; i < n; i++)
		if (is_chosen(p, &all[i].key))
			all[used++] = all[i];
	return used;
}

int top_probe_rows(struct top_probe *p, void (*fn)(void *ctx, const void *key, const void *row), void *ctx)
{
	return map_each(p->skel->maps.rows, fn, ctx);
}

void top_probe_forget(struct top_probe *p, const struct mmt_top_key *key)
{
	bpf_map_delete_elem(bpf_map__fd(p->skel->maps.rows), key);
}

void top_probe_losses(struct top_probe *p, uint64_t out[MMT_TOP_LOSSES])
{
	for (uint32_t i = 0; i < MMT_TOP_LOSSES; i++)
		out[i] = map_sum(p->skel->maps.losses, i);
}

void top_probe_cost(struct top_probe *p, struct probe_cost *out)
{
	object_cost(p->skel->obj, out);
}
