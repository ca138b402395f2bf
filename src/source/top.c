/* SPDX-License-Identifier: GPL-2.0 */
/* The source of top: rows of processes kept in the kernel, and all threads as they
 * stand at each reading. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "host/cgroup.h"
#include "model/top.h"
#include "probe/top.h"
#include "source/source.h"

#define BATCH 256

struct top_source { struct source s; struct top_probe *probe; };

struct rows { struct source *s; struct input_top_row row[BATCH]; size_t count; };

static struct top_probe *probe_of(struct source *s)
{
	return ((struct top_source *)s)->probe;
}

/* --- a reading --- */

static void rows_emit(struct rows *r)
{
	if (r->count)
		emit(r->s, INPUT_TOP_ROWS, NULL, 0, r->row, r->count * sizeof(r->row[0]));
	r->count = 0;
}

static void on_row(void *ctx, const void *key, const void *row)
{
	struct rows *r = ctx;

	memcpy(&r->row[r->count].key, key, sizeof(r->row[0].key));
	memcpy(&r->row[r->count].row, row, sizeof(r->row[0].row));
	if (++r->count == BATCH)
		rows_emit(r);
}

static void on_final(void *ctx, const struct mmt_top_key *key)
{
	top_probe_forget(ctx, key);
}

static void emit_state(struct source *s)
{
	uint64_t losses[MMT_TOP_LOSSES] = { 0 };
	struct probe_cost cost;

	top_probe_losses(probe_of(s), losses);
	emit(s, INPUT_LOSSES, NULL, 0, losses, sizeof(losses));
	top_probe_cost(probe_of(s), &cost);
	emit_cost(s, &cost);
}

static void read_cgroups(struct source *s)
{
	const struct top_list *all = &top_of(s->model)->processes;

	for (size_t i = 0; i < all->count; i++) {
		const struct top_process *p = all->at[i];

		if (!p->special && !p->ended && !p->cgroup_read)
			emit_cgroup(s, (pid_t)p->key.tgid, p->key.start_boottime);
	}
}

static int take_reading(struct source *s, struct error *e)
{
	struct rows *rows = xcalloc(1, sizeof(*rows));
	const struct mmt_top_task *tasks;
	ssize_t n = top_probe_tasks(probe_of(s), &tasks);
	int err = n < 0 ? (int)n : 0;

	rows->s = s;
	emit(s, INPUT_TOP_BEGIN, NULL, 0, NULL, 0);
	if (n > 0)
		emit(s, INPUT_TOP_TASKS, NULL, 0, tasks, (size_t)n * sizeof(*tasks));
	if (!err)
		err = top_probe_rows(probe_of(s), on_row, rows);
	rows_emit(rows);
	free(rows);
	if (err) /* half a reading is none */
		return error_set(e, error_code_of(err), NULL, strerror(-err), "cannot read the processes");
	emit(s, INPUT_TOP_END, NULL, 0, NULL, 0);
	read_cgroups(s);
	top_each_final(top_of(s->model), on_final, probe_of(s));
	emit_state(s);
	return 0;
}

/* --- start --- */

/* Which numbers this kernel cannot give. */
static void emit_unknown(struct source *s)
{
	static const char *const keys[TOP_METRICS] = {
#define METRIC(ID, key, ...) [TOP_##ID] = key,
#include "model/top_metrics.def"
#undef METRIC
	};
	static const struct { enum hook_id hook; enum top_metric first, last; const char *why; } needs[] = {
		{ HOOK_TOP_CALLS, TOP_MMAP, TOP_MUNMAP, "this kernel refuses fentry; --calls counts them by system calls" },
		{ HOOK_TOP_ALLOC, TOP_KMEM, TOP_PAGES_COUNT, "no hook on allocations works here: 'mmtrace doctor'" },
		{ HOOK_TOP_RECLAIM, TOP_RECLAIM, TOP_MEMCG_COUNT, "no hook on reclaim works here: 'mmtrace doctor'" },
		{ HOOK_TOP_COMPACT, TOP_COMPACT, TOP_COMPACT_COUNT, "no hook on compaction works here: 'mmtrace doctor'" },
		{ HOOK_TOP_SWAPIN, TOP_SWAP_INS, TOP_SWAP_INS, "needs fentry, which this kernel refuses: 'mmtrace doctor'" },
	};

	for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++)
		for (int m = (int)needs[i].first; m <= (int)needs[i].last; m++)
			if (!top_probe_backend(probe_of(s), needs[i].hook))
				emit_fact(s, "unknown", keys[m], needs[i].why);
}

#define NO_PERCPU "the kernel's per-CPU variables cannot be read: its BTF does not show them, or they lie elsewhere"

/* Without them the pages of an address space are known by half, and an interrupt is charged
 * to whom it interrupts. */
static void emit_unknown_percpu(struct source *s)
{
	static const char *const pages[] = { "rss", "rss_change" };
	static const char *const keys[TOP_METRICS] = {
#define METRIC(ID, key, ...) [TOP_##ID] = key,
#include "model/top_metrics.def"
#undef METRIC
	};

	for (size_t i = 0; i < 2 && !top_probe_pages(probe_of(s)); i++)
		emit_fact(s, "unknown", pages[i], NO_PERCPU);
	for (int m = TOP_KMEM; m <= TOP_PAGES_COUNT && !top_probe_percpu(probe_of(s)); m++)
		emit_fact(s, "unknown", keys[m], NO_PERCPU "; what interrupts allocate cannot be told apart");
}

static int top_open(struct source *s, struct error *e)
{
	const struct args *a = s->args;
	struct top_probe_options o = {
		.btf = a->probe.btf,
		.rows = a->probe.rows,
		.cgroup = -1,
		.pids = a->target.pids.id,
		.pid_count = a->target.pids.count,
		.calls = a->top.calls,
		.verbose = a->probe.verbose,
	};

	memcpy(o.force, a->probe.force, sizeof(o.force));
	if (target_check(s, false, false, e) || (a->target.cgroup && (o.cgroup = cgroup_open(a->target.cgroup, e)) < 0))
		return -1;
	((struct top_source *)s)->probe = top_probe_open(&o, e);
	if (o.cgroup >= 0)
		close(o.cgroup); /* a map holds the cgroup now */
	if (!probe_of(s) || top_probe_attach(probe_of(s), e))
		return -1;
	for (int h = 0; h < HOOK_COUNT; h++)
		if (top_probe_backend(probe_of(s), (enum hook_id)h))
			emit_fact(s, "backend", hooks[h].key, top_probe_backend(probe_of(s), (enum hook_id)h)->backend);
	emit_unknown_percpu(s);
	emit_unknown(s);
	return 0;
}

static int top_start(struct source *s, struct error *e)
{
	return take_reading(s, e);
}

static int top_read(struct source *s, bool last, struct error *e)
{
	return last ? 0 : take_reading(s, e);
}

/* The last reading comes before detaching: who ends later was met by it. */
static int top_stop(struct source *s, struct error *e)
{
	if (take_reading(s, e))
		return -1;
	top_probe_detach(probe_of(s));
	return 0;
}

static bool top_ended(struct source *s)
{
	return s->args->target.pids.count && s->model->ticks && !top_any_lives(top_of(s->model));
}

static void top_close(struct source *s)
{
	top_probe_free(probe_of(s));
}

const struct source_type source_top = {
	.name = "top",
	.traces = true,
	.size = sizeof(struct top_source),
	.open = top_open,
	.start = top_start,
	.read = top_read,
	.stop = top_stop,
	.ended = top_ended,
	.close = top_close,
};
