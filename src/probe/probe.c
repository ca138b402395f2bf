/* SPDX-License-Identifier: GPL-2.0 */
/* Plan, load, attach.  A candidate is tried by loading and attaching a
 * two-instruction program of each of its kinds (trial.c); the winners' real
 * programs are then loaded in one object. */
#include "probe/probe.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "wire/config.h"

#include "mmtrace.skel.h"
#include "probe/direct_map.h"
#include "probe/perf.h"
#include "probe/trial.h"

#define MAX_LINKS 512
#define LAYOUT_BUFFER (1 << 20)

struct probe {
	struct mmtrace_bpf *skel;
	const struct candidate *chosen[HOOK_COUNT];
	struct bpf_link *links[MAX_LINKS];
	int link_count;
	struct bpf_link *layout_link, *residual_link;
	struct ring_buffer *control, *data;
	int epoll;
	record_fn fn;
	void *fn_ctx;
	uint8_t *layout;
	size_t layout_size;
	bool peek;
};

static int quiet(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	(void)level;
	(void)fmt;
	(void)ap;
	return 0;
}

static int loud(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	return level <= LIBBPF_INFO ? vfprintf(stderr, fmt, ap) : 0;
}

void probe_trials(const struct probe_options *opt, struct trial *out)
{
	struct trial_env *env;

	libbpf_set_print(opt->verbose ? loud : quiet);
	env = trial_open(opt->btf);
	for (size_t i = 0; i < candidate_count; i++)
		trial_run(env, &candidates[i], &out[i]);
	trial_close(env);
}

static int plan_fail(enum hook_id hook, const struct trial *trials, const char *forced, struct error *e)
{
	char cause[sizeof(e->cause)] = "";
	int err = 0;

	for (size_t i = 0; i < candidate_count; i++) {
		size_t used = strlen(cause);

		if (candidates[i].hook != hook || !trials[i].done)
			continue;
		err = trials[i].err;
		snprintf(cause + used, sizeof(cause) - used, "%s%s: %s", used ? "; " : "", candidates[i].backend,
			 trials[i].why);
	}
	if (!cause[0])
		snprintf(cause, sizeof(cause), "no backend is called '%s'", forced ? forced : "");
	if (!err)
		return error_set(e, EXIT_USAGE, "see 'mmtrace doctor' for the backends", cause, "cannot force %s=%s",
				 hooks[hook].key, forced ? forced : "");
	return error_set(e, err == -EPERM || err == -EACCES ? (geteuid() ? EXIT_NOT_PERMITTED : EXIT_KERNEL_CANNOT)
							     : EXIT_KERNEL_CANNOT,
			 geteuid() ? "run it as root" : "'mmtrace doctor' shows what this kernel offers", cause,
			 "cannot trace %s", hooks[hook].help);
}

/* Chooses a candidate for each hook: the first that works. */
static int plan_build(struct probe *p, const struct probe_options *opt, struct error *e)
{
	struct trial_env *env = trial_open(opt->btf);
	struct trial trials[candidate_count];
	int err = 0;

	memset(trials, 0, sizeof(trials));
	for (int h = 0; h < HOOK_COUNT && !err; h++) {
		for (size_t i = 0; i < candidate_count && !p->chosen[h]; i++) {
			if ((int)candidates[i].hook != h ||
			    (opt->force[h] && strcmp(opt->force[h], candidates[i].backend)))
				continue;
			trial_run(env, &candidates[i], &trials[i]);
			if (!trials[i].err)
				p->chosen[h] = &candidates[i];
		}
		if (!p->chosen[h] && (hooks[h].needed || opt->force[h]))
			err = plan_fail(h, trials, opt->force[h], e);
	}
	trial_close(env);
	return err;
}

static void plan_autoload(struct probe *p)
{
	for (int h = 0; h < HOOK_COUNT; h++) {
		if (!p->chosen[h])
			continue;
		for (const char *const *name = p->chosen[h]->progs; *name; name++) {
			struct bpf_program *prog = bpf_object__find_program_by_name(p->skel->obj, *name);

			if (prog)
				bpf_program__set_autoload(prog, true);
		}
	}
}

static int object_load(struct probe *p, const struct probe_options *opt, struct error *e)
{
	LIBBPF_OPTS(bpf_object_open_opts, o, .btf_custom_path = opt->btf);
	struct direct_map dm;
	int err;

	p->skel = mmtrace_bpf__open_opts(&o);
	if (!p->skel)
		return error_set(e, EXIT_FAILED, NULL, strerror(errno), "cannot open the BPF object");
	plan_autoload(p);
	if (opt->ring_bytes)
		bpf_map__set_max_entries(p->skel->maps.data_ring, (uint32_t)opt->ring_bytes);
	if (direct_map_find(&dm, opt->btf) == 0) {
		p->skel->rodata->mmt_config.direct_map = dm.base;
		p->skel->rodata->mmt_config.levels = (uint32_t)dm.levels;
		p->peek = true;
	}
	p->skel->rodata->mmt_config.follow = opt->follow;
	p->skel->rodata->mmt_config.residual = bpf_program__autoload(p->skel->progs.residual__it);
	p->skel->rodata->mmt_config.filter_tid = opt->filter_tid;
	p->skel->rodata->mmt_config.wake_bytes = bpf_map__max_entries(p->skel->maps.data_ring) / 4;
	err = mmtrace_bpf__load(p->skel);
	if (err)
		return error_set(e, error_code_of(err), "-v shows what the verifier says", strerror(-err),
				 "cannot load the BPF programs");
	return 0;
}

static int on_record(void *ctx, void *bytes, size_t size)
{
	struct probe *p = ctx;

	return p->fn ? p->fn(p->fn_ctx, bytes, size) : 0;
}

static int rings_open(struct probe *p, struct error *e)
{
	p->control = ring_buffer__new(bpf_map__fd(p->skel->maps.control_ring), on_record, p, NULL);
	p->data = ring_buffer__new(bpf_map__fd(p->skel->maps.data_ring), on_record, p, NULL);
	if (!p->control || !p->data)
		return error_set(e, EXIT_FAILED, NULL, strerror(errno), "cannot map the rings");
	return 0;
}

struct probe *probe_open(const struct probe_options *opt, struct error *e)
{
	struct probe *p = calloc(1, sizeof(*p));

	if (!p) {
		error_set(e, EXIT_FAILED, NULL, strerror(ENOMEM), "cannot start");
		return NULL;
	}
	libbpf_set_print(opt->verbose ? loud : quiet);
	if (plan_build(p, opt, e) || object_load(p, opt, e) || rings_open(p, e)) {
		probe_free(p);
		return NULL;
	}
	return p;
}

static int link_add(struct probe *p, struct bpf_link *link)
{
	if (!link)
		return -errno;
	if (p->link_count == MAX_LINKS) {
		bpf_link__destroy(link);
		return -E2BIG;
	}
	p->links[p->link_count++] = link;
	return 0;
}

/* One perf event per online CPU; a program on each. */
static int attach_perf(struct probe *p, struct bpf_program *prog, bool major)
{
	int fds[PERF_MAX_CPUS], n = perf_open_all(major, fds), err = 0;

	if (n < 0)
		return n;
	for (int i = 0; i < n; i++) {
		if (!err)
			err = link_add(p, bpf_program__attach_perf_event(prog, fds[i]));
		if (err)
			close(fds[i]);
	}
	return err;
}

static int attach_one(struct probe *p, const char *name)
{
	struct bpf_program *prog = bpf_object__find_program_by_name(p->skel->obj, name);

	if (!prog)
		return -ENOENT;
	if (!strcmp(name, "fault_min__pe") || !strcmp(name, "fault_maj__pe"))
		return attach_perf(p, prog, !strcmp(name, "fault_maj__pe"));
	if (!strcmp(name, "residual__it")) {
		p->residual_link = bpf_program__attach_iter(prog, NULL);
		return p->residual_link ? 0 : -errno;
	}
	if (!strcmp(name, "layout__it"))
		return 0; /* attached to one pid at each reading */
	return link_add(p, bpf_program__attach(prog));
}

int probe_attach(struct probe *p, struct error *e)
{
	/* completions first: a fault begun before shows up without latency,
	 * one begun after is never left without its end */
	for (int h = HOOK_COUNT - 1; h >= 0; h--) {
		const struct candidate *c = p->chosen[h];
		int n = 0;

		while (c && c->progs[n])
			n++;
		while (n-- > 0) {
			int err = attach_one(p, c->progs[n]);

			if (err)
				return error_set(e, error_code_of(err), "'mmtrace doctor' shows what works here",
						 strerror(-err), "cannot attach %s", c->progs[n]);
		}
	}
	return 0;
}

void probe_detach(struct probe *p)
{
	while (p->link_count > 0)
		bpf_link__destroy(p->links[--p->link_count]);
}

void probe_free(struct probe *p)
{
	if (!p)
		return;
	probe_detach(p);
	bpf_link__destroy(p->residual_link);
	ring_buffer__free(p->control);
	ring_buffer__free(p->data);
	mmtrace_bpf__destroy(p->skel);
	free(p->layout);
	free(p);
}

int probe_add_target(struct probe *p, pid_t tgid)
{
	struct mmt_target t = { 0 };
	uint32_t key = (uint32_t)tgid;

	return bpf_map_update_elem(bpf_map__fd(p->skel->maps.targets), &key, &t, BPF_ANY) ? -errno : 0;
}

int probe_add_tid(struct probe *p, pid_t tid)
{
	uint32_t key = (uint32_t)tid, one = 1;

	return bpf_map_update_elem(bpf_map__fd(p->skel->maps.tids), &key, &one, BPF_ANY) ? -errno : 0;
}

const struct candidate *probe_backend(const struct probe *p, enum hook_id hook)
{
	return p->chosen[hook];
}

bool probe_has_peek(const struct probe *p)
{
	return p->peek;
}

int probe_fd(const struct probe *p)
{
	return ring_buffer__epoll_fd(p->data);
}

int probe_control_fd(const struct probe *p)
{
	return ring_buffer__epoll_fd(p->control);
}

int probe_drain(struct probe *p, record_fn fn, void *ctx)
{
	int n, total = 0;

	p->fn = fn;
	p->fn_ctx = ctx;
	n = ring_buffer__consume(p->control);
	if (n >= 0)
		total += n;
	n = ring_buffer__consume(p->data);
	if (n >= 0)
		total += n;
	/* a fault drained just now may belong to what the control ring got meanwhile */
	n = ring_buffer__consume(p->control);
	p->fn = NULL;
	return n >= 0 ? total + n : n;
}

static ssize_t iter_read(struct probe *p, int link_fd)
{
	int fd = bpf_iter_create(link_fd);
	size_t used = 0;
	ssize_t n;

	if (fd < 0)
		return -errno;
	for (;;) {
		if (p->layout_size - used < LAYOUT_BUFFER / 4) {
			uint8_t *bigger = realloc(p->layout, p->layout_size + LAYOUT_BUFFER);

			if (!bigger) {
				n = -ENOMEM;
				break;
			}
			p->layout = bigger;
			p->layout_size += LAYOUT_BUFFER;
		}
		n = read(fd, p->layout + used, p->layout_size - used);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (n <= 0)
			break;
		used += (size_t)n;
	}
	close(fd);
	return n < 0 ? n : (ssize_t)used;
}

void probe_residual(struct probe *p)
{
	if (p->residual_link)
		iter_read(p, bpf_link__fd(p->residual_link));
}

ssize_t probe_layout(struct probe *p, pid_t pid, const uint8_t **bytes)
{
	union bpf_iter_link_info info = { .task.pid = (uint32_t)pid };
	LIBBPF_OPTS(bpf_iter_attach_opts, o, .link_info = &info, .link_info_len = sizeof(info));
	struct bpf_link *link = bpf_program__attach_iter(p->skel->progs.layout__it, &o);
	ssize_t n;

	if (!link)
		return -errno;
	n = iter_read(p, bpf_link__fd(link));
	bpf_link__destroy(link);
	*bytes = p->layout;
	return n;
}

void probe_losses(struct probe *p, uint64_t out[MMT_LOSS_COUNT])
{
	int cpus = libbpf_num_possible_cpus();
	uint64_t values[cpus > 0 ? cpus : 1];

	for (uint32_t i = 0; i < MMT_LOSS_COUNT; i++) {
		out[i] = 0;
		if (bpf_map_lookup_elem(bpf_map__fd(p->skel->maps.losses), &i, values))
			continue;
		for (int c = 0; c < cpus; c++)
			out[i] += values[c];
	}
}

void probe_cost(struct probe *p, struct probe_cost *out)
{
	struct bpf_program *prog;
	struct bpf_map *map;

	memset(out, 0, sizeof(*out));
	bpf_object__for_each_program(prog, p->skel->obj) {
		struct bpf_prog_info info = { 0 };
		uint32_t len = sizeof(info);
		int fd = bpf_program__fd(prog);

		if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &len))
			continue;
		out->runs += info.run_cnt;
		out->ns += info.run_time_ns;
		out->misses += info.recursion_misses;
	}
	bpf_object__for_each_map(map, p->skel->obj) {
		uint64_t bytes = (uint64_t)bpf_map__max_entries(map);

		if (bpf_map__type(map) != BPF_MAP_TYPE_RINGBUF)
			bytes *= bpf_map__key_size(map) + bpf_map__value_size(map) + 48;
		out->map_bytes += bytes;
	}
}
