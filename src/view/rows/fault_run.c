/* SPDX-License-Identifier: GPL-2.0 */
/* What the first and last lines of live and trace have of their own. */
#include "model/fault/loss.h"
#include "view/rows/fault.h"
#include "view/rows/stack.h"
#include "view/rows/run.h"

static const struct fault_stat *stat_of(const void *row)
{
	return &session_of(row)->faults;
}

#include "view/rows/stat_fields.h"

static struct value get_span(const struct field *f, const void *row, const struct tick *t)
{
	(void)t;
	return value_text(model_fact(row, "run", f->key));
}

/* clang-format off */
static const struct field start_fields[] = {
	{ .key = "latency_span", .help = "what a latency spans", .get = get_span },
};
/* clang-format on */

const struct row_type row_fault_start = { .name = "start", .fields = start_fields, .count = FIELD_COUNT(start_fields) };

static struct value get_unattributed(const struct field *f, const void *row, const struct tick *t)
{
	(void)t;
	return value_int((int64_t)(f->arg ? stat_of(row)->unattributed_major : stat_of(row)->unattributed_minor));
}

static struct value get_rusage(const struct field *f, const void *row, const struct tick *t)
{
	const struct session *s = session_of(row);

	(void)t;
	if (!s->rusage_known)
		return value_none();
	return value_uint(f->arg ? s->rusage.major : s->rusage.minor);
}

static struct value get_level(const struct field *f, const void *row, const struct tick *t)
{
	const struct session *s = session_of(row);

	(void)t;
	if (f->arg == 2)
		return value_uint(s->sample_max);
	if (!s->level.sample) /* no --max-overhead, or nothing was measured yet */
		return value_none();
	return f->arg == 1 ? value_uint(s->level.sample) : value_real(s->level.overhead_pct);
}

static struct value get_level_name(const struct field *f, const void *row, const struct tick *t)
{
	static const char *const names[] = {
#define LEVEL(name, ...) name,
#include "input/levels.def"
#undef LEVEL
	};
	const struct session *s = session_of(row);

	(void)f, (void)t;
	if (!s->level.sample || s->level.level >= sizeof(names) / sizeof(names[0]))
		return value_none();
	return value_text(names[s->level.level]);
}

static struct value get_calls_apart(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return session_of(row)->count_calls ? value_uint(session_of(row)->calls_apart) : value_none();
}

/* faults 0, calls 1, and of these those shown: 2, 3 */
static struct value get_shown(const struct field *f, const void *row, const struct tick *t)
{
	const struct event_counts *n = &session_of(row)->events;
	const uint64_t values[] = { n->faults, n->calls, n->shown_faults, n->shown_calls };

	(void)t;
	return session_of(row)->filter.on ? value_uint(values[f->arg]) : value_none();
}

/* One group at a time: JSON opens an object for each. */
#define LOSS_FIELD(NAME, loss_key, loss_help, prefix) \
	{ .key = loss_key,                            \
	  .path = prefix loss_key,                    \
	  .help = loss_help,                          \
	  .unit = UNIT_COUNT,                         \
	  .flow = FLOW_TOTAL,                         \
	  .get = run_loss,                            \
	  .arg = MMT_LOSS_##NAME },
#define IF_events_events(row) row
#define IF_events_detail(row)
#define IF_events_lost(row)
#define IF_detail_events(row)
#define IF_detail_detail(row) row
#define IF_detail_lost(row)
#define IF_lost_events(row)
#define IF_lost_detail(row)
#define IF_lost_lost(row) row

static struct value get_stacks(const struct field *f, const void *row, const struct tick *t)
{
	(void)f;
	return stacks_value(session_of(row), t);
}

static struct value get_failures(const struct field *f, const void *row, const struct tick *t)
{
	(void)f;
	return failures_value(session_of(row), t);
}

/* clang-format off */
static const struct field end_fields[] = {
	STAT_TOTAL
	STAT_SPLIT
	{ .key = "unattributed_minor", .path = "faults.unattributed_minor", .unit = UNIT_COUNT, .flow = FLOW_CHANGE,
	  .help = "counted by the kernel, announced by no event (get_user_pages, sampling); part of minor",
	  .get = get_unattributed, .arg = 0 },
	{ .key = "unattributed_major", .path = "faults.unattributed_major", .unit = UNIT_COUNT, .flow = FLOW_CHANGE,
	  .help = "likewise; part of major", .get = get_unattributed, .arg = 1 },
	{ .key = "kernel_minor", .path = "faults.kernel_minor", .unit = UNIT_COUNT, .flow = FLOW_LEVEL,
	  .help = "of -- CMD: minor faults that wait4 counted, less those before the exec", .get = get_rusage,
	  .arg = 0 },
	{ .key = "kernel_major", .path = "faults.kernel_major", .unit = UNIT_COUNT, .flow = FLOW_LEVEL,
	  .help = "likewise, major faults", .get = get_rusage, .arg = 1 },
	STAT_MODES
	STAT_CLASSES
	STAT_LATENCIES
	{ .key = "stacks", .rank = RANK_DATA, .merge = MERGE_NONE, .get = get_stacks,
	  .help = "with -U: {complete, guessed, incomplete, none, why}: faults by how much of their call stack is "
	  "known; none: its frames "
		  "are not here; why: by how the walk ended; null: no stacks were asked for" },
	{ .key = "failures", .rank = RANK_DATA, .merge = MERGE_NONE, .get = get_failures,
	  .help = "the first faults that failed and were looked at: [{t, pid, tid, comm, addr, outcome, mode, name, perm}]; "
		  "outcome: SIGSEGV, SIGBUS, EFAULT (in a system call), null: not known; name and perm of the mapping" },
#define LOSS(NAME, n, group, key, help) IF_events_##group(LOSS_FIELD(NAME, key, help, "events."))
#include "wire/loss.def"
	{ .key = "calls_apart", .unit = UNIT_COUNT, .flow = FLOW_TOTAL, .get = get_calls_apart,
	  .help = "with --calls: calls on no mapping that is known, or that the rings had no room for (failed ones and "
		  "other calls too); else null" },
#undef LOSS
#define LOSS(NAME, n, group, key, help) IF_detail_##group(LOSS_FIELD(NAME, key, help, "detail_lost."))
#include "wire/loss.def"
#undef LOSS
#define LOSS(NAME, n, group, key, help) IF_lost_##group(LOSS_FIELD(NAME, key, help, "lost."))
#include "wire/loss.def"
#undef LOSS
	{ .key = "probe_missed", .path = "lost.probe_missed",
	  .help = "runs of programs that the kernel refused: one was active on that CPU", .unit = UNIT_COUNT,
	  .flow = FLOW_TOTAL, .get = run_probe_missed },
	{ .key = "decode_error", .path = "lost.decode_error", .help = "damaged records, not counted",
	  .unit = UNIT_COUNT, .flow = FLOW_TOTAL, .get = run_decode_errors },
	{ .key = "filter_faults", .path = "filter.faults", .unit = UNIT_COUNT, .flow = FLOW_TOTAL, .get = get_shown, .arg = 0,
	  .help = "faults that had an event of their own; null: nothing was left out by options" },
	{ .key = "filter_calls", .path = "filter.calls", .unit = UNIT_COUNT, .flow = FLOW_TOTAL, .get = get_shown, .arg = 1,
	  .help = "likewise, mapping calls" },
	{ .key = "shown_faults", .path = "filter.shown_faults", .unit = UNIT_COUNT, .flow = FLOW_TOTAL, .get = get_shown,
	  .arg = 2, .help = "faults of these that options let pass" },
	{ .key = "shown_calls", .path = "filter.shown_calls", .unit = UNIT_COUNT, .flow = FLOW_TOTAL, .get = get_shown,
	  .arg = 3, .help = "likewise, mapping calls" },
	{ .key = "overhead_pct", .path = "overhead.overhead_pct", .unit = UNIT_PERCENT, .flow = FLOW_LEVEL,
	  .help = "with --max-overhead: what tracing cost the targets in the last interval, % of their CPU time",
	  .get = get_level, .arg = 0 },
	{ .key = "level", .path = "overhead.level", .get = get_level_name,
	  .help = "with --max-overhead: stream, aggregate or sample, at the end" },
	{ .key = "sample", .path = "overhead.sample", .unit = UNIT_NUMBER, .get = get_level, .arg = 1,
	  .help = "with --max-overhead: 1 in so many minor faults was looked at, at the end" },
	{ .key = "sample_max", .path = "overhead.sample_max", .unit = UNIT_NUMBER, .get = get_level, .arg = 2,
	  .help = "1 in so many at most; a count x by VMA or class is then true to about 2 sqrt((sample_max - 1) x)" },
};
/* clang-format on */

const struct row_type row_fault_end = { .name = "end", .fields = end_fields, .count = FIELD_COUNT(end_fields) };
