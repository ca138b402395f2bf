/* SPDX-License-Identifier: GPL-2.0 */
#include "probe/hist_ended.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/map.h"
#include "probe/kernel_read.h"

struct process { uint64_t id; struct mmt_hist_process p; };
struct row { struct mmt_hist_key key; struct mmt_hist_row sum; };

struct walk {
	struct hist_ended *e;
	struct process *processes;
	size_t process_count, process_room;
	struct row *rows;
	size_t row_count, row_room;
	struct map ended; /* ids; the values mean nothing */
};

struct mmt_hist_row hist_row_sum(const struct mmt_hist_row *per_cpu)
{
	struct mmt_hist_row sum = { 0 };
	int cpus = libbpf_num_possible_cpus();

	for (int c = 0; c < cpus; c++) {
		sum.count += per_cpu[c].count;
		sum.requested += per_cpu[c].requested;
		sum.allocated += per_cpu[c].allocated;
	}
	return sum;
}

static void on_process(void *ctx, const void *key, const void *value)
{
	const struct mmt_hist_process *p = value;
	struct walk *w = ctx;

	if (!p->ended)
		return;
	w->processes = xgrow(w->processes, w->process_count, &w->process_room, sizeof(*w->processes));
	w->processes[w->process_count++] = (struct process){ *(const uint64_t *)key, *p };
	map_set_number(&w->ended, *(const uint64_t *)key, w);
}

static void on_row(void *ctx, const void *key, const void *value)
{
	const struct mmt_hist_key *k = key;
	struct walk *w = ctx;

	if (k->op == MMT_OP_FALLBACK || !map_get_number(&w->ended, k->k[w->e->at]))
		return;
	w->rows = xgrow(w->rows, w->row_count, &w->row_room, sizeof(*w->rows));
	w->rows[w->row_count++] = (struct row){ *k, hist_row_sum(value) };
}

/* What has ended changes no more: a walk meets all of it, and once. */
static void hand_over(struct walk *w)
{
	struct hist_ended *e = w->e;

	for (size_t i = 0; i < w->process_count; i++)
		e->process(e->ctx, w->processes[i].id, &w->processes[i].p);
	for (size_t i = 0; i < w->row_count; i++) {
		e->row(e->ctx, &w->rows[i].key, &w->rows[i].sum);
		bpf_map_delete_elem(bpf_map__fd(e->rows), &w->rows[i].key);
	}
	for (size_t i = 0; i < w->process_count; i++)
		bpf_map_delete_elem(bpf_map__fd(e->processes), &w->processes[i].id);
	e->removed = (uint32_t)w->row_count;
}

int hist_ended_take(struct hist_ended *e)
{
	struct walk w = { .e = e, .ended = MAP(1) };
	int err = map_each(e->processes, on_process, &w);

	if (!err && w.process_count)
		err = map_each(e->rows, on_row, &w);
	if (!err)
		hand_over(&w);
	free(w.processes);
	free(w.rows);
	map_free(&w.ended);
	return err;
}
