/* SPDX-License-Identifier: GPL-2.0 */
#include "source/source.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "host/procfs.h"
#include "probe/attach.h"
#include "probe/kernel_btf.h"
#include "probe/plan.h"
#include "probe/rights.h"

struct source *source_new(const struct source_type *type, struct args *args, const struct model *model, input_fn emit,
			  void *ctx)
{
	struct source *s = xcalloc(1, type->size);

	s->type = type;
	s->args = args;
	s->model = model;
	s->emit = emit;
	s->ctx = ctx;
	return s;
}

int source_open(struct source *s, struct error *e)
{
	int err;

	plan_log(s->args->probe.verbose);
	err = s->type->traces && rights_check_start(e) ? -1 : s->type->open(s, e);
	kernel_btf_release(); /* all have looked */
	return err;
}

void source_free(struct source *s)
{
	if (!s)
		return;
	if (s->type->close)
		s->type->close(s);
	kernel_btf_release();
	free(s);
}

void emit(struct source *s, enum input_kind kind, const void *head, size_t head_size, const void *body, size_t size)
{
	struct input in = { .kind = kind, .head = head, .head_size = head_size, .body = body, .size = size };

	s->emit(s->ctx, &in);
}

void emit_cgroup(struct source *s, pid_t pid, uint64_t start_boottime)
{
	struct input_process head = { .start_boottime = start_boottime, .pid = pid };
	struct procfs_stat st;
	char path[4096];

	if (!procfs_cgroup(pid, path, sizeof(path)) || procfs_stat_read(pid, &st) || !procfs_started(&st, start_boottime))
		path[0] = '\0';
	else
		head.parent = st.ppid;
	emit(s, INPUT_CGROUP, &head, sizeof(head), path, strlen(path) + 1);
}

void emit_fact(struct source *s, const char *group, const char *key, const char *value)
{
	size_t g = strlen(group) + 1, k = strlen(key) + 1, v = strlen(value) + 1;
	char *text = xmalloc(g + k + v);

	memcpy(text, group, g);
	memcpy(text + g, key, k);
	memcpy(text + g + k, value, v);
	emit(s, INPUT_FACT, NULL, 0, text, g + k + v);
	free(text);
}

void emit_number(struct source *s, const char *group, const char *key, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	emit_fact(s, group, key, text);
}

void emit_cost(struct source *s, const struct probe_cost *bpf)
{
	struct input_cost c = { .map_bytes = bpf->map_bytes, .bpf_runs = bpf->runs, .bpf_ns = bpf->ns, .bpf_timed = bpf->timed,
				.bpf_misses = bpf->misses, .rss_bytes = procfs_own_rss(), .cpu_ns = clock_own_cpu_ns() + s->helpers_cpu_ns };

	emit(s, INPUT_COST, &c, sizeof(c), NULL, 0);
}

void emit_backend(struct source *s, enum hook_id hook, const struct candidate *c)
{
	if (!c)
		return;
	emit_fact(s, "backend", hooks[hook].key, c->backend);
	if (c->limitations[0])
		emit_fact(s, "unknown", hooks[hook].key, c->limitations);
}
