/* SPDX-License-Identifier: GPL-2.0 */
/* The probe of the fault commands: plan, load, attach, rings, layout. */
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

#define LAYOUT_BUFFER (1 << 20)

struct probe {
	struct mmtrace_bpf *skel;
	struct plan plan;
	struct links links;
	struct bpf_link *layout_link, *residual_link;
	struct ring_buffer *control, *data;
	int epoll;
	record_fn fn;
	void *fn_ctx;
	uint8_t *layout;
	size_t layout_size;
	bool peek;
};

static int object_load(struct probe *p, const struct probe_options *opt, struct error *e)
{
	LIBBPF_OPTS(bpf_object_open_opts, o, .btf_custom_path = opt->btf);
	struct direct_map dm;
	int err;

	p->skel = mmtrace_bpf__open_opts(&o);
	if (!p->skel)
		return error_set(e, EXIT_FAILED, NULL, strerror(errno), "cannot open the BPF object");
	plan_autoload(&p->plan, p->skel->obj);
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
	plan_log(opt->verbose);
	memcpy(p->plan.force, opt->force, sizeof(p->plan.force));
	p->plan.btf = opt->btf;
	plan_want_object(&p->plan, OBJECT_MMTRACE);
	if (plan_build(&p->plan, e) || object_load(p, opt, e) || rings_open(p, e)) {
		probe_free(p);
		return NULL;
	}
	return p;
}

int probe_attach(struct probe *p, struct error *e)
{
	if (bpf_program__autoload(p->skel->progs.residual__it)) {
		p->residual_link = bpf_program__attach_iter(p->skel->progs.residual__it, NULL);
		if (!p->residual_link)
			return error_set(e, error_code_of(-errno), "'mmtrace doctor' shows what works here",
					 strerror(errno), "cannot attach residual__it");
	}
	return links_attach(&p->links, &p->plan, p->skel->obj, e);
}

void probe_detach(struct probe *p)
{
	links_detach(&p->links);
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
	return p->plan.chosen[hook];
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
	object_cost(p->skel->obj, out);
}
