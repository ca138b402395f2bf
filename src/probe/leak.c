/* SPDX-License-Identifier: GPL-2.0 */
#include "probe/leak.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "host/procfs.h"
#include "probe/kernel_btf.h"
#include "probe/kernel_read.h"
#include "probe/objects.h"
#include "probe/pidns.h"

#include "leak.skel.h" /* after wire/leak.h, whose types it uses */

struct leak_probe {
	struct leak_bpf *skel;
	struct plan plan;
	struct links links;
	int cpus;
};

static int object_load(struct leak_probe *p, const struct leak_options *opt, struct error *e)
{
	LIBBPF_OPTS(bpf_object_open_opts, o, .btf_custom_path = opt->btf);
	uint32_t domains = opt->config.domains;
	int err;

	p->skel = leak_object_open(&o);
	if (!p->skel)
		return error_set(e, EXIT_FAILED, NULL, strerror(errno), "cannot open the BPF object");
	plan_autoload(&p->plan, p->skel->obj);
	bpf_program__set_autoload(p->skel->progs.leak_now__sc, true);
	bpf_map__set_max_entries(p->skel->maps.objects, opt->entries);
	bpf_map__set_max_entries(p->skel->maps.followed, opt->config.filter_pid ? procfs_processes_max() : 1);
	/* the stacks take 3 MB: not where none is asked for */
	if (!opt->config.stacks && !(domains & (1 << MMT_LEAK_VMALLOC | 1 << MMT_LEAK_PAGE)) &&
	    !p->plan.chosen[HOOK_LEAK_BULK]) {
		bpf_map__set_max_entries(p->skel->maps.stacks, 1);
		bpf_map__set_max_entries(p->skel->maps.more_stacks, 1);
	}
	p->skel->rodata->leak_config = opt->config;
	if (links_check_files(p->skel->obj, e))
		return -1;
	p->skel->rodata->pidns_inner = pidns_prepare(p->skel->obj);
	kernel_btf_release(); /* libbpf has its own now */
	err = leak_bpf__load(p->skel);
	if (!err)
		err = pidns_find(p->skel->obj);
	if (err == -ENOMEM || err == -E2BIG)
		return error_set(e, EXIT_FAILED, "--entries N makes the table smaller", strerror(-err),
				 "cannot make a table of %u allocations", opt->entries);
	return err ? rights_load_fail(e, err) : 0;
}

struct leak_probe *leak_probe_open(const struct leak_options *opt, struct error *e)
{
	struct leak_probe *p = calloc(1, sizeof(*p));
	uint32_t domains = opt->config.domains;
	bool *want;

	if (!p) {
		error_set(e, EXIT_FAILED, NULL, strerror(ENOMEM), "cannot start");
		return NULL;
	}
	plan_log(opt->verbose);
	p->cpus = libbpf_num_possible_cpus();
	memcpy(p->plan.force, opt->force, sizeof(p->plan.force));
	p->plan.btf = opt->btf;
	want = p->plan.want;
	want[HOOK_LEAK_SLAB] = domains & (1 << MMT_LEAK_KMALLOC | 1 << MMT_LEAK_SLAB);
	want[HOOK_LEAK_BULK] = want[HOOK_LEAK_SLAB];
	want[HOOK_LEAK_VMALLOC] = domains & 1 << MMT_LEAK_VMALLOC;
	want[HOOK_LEAK_LIFE] = opt->config.filter_pid;
	want[HOOK_LEAK_PAGE] = domains & 1 << MMT_LEAK_PAGE;
	if (p->cpus < 1)
		rights_fail(e, p->cpus, "/sys/devices/system/cpu/possible shows them", "cannot count the CPUs");
	if (p->cpus < 1 || plan_build(&p->plan, e) || object_load(p, opt, e)) {
		leak_probe_free(p);
		return NULL;
	}
	return p;
}

int leak_probe_attach(struct leak_probe *p, struct error *e)
{
	return links_attach(&p->links, &p->plan, p->skel->obj, e);
}

void leak_probe_detach(struct leak_probe *p)
{
	links_detach(&p->links);
}

void leak_probe_free(struct leak_probe *p)
{
	if (!p)
		return;
	leak_probe_detach(p);
	leak_bpf__destroy(p->skel);
	free(p);
}

int leak_add_target(struct leak_probe *p, pid_t tgid)
{
	return pidns_follow(p->skel->obj, p->skel->maps.followed, tgid);
}

bool leak_target_lives(const struct leak_probe *p)
{
	return map_any_lives(p->skel->maps.followed, false);
}

const struct candidate *leak_backend(const struct leak_probe *p, enum hook_id hook)
{
	return p->plan.chosen[hook];
}

uint32_t leak_site_end(const struct leak_probe *p)
{
	uint32_t end = p->skel->data->next_site, max = bpf_map__max_entries(p->skel->maps.sites);

	return end < max ? end : max;
}

bool leak_site(const struct leak_probe *p, uint32_t number, struct mmt_leak_site *out)
{
	return !bpf_map_lookup_elem(bpf_map__fd(p->skel->maps.sites), &number, out) && out->ready;
}

bool leak_count(const struct leak_probe *p, uint32_t number, struct mmt_leak_count *out)
{
	struct mmt_leak_count values[p->cpus];

	memset(out, 0, sizeof(*out));
	if (bpf_map_lookup_elem(bpf_map__fd(p->skel->maps.site_counts), &number, values))
		return false;
	for (int c = 0; c < p->cpus; c++) {
		out->held += values[c].held;
		out->released += values[c].released;
		out->reused += values[c].reused;
	}
	return true;
}

int leak_stack(const struct leak_probe *p, int32_t id, uint64_t out[MMT_LEAK_STACK])
{
	struct bpf_map *map = id & MMT_LEAK_MORE_STACKS ? p->skel->maps.more_stacks : p->skel->maps.stacks;
	int32_t key = id & (MMT_LEAK_MORE_STACKS - 1);
	int n = 0;

	memset(out, 0, MMT_LEAK_STACK * sizeof(*out));
	if (id < 0 || bpf_map_lookup_elem(bpf_map__fd(map), &key, out))
		return 0;
	while (n < MMT_LEAK_STACK && out[n])
		n++;
	return n;
}

/* Jiffies now; 0 or a negative errno. */
static int read_jiffies(const struct leak_probe *p, uint64_t *out)
{
	LIBBPF_OPTS(bpf_test_run_opts, o);

	if (bpf_prog_test_run_opts(bpf_program__fd(p->skel->progs.leak_now__sc), &o))
		return -errno;
	*out = p->skel->data->now_jiffies;
	return 0;
}

struct object_visit { void (*fn)(void *ctx, uint32_t site, uint64_t age); void *ctx; uint64_t now, tick_ns; };

static void on_object(void *ctx, const void *key, const void *value)
{
	const struct object_visit *v = ctx;
	const struct mmt_leak_object *o = value;

	(void)key;
	v->fn(v->ctx, o->site, v->now > o->jiffies ? (v->now - o->jiffies) * v->tick_ns : 0);
}

int leak_each(const struct leak_probe *p, void (*fn)(void *ctx, uint32_t site, uint64_t age), void *ctx)
{
	struct object_visit v = { .fn = fn, .ctx = ctx };
	struct timespec tick; /* the coarse clocks advance with the jiffies */
	int err = read_jiffies(p, &v.now);

	clock_getres(CLOCK_MONOTONIC_COARSE, &tick);
	v.tick_ns = (uint64_t)tick.tv_sec * CLOCK_SECOND_NS + (uint64_t)tick.tv_nsec;
	return err ? err : map_each(p->skel->maps.objects, on_object, &v);
}

void leak_losses(const struct leak_probe *p, uint64_t out[MMT_LEAK_LOSSES])
{
	for (uint32_t i = 0; i < MMT_LEAK_LOSSES; i++)
		out[i] = map_sum(p->skel->maps.losses, i);
}

void leak_cost(const struct leak_probe *p, struct probe_cost *out)
{
	object_cost(p->skel->obj, out);
}
