/* SPDX-License-Identifier: GPL-2.0 */
/* What the rings do not bring. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "host/procfs.h"
#include "source/fault.h"

#define LAYOUT_TRIES 3

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

int fault_on_record(void *ctx, const void *bytes, size_t size)
{
	struct fault_source *f = ctx;
	struct input in = { .kind = INPUT_RECORD, .body = bytes, .size = size };

	int err = f->s.emit(f->s.ctx, &in);

	if (size >= sizeof(struct mmt_head) && wants_vmas(f->s.args, (pid_t)((const struct mmt_head *)bytes)->tgid))
		elf_ask_seen(&f->elf, bytes, size);
	return err;
}

static void read_layout(struct fault_source *f, pid_t pid)
{
	struct input_process head = { .pid = pid };

	for (int i = 0; i < LAYOUT_TRIES; i++) {
		const uint8_t *bytes = NULL;
		ssize_t n = probe_layout(f->probe, pid, &bytes);

		if (n <= 0)
			return;
		elf_ask_layout(&f->elf, pid, bytes, (size_t)n);
		emit(&f->s, INPUT_LAYOUT, &head, sizeof(head), bytes, (size_t)n);
		if (!session_layout_raced(session_of(f->s.model), pid))
			return;
	}
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

/* Reads the layouts that changed (all of them where the kernel does not say so),
 * and finds out which processes are gone. */
static void read_layouts(struct fault_source *f)
{
	const struct mmt_watch *w = NULL;
	ssize_t n = probe_watch(f->probe, &w);
	struct mmt_watch *watch = n > 0 ? xmalloc((size_t)n * sizeof(*watch)) : NULL;

	if (watch)
		memcpy(watch, w, (size_t)n * sizeof(*watch)); /* reading a layout reuses the buffer */
	emit(&f->s, INPUT_WATCH, NULL, 0, watch, watch ? (size_t)n * sizeof(*watch) : 0);
	for (ssize_t i = 0; watch && i < n; i++) {
		pid_t pid = (pid_t)watch[i].tgid;

		if (!wants_vmas(f->s.args, pid) || session_layout_current(session_of(f->s.model), pid, &watch[i]))
			continue;
		read_layout(f, pid);
		/* it waits for the process's mmap_lock: the rings do not */
		probe_drain(f->probe, false, fault_on_record, f);
	}
	free(watch);
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

int fault_refresh(struct fault_source *f, bool all, struct error *e)
{
	static const struct aggregate_reader reader = { on_row, on_gone, on_process };
	uint64_t losses[MMT_LOSS_COUNT] = { 0 };
	int err;
	_Static_assert(MMT_LOSS_COUNT <= MODEL_LOSSES, "struct model holds all losses");

	read_layouts(f);
	err = probe_drain(f->probe, all, fault_on_record, f);
	if (!err)
		err = probe_aggregate(f->probe, all, &reader, f);
	stacks_read(&f->s);
	resident_read(&f->resident, &f->s, wants_vmas);
	if (all)
		elf_finish(&f->elf);
	probe_losses(f->probe, losses);
	losses[MMT_LOSS_FILES_REMOTE] = f->elf.remote;
	losses[MMT_LOSS_FILES_LATE] = f->elf.late;
	losses[MMT_LOSS_FILES_UNASKED] = f->elf.unasked;
	emit(&f->s, INPUT_LOSSES, NULL, 0, losses, sizeof(losses));
	/* what was not read would be missing without a word */
	return err ? error_set(e, EXIT_FAILED, NULL, strerror(-err), "cannot read what was counted") : 0;
}
