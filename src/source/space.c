/* SPDX-License-Identifier: GPL-2.0 */
/* The source of layout: /proc, ELF files, and what BPF programs read of the kernel.  Without the rights for
 * BPF a process of one's own is shown by what /proc says. */
#include "source/space.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "host/marks.h"
#include "host/procfs.h"
#include "model/fault/vm.h"
#include "model/space.h"
#include "probe/rights.h"

#define USER_END (1ull << 63)

static struct space_source *space_in(struct source *s)
{
	return (struct space_source *)s;
}

/* --- facts --- */

static void emit_max_map_count(struct source *s)
{
	FILE *f = fopen("/proc/sys/vm/max_map_count", "re");
	uint64_t n;

	if (f && fscanf(f, "%" SCNu64, &n) == 1)
		emit_number(s, "option", "max_map_count", n);
	if (f)
		fclose(f);
}

static void emit_vsyscall(struct source *s)
{
	uint64_t start, end;
	char perm[5];

	if (!procfs_vsyscall(&start, &end, perm))
		return;
	emit_number(s, "option", "vsyscall_start", start);
	emit_number(s, "option", "vsyscall_end", end);
	emit_number(s, "option", "vsyscall_flags", (perm[0] == 'r' ? VM_READ : 0) | (perm[2] == 'x' ? VM_EXEC : 0));
}

static void emit_facts(struct space_source *s)
{
	const struct layout_args *a = &s->s.args->layout;
	char why[200];

	emit_fact(&s->s, "option", "elf_given", "");
	emit_max_map_count(&s->s);
	emit_vsyscall(&s->s);
	if (s->s.args->layout.wide)
		emit_fact(&s->s, "option", "wide", "");
	if (a->pages)
		emit_fact(&s->s, "option", "pages", "");
	if (a->range.to) {
		emit_number(&s->s, "option", "range_from", a->range.from);
		emit_number(&s->s, "option", "range_to", a->range.to);
	}
	if (s->probe)
		return;
	snprintf(why, sizeof(why), "BPF programs cannot be loaded: %s", strerror(-s->probe_err));
	emit_fact(&s->s, "unknown", "marks", why);
}

/* --- marks --- */

/* In mm_struct they are pages. */
static uint64_t in_bytes(enum mmt_mark m, uint64_t v)
{
	static const bool pages[MMT_MARKS] = {
#define PAGES true
#define ADDRESS false
#define BYTES false
#define COUNT false
#define MARK(ID, key, field, unit, help) [MMT_MARK_##ID] = unit,
#include "wire/marks.def"
#undef MARK
#undef PAGES
#undef ADDRESS
#undef BYTES
#undef COUNT
	};

	return pages[m] ? v << 12 : v;
}

/* 0 or a negative errno: it is no longer there. */
static int emit_begin(struct space_source *s)
{
	struct input_space in = { .now = clock_monotonic_ns() - s->s.t0, .pid = s->pid };
	struct procfs_stat st;
	int err = procfs_stat_read(s->pid, &st);

	if (err || st.start_ticks != s->start_ticks)
		return -ESRCH;
	in.threads = (int32_t)st.threads;
	in.start_boottime = st.start_ticks * procfs_tick_ns();
	err = marks_read(s->tid, in.mark);
	if (!err)
		err = marks_rss(s->tid, in.rss);
	if (err)
		return err;
	s->kernel_read = s->probe && !space_read(s->probe, s->tid, &s->kernel);
	for (int i = 0; s->kernel_read && i < MMT_MARKS; i++)
		in.mark[i] = in_bytes((enum mmt_mark)i, s->kernel.mark[i]);
	emit(&s->s, INPUT_SPACE_BEGIN, &in, sizeof(in), NULL, 0);
	return 0;
}

/* --- a reading --- */

static int read_refused(const struct space_source *s, int err, struct error *e)
{
	const char *hint = geteuid() ? "run it as root, or as the user of a process that may be dumped"
				     : "root lacks CAP_SYS_PTRACE over it: dropped, refused by an LSM, or it is in another "
				       "user namespace";

	if (err == -EACCES || err == -EPERM)
		return error_set(e, EXIT_NOT_PERMITTED, hint, strerror(-err),
				 "cannot read the address space of pid %d", s->pid);
	return error_set(e, EXIT_FAILED, NULL, err == -ESRCH || err == -ENOENT ? "it has ended" : strerror(-err),
			 "cannot read the address space of pid %d", s->pid);
}

/* 0, or a negative errno: nothing was emitted, or what was is not complete. */
static int read_space(struct space_source *s)
{
	const struct layout_args *a = &s->s.args->layout;
	struct input_space_end end = { 0 };
	bool racing = false;
	int err;

	s->tid = procfs_living(s->pid);
	if (s->tid < 0)
		return -ESRCH;
	err = space_vmas_read(s, &racing);
	if (!err)
		err = emit_begin(s);
	if (err)
		return err;
	space_files_read(s);
	space_vmas_emit(s, space_of(s->s.model)->now.start_boottime);
	end.racing = racing;
	emit(&s->s, INPUT_SPACE_END, &end, sizeof(end), NULL, 0);
	if (args_given(s->s.args, "walk"))
		space_walk_read(s, a->walk);
	if (a->pages)
		space_pages_read(s, a->range.to ? a->range.from : 0, a->range.to ? a->range.to : USER_END);
	else if (args_given(s->s.args, "walk") && a->walk < USER_END)
		space_pages_read(s, a->walk & ~4095ull, (a->walk & ~4095ull) + 4096);
	return 0;
}

/* --- the run --- */

static void open_probe(struct space_source *s)
{
	s->probe_err = rights_read_kernel() ? space_open(&s->probe, s->s.args->probe.btf) : -EPERM;
	if (s->probe_err)
		s->probe = NULL;
}

static int space_source_open(struct source *source, struct error *e)
{
	struct space_source *s = space_in(source);
	struct procfs_stat st;

	if (source->args->layout.kernel) {
		emit_fact(source, "option", "kernel", "");
		open_probe(s);
		return 0;
	}
	if (target_check(source, false, false, e))
		return -1;
	s->pid = source->args->target.pids.id[0];
	if (procfs_stat_read(s->pid, &st))
		return read_refused(s, -ESRCH, e);
	s->start_ticks = st.start_ticks;
	s->opener = opener_start(&opener_elf_headers); /* while nothing is there that it would keep */
	open_probe(s);
	emit_facts(s);
	return 0;
}

/* A table at once, not after the first interval. */
static int space_survey(struct source *source, struct error *e)
{
	struct space_source *s = space_in(source);
	struct input_tick tick = { 0 };
	int err = source->args->layout.kernel ? space_kernel_read(s) : read_space(s);

	if (err)
		return read_refused(s, err, e);
	if (!source->args->time.interval_ns)
		return 0;
	tick.now = clock_monotonic_ns();
	emit(source, INPUT_TICK, &tick, sizeof(tick), NULL, 0);
	return 0;
}

/* What it was last is shown again where it has ended meanwhile. */
static int space_read_again(struct source *source, bool last, struct error *e)
{
	struct space_source *s = space_in(source);
	int err;

	if (s->ended || (last && procfs_living(s->pid) >= 0))
		return 0;
	err = last ? -ESRCH : read_space(s);
	if (err == -ESRCH || err == -ENOENT) {
		s->ended = true;
		emit_fact(source, "option", "ended", "");
		return 0;
	}
	return err ? read_refused(s, err, e) : 0;
}

static bool space_ended(struct source *source)
{
	struct space_source *s = space_in(source);

	return s->ended || !source->args->time.interval_ns || procfs_living(s->pid) < 0;
}

static void space_close(struct source *source)
{
	struct space_source *s = space_in(source);

	space_vmas_clean(&s->vmas);
	space_free(s->probe);
	opener_free(s->opener);
}

const struct source_type source_space = {
	.name = "space",
	.traces = true,
	.size = sizeof(struct space_source),
	.open = space_source_open,
	.survey = space_survey,
	.read = space_read_again,
	.ended = space_ended,
	.close = space_close,
};
