/* SPDX-License-Identifier: GPL-2.0 */
/* What the rings do not bring. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "host/procfs.h"
#include "source/fault.h"
#include "source/group_limits.h"

#define LAYOUT_TRIES 3
#define CGROUPS_NOW 500 /* read in an interval before its end */

/* Among many processes only those that the user asked for show their VMAs. */
static bool wants_vmas(const struct args *a, pid_t pid)
{
	if (!a->target.all && !a->target.cgroup)
		return true;
	for (int i = 0; i < a->fault.expand.count; i++)
		if (a->fault.expand.id[i] == pid)
			return true;
	return false;
}

/* Who executes a program may have been moved before: many do not live until the next reading. */
static void read_cgroup_of(struct fault_source *f, const struct mmt_head *h)
{
	const struct process *p = session_find(session_of(f->s.model), (pid_t)h->tgid);

	if (h->kind == MMT_KIND_EXEC && p && f->cgroups_now++ < CGROUPS_NOW)
		emit_cgroup(&f->s, p->pid, p->start_time);
}

/* Once of each that is met; of those that ended before, what their parent had. */
static void read_cgroups(struct fault_source *f)
{
	f->cgroups_now = 0;
	for (const struct process *p = session_of(f->s.model)->processes; p; p = p->next)
		if (!p->dead && !p->cgroup_read)
			emit_cgroup(&f->s, p->pid, p->start_time);
}

int fault_on_record(void *ctx, const void *bytes, size_t size)
{
	struct fault_source *f = ctx;
	struct input in = { .kind = INPUT_RECORD, .body = bytes, .size = size };
	int err = f->s.emit(f->s.ctx, &in);

	if (size >= sizeof(struct mmt_head))
		read_cgroup_of(f, bytes);
	if (size >= sizeof(struct mmt_head) && wants_vmas(f->s.args, (pid_t)((const struct mmt_head *)bytes)->tgid))
		elf_ask_seen(&f->elf, bytes, size);
	return err;
}

/* true: it changed while it was read. */
static bool read_layout(struct fault_source *f, pid_t pid)
{
	struct input_process head = { .pid = pid };
	const uint8_t *bytes = NULL;
	ssize_t n = probe_layout(f->probe, pid, &bytes);
	bool raced = false;

	if (n > 0) {
		elf_ask_layout(&f->elf, pid, bytes, (size_t)n);
		unwind_ask_layout(&f->unwind, pid, 0, bytes, (size_t)n);
		emit(&f->s, INPUT_LAYOUT, &head, sizeof(head), bytes, (size_t)n);
		raced = session_layout_raced(session_of(f->s.model), pid);
	}
	/* it waits for the process's mmap_lock: the rings do not */
	probe_drain(f->probe, false, fault_on_record, f);
	return raced;
}

/* Notices processes whose exit record was lost.  Those that have just been listed
 * live; /proc, which costs much more, is asked for the rest: zombies, those that
 * had no room in the table of targets, and those that are gone. */
static void find_dead(struct fault_source *f)
{
	for (const struct process *p = session_of(f->s.model)->processes; p; p = p->next) {
		struct input_process head = { .start_boottime = p->start_time, .pid = p->pid };
		struct procfs_stat st;

		if (p->dead || p->listed)
			continue;
		if (procfs_stat_read(p->pid, &st) || !procfs_started(&st, p->start_time))
			emit(&f->s, INPUT_GONE, &head, sizeof(head), NULL, 0);
		else
			emit(&f->s, INPUT_COMM, &head, sizeof(head), st.comm, strlen(st.comm) + 1);
	}
}

/* Reading many layouts may take seconds on a busy machine, and the rings bring rows all the while. */
static void merge_if_many(struct fault_source *f)
{
	const struct model *m = f->s.model;
	struct input_retain retain = { .now = clock_monotonic_ns(), .between = true };

	if (m->type->over_limit(m, retain.now))
		emit(&f->s, INPUT_RETAIN, &retain, sizeof(retain), NULL, 0);
}

/* Those of the list whose layouts changed (all of them where the kernel does not say so),
 * from the one on that had no turn last time. */
static size_t changed_ones(const struct fault_source *f, const struct mmt_watch *watch, size_t n, pid_t *out)
{
	size_t first = 0, count = 0;

	while (first < n && (pid_t)watch[first].tgid != f->turn)
		first++;
	for (size_t i = 0; i < n; i++) {
		const struct mmt_watch *w = &watch[(first + i) % n];

		if (wants_vmas(f->s.args, (pid_t)w->tgid) &&
		    !session_layout_current(session_of(f->s.model), (pid_t)w->tgid, w))
			out[count++] = (pid_t)w->tgid;
	}
	return count;
}

/* Each is read once before any is read again, and no longer than half an interval: one that
 * maps without end, or holds its lock, delays the others to their turn at most. */
static void read_changed(struct fault_source *f, pid_t *pids, size_t n, bool last)
{
	uint64_t interval = f->s.args->time.interval_ns ? f->s.args->time.interval_ns : CLOCK_SECOND_NS;
	uint64_t until = last ? ~0ull : clock_monotonic_ns() + interval / 2;

	f->turn = 0;
	for (int i = 0; i < LAYOUT_TRIES && n; i++) {
		size_t raced = 0;

		for (size_t k = 0; k < n; k++) {
			if (clock_monotonic_ns() >= until) {
				f->turn = i ? 0 : pids[k];
				return;
			}
			if (read_layout(f, pids[k]))
				pids[raced++] = pids[k];
			merge_if_many(f);
		}
		n = raced;
	}
}

/* Reads the layouts that changed, and finds out which processes are gone. */
static void read_layouts(struct fault_source *f, bool last)
{
	const struct mmt_watch *w = NULL;
	ssize_t n = probe_watch(f->probe, &w);
	pid_t *pids = n > 0 ? xmalloc((size_t)n * sizeof(*pids)) : NULL;

	emit(&f->s, INPUT_WATCH, NULL, 0, pids ? w : NULL, pids ? (size_t)n * sizeof(*w) : 0);
	if (pids) /* reading a layout reuses the buffer of the list */
		read_changed(f, pids, changed_ones(f, w, (size_t)n, pids), last);
	free(pids);
	find_dead(f);
}

static bool on_row(void *ctx, const struct mmt_aggregate_key *key, const struct mmt_aggregate_row *row)
{
	struct fault_source *f = ctx;

	emit(&f->s, INPUT_ROW, key, sizeof(*key), row, sizeof(*row));
	return session_row_final(session_of(f->s.model), key);
}

static void on_gone(void *ctx, const struct mmt_aggregate_key *key, const struct mmt_aggregate_row *row)
{
	emit(&((struct fault_source *)ctx)->s, INPUT_ROW_GONE, key, sizeof(*key), row, sizeof(*row));
}

static void on_process(void *ctx, const struct mmt_aggregate_process_key *key,
		       const struct mmt_aggregate_process *process)
{
	emit(&((struct fault_source *)ctx)->s, INPUT_ROW_PROCESS, key, sizeof(*key), process, sizeof(*process));
}

/* Those of processes that ended go once they have been read without news. */
static bool on_stack_row(void *ctx, const struct mmt_stack_key *key, const struct mmt_stack_row *row)
{
	const struct input_stack_row one = { *key, *row };
	struct fault_source *f = ctx;

	if (!stacks_row_news(session_of(f->s.model), &one))
		return row->count && stacks_row_final(session_of(f->s.model), key);
	emit(&f->s, INPUT_STACK_ROWS, NULL, 0, &one, sizeof(one));
	return false;
}

int fault_refresh(struct fault_source *f, bool all, struct error *e)
{
	static const struct aggregate_reader reader = { on_row, on_gone, on_process };
	uint64_t losses[MMT_LOSS_COUNT] = { 0 };
	int err;
	_Static_assert(MMT_LOSS_COUNT <= MODEL_LOSSES, "struct model holds all losses");

	read_layouts(f, all);
	err = probe_drain(f->probe, all, fault_on_record, f);
	if (!err)
		err = probe_aggregate(f->probe, all, &reader, f);
	if (!err)
		err = probe_stacks(f->probe, on_stack_row, f);
	read_cgroups(f);
	stacks_read(&f->s);
	resident_read(&f->resident, &f->s, f->probe, wants_vmas);
	group_limits_read(&f->s, all);
	if (all)
		elf_finish(&f->elf);
	probe_losses(f->probe, all, losses);
	losses[MMT_LOSS_FILES_REMOTE] = f->elf.remote;
	losses[MMT_LOSS_FILES_LATE] = f->elf.late;
	losses[MMT_LOSS_FILES_UNASKED] = f->elf.unasked;
	emit(&f->s, INPUT_LOSSES, NULL, 0, losses, sizeof(losses));
	/* what was not read would be missing without a word */
	return err ? error_set(e, EXIT_FAILED, NULL, strerror(-err), "cannot read what was counted") : 0;
}
