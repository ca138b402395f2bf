/* SPDX-License-Identifier: GPL-2.0 */
/* Rows of top: a process, or those that ended of one name. */
#include "view/rows/top.h"

#include "view/rows/run.h"

static const struct top_process *process_of(const void *row)
{
	return row;
}

static struct value get_pid(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return process_of(row)->key.tgid ? value_uint(process_of(row)->key.tgid) : value_none();
}

static struct value get_start(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return process_of(row)->key.tgid ? value_uint(process_of(row)->key.start_boottime) : value_none();
}

static struct value get_cgroup(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return process_of(row)->cgroup ? value_text(process_of(row)->cgroup) : value_none();
}

static struct value get_ppid(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return process_of(row)->ppid ? value_uint(process_of(row)->ppid) : value_none();
}

static struct value get_parent(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return process_of(row)->parent[0] ? value_text(process_of(row)->parent) : value_none();
}

static struct value get_live(const struct field *f, const void *row, const struct tick *t)
{
	const struct top_process *p = process_of(row);

	(void)f, (void)t;
	return p->special || p->members ? value_none() : value_bool(!p->ended);
}

static struct value get_ended(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return process_of(row)->members ? value_uint(process_of(row)->members) : value_none();
}

static struct value get_comm(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return value_text(process_of(row)->comm);
}

static struct value get_tail(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return value_bool(process_of(row)->tail_unknown);
}

/* "3 ended", "ended". */
static struct value get_note(const struct field *f, const void *row, const struct tick *t)
{
	const struct top_process *p = process_of(row);

	(void)f;
	return value_text(p->members ? tick_printf(t, " %u ended", p->members) : p->ended ? " ended" : "");
}

static const char *const keys[TOP_METRICS] = {
#define METRIC(ID, key, ...) [TOP_##ID] = key,
#include "model/top_metrics.def"
#undef METRIC
};

static bool is_unknown(const struct tick *t, int metric)
{
	return model_fact(t->model, "unknown", keys[metric]) != NULL;
}

static struct value get_metric(const struct field *f, const void *row, const struct tick *t)
{
	const struct top_process *p = process_of(row);

	if (is_unknown(t, f->arg) || !top_value_known(p, (enum top_metric)f->arg))
		return value_none();
	return value_int(p->now.v[f->arg]);
}

static struct value added_metric(const struct field *f, const void *row, const struct tick *t)
{
	const struct top_process *p = process_of(row);

	if (is_unknown(t, f->arg) || !top_value_known(p, (enum top_metric)f->arg))
		return value_none();
	return value_int(p->now.v[f->arg] - p->before.v[f->arg]);
}

#define FLOW_OF_RATE FLOW_TOTAL
#define FLOW_OF_LOST FLOW_TOTAL
#define FLOW_OF_CHANGE FLOW_CHANGE
#define FLOW_OF_LEVEL FLOW_LEVEL
#define SHOW_RATE SHOW_PER_SECOND
#define SHOW_LOST SHOW_ADDED
#define SHOW_CHANGE SHOW_ADDED
#define SHOW_LEVEL SHOW_VALUE
#define RANK_1 1
#define RANK_0 RANK_ASKED

#define METRIC_FIELD(ID, metric_key, metric_path, metric_title, how, unit_, table, metric_help, getter, adder) \
	{ .key = metric_key,                                                                                   \
	  .path = metric_path,                                                                                 \
	  .title = metric_title,                                                                               \
	  .help = metric_help,                                                                                 \
	  .unit = UNIT_##unit_,                                                                                \
	  .width = 7,                                                                                          \
	  .flow = FLOW_OF_##how,                                                                               \
	  .merge = MERGE_SUM,                                                                                  \
	  .show_as = SHOW_##how,                                                                               \
	  .flags = FIELD_ZERO_GOES,                                                                            \
	  .rank = RANK_##table,                                                                                \
	  .get = getter,                                                                                       \
	  .added = adder,                                                                                      \
	  .arg = TOP_##ID },

/* clang-format off */
static const struct field fields[] = {
	{ .key = "pid", .title = "PID", .help = "its number; null: no process, or those that ended of one name",
	  .unit = UNIT_NUMBER, .width = 7, .label = true, .flags = FIELD_VOLATILE, .get = get_pid },
	{ .key = "start_time", .path = "start_time_ns", .help = "when it started, of CLOCK_BOOTTIME", .unit = UNIT_NS,
	  .rank = RANK_DATA, .get = get_start },
	{ .key = "comm", .title = "COMMAND", .help = "its name; [interrupts], [no room]", .width = -15, .label = true,
	  .get = get_comm },
	{ .key = "cgroup", .title = "CGROUP", .width = -12, .label = true, .flags = FIELD_VOLATILE, .rank = RANK_ASKED,
	  .help = "its cgroup when it was first seen with this name; null: not known, or of several processes",
	  .get = get_cgroup },
	{ .key = "ppid", .title = "PPID", .help = "its parent when it was first seen; null: not known, or of several",
	  .unit = UNIT_NUMBER, .width = 7, .label = true, .flags = FIELD_VOLATILE, .rank = RANK_ASKED, .get = get_ppid },
	{ .key = "parent", .title = "PARENT", .help = "name of its parent then", .width = -7, .label = true,
	  .flags = FIELD_VOLATILE, .rank = RANK_ASKED, .get = get_parent },
	{ .key = "live", .help = "has it not ended", .rank = RANK_DATA, .get = get_live },
	{ .key = "ended", .help = "at the end of the run: so many that ended of this name; null: it is one",
	  .unit = UNIT_COUNT, .rank = RANK_DATA, .merge = MERGE_SUM, .get = get_ended },
	{ .key = "tail_unknown", .help = "no event came of its end: its last faults are missing", .rank = RANK_DATA,
	  .get = get_tail },
#define METRIC(...) METRIC_FIELD(__VA_ARGS__, get_metric, added_metric)
#include "model/top_metrics.def"
#undef METRIC
	{ .key = "note", .title = "", .help = "has it ended", .width = -6, .flags = FIELD_TABLE_ONLY, .get = get_note },
};
/* clang-format on */

static void each(const struct model *m, row_fn fn, void *ctx)
{
	top_each(top_of(m), fn, ctx);
}

static uint64_t version(const void *row)
{
	return process_of(row)->version;
}

/* Did it do nothing, in the interval or (at the end) since the start? */
static bool quiet(const void *row, const struct tick *t)
{
	const struct top_process *p = process_of(row);

	for (int m = 0; m < TOP_METRICS; m++)
		if (m != TOP_RSS && p->now.v[m] != (t->interval_ns ? p->before.v[m] : 0))
			return false;
	return true;
}

const struct row_type row_top = {
	.name = "top", .alias = "process", .noun = "did something", .nouns = "did something",
	.help = "processes: faults, memory, time lost",
	.sort = "minor", .tie = "pid", .fields = fields, .count = FIELD_COUNT(fields),
	.each = each, .version = version, .quiet = quiet,
};

/* --- the whole --- */

static struct value get_sum(const struct field *f, const void *row, const struct tick *t)
{
	return is_unknown(t, f->arg) ? value_none() : value_int(top_of(row)->total.v[f->arg]);
}

static struct value get_tails_unknown(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return value_uint(top_of(row)->tails_unknown);
}

/* clang-format off */
#define LOST(k, help_text) .key = k, .path = "lost." k, .help = help_text, .unit = UNIT_COUNT, .flow = FLOW_TOTAL

static const struct field end_fields[] = {
#define METRIC(...) METRIC_FIELD(__VA_ARGS__, get_sum, NULL)
#include "model/top_metrics.def"
#undef METRIC
	{ LOST("rows_full", "process table full: events added to [no room]; --rows gives more"), .get = run_loss,
	  .arg = MMT_TOP_ROWS_FULL },
	{ LOST("stalls_full", "stalls counted without their time"), .get = run_loss, .arg = MMT_TOP_STALLS_FULL },
	{ LOST("tails_unknown", "processes of whose end no event came: their last faults are missing"),
	  .get = get_tails_unknown },
	{ LOST("probe_missed", "events while the same program ran on that CPU"), .get = run_probe_missed },
	{ LOST("decode_error", "damaged inputs, not counted"), .get = run_decode_errors },
};
/* clang-format on */

const struct row_type row_top_end = { .name = "end", .fields = end_fields, .count = FIELD_COUNT(end_fields) };
