/* SPDX-License-Identifier: GPL-2.0 */
/* A process, and the faults that its threads executed: minor and major equal getrusage. */
#include "view/rows/fault.h"

static const struct process *process_of(const void *row)
{
	return row;
}

static const struct fault_stat *stat_of(const void *row)
{
	return &process_of(row)->faults;
}

#include "view/rows/stat_fields.h"

/* Of its address space as it is now, where that is read: not with -a. */
static uint64_t memory_of(const void *row, enum memory_amount amount)
{
	return process_of(row)->dead ? MEMORY_UNKNOWN : process_of(row)->memory[amount];
}

#include "view/rows/memory_fields.h"

static struct value get_proc(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return value_uint(process_of(row)->id);
}

static struct value get_pid(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return process_of(row)->merged ? value_none() : value_uint((uint64_t)process_of(row)->pid);
}

/* "12x": of so many. */
static struct value get_pid_text(const struct field *f, const void *row, const struct tick *t)
{
	const struct process *p = process_of(row);

	(void)f;
	return value_text(p->merged ? tick_printf(t, "%ux", p->merged) : tick_printf(t, "%d", p->pid));
}

static struct value get_merged(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return process_of(row)->merged ? value_uint(process_of(row)->merged) : value_none();
}

static struct value get_start(const struct field *f, const void *row, const struct tick *t)
{
	const struct process *p = process_of(row);

	(void)f, (void)t;
	return p->merged || !p->start_time ? value_none() : value_uint(p->start_time);
}

static struct value get_comm(const struct field *f, const void *row, const struct tick *t)
{
	const struct process *p = process_of(row);

	(void)f;
	return p->comm[0] ? value_text(tick_text(t, p->comm, sizeof(p->comm))) : value_none();
}

static struct value get_ppid(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return process_of(row)->ppid ? value_uint((uint64_t)process_of(row)->ppid) : value_none();
}

static struct value get_parent(const struct field *f, const void *row, const struct tick *t)
{
	const struct process *p = process_of(row);

	(void)f;
	return p->parent[0] ? value_text(tick_text(t, p->parent, sizeof(p->parent))) : value_none();
}

static struct value get_cgroup(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return process_of(row)->cgroup ? value_text(process_of(row)->cgroup) : value_none();
}

static struct value get_live(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return value_bool(!process_of(row)->dead);
}

static struct value get_gone(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return value_text(process_of(row)->dead ? "(gone)" : "");
}

static struct value get_rate(const struct field *f, const void *row, const struct tick *t)
{
	(void)f;
	return stat_rate(process_of(row)->interval_faults, &process_of(row)->faults, t);
}

static struct value get_unattributed(const struct field *f, const void *row, const struct tick *t)
{
	(void)t;
	return value_int((int64_t)(f->arg ? stat_of(row)->unattributed_major : stat_of(row)->unattributed_minor));
}

static const struct group_limit *limit_of(const void *row)
{
	const struct group_limit *l = process_of(row)->limit;

	return l && l->path[0] ? l : NULL;
}

static struct value get_limit_group(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return limit_of(row) ? value_text(limit_of(row)->path) : value_none();
}

static struct value get_limit(const struct field *f, const void *row, const struct tick *t)
{
	const struct group_limit *l = limit_of(row);

	(void)t;
	return l ? value_uint(f->arg ? l->last - l->first : l->bytes) : value_none();
}

/* clang-format off */
static const struct field fields[] = {
	{ .key = "proc", .help = "number of the process in this run", .unit = UNIT_NUMBER, .rank = RANK_DATA,
	  .get = get_proc },
	{ .key = "pid", .title = "PID", .width = 7, .help = "its number", .unit = UNIT_NUMBER, .label = true,
	  .flags = FIELD_VOLATILE, .rank = RANK_ASKED, .get = get_pid },
	{ .key = "processes", .title = "PID", .help = "its number; 12x: so many that ended", .width = 7,
	  .flags = FIELD_TABLE_ONLY, .rank = RANK_NEEDED, .get = get_pid_text },
	{ .key = "merged", .help = "it stands for so many that ended; null: it is one", .unit = UNIT_COUNT,
	  .rank = RANK_DATA, .get = get_merged },
	{ .key = "start_time", .path = "start_time_ns", .help = "when it started, of CLOCK_BOOTTIME", .unit = UNIT_NS,
	  .rank = RANK_DATA, .get = get_start },
	{ .key = "comm", .title = "COMM", .help = "its name", .width = -15, .label = true, .rank = RANK_NEEDED,
	  .get = get_comm },
	{ .key = "ppid", .title = "PPID", .help = "its parent, if that forked it while traced", .unit = UNIT_NUMBER,
	  .width = 7, .label = true, .flags = FIELD_VOLATILE, .rank = RANK_ASKED, .get = get_ppid },
	{ .key = "parent", .title = "PARENT", .help = "name of its parent then", .width = -6, .label = true,
	  .flags = FIELD_SAME_GOES, .rank = 5, .get = get_parent },
	{ .key = "limit_group", .path = "limit.group",
	  .help = "cgroup whose memory limit it is under: of those above it the lowest",
	  .rank = RANK_DATA, .get = get_limit_group },
	{ .key = "limit", .path = "limit.bytes", .title = "LIMIT", .width = 6, .help = "that limit", .unit = UNIT_BYTES,
	  .flow = FLOW_LEVEL, .merge = MERGE_MAX, .rank = RANK_ASKED, .get = get_limit, .arg = 0 },
	{ .key = "limit_hits", .path = "limit.hits", .title = "HITS", .width = 6, .flow = FLOW_LEVEL, .merge = MERGE_MAX,
	  .help = "how often that group came to it since mmtrace saw the process there", .unit = UNIT_COUNT,
	  .rank = RANK_ASKED, .get = get_limit, .arg = 1 },
	{ .key = "cgroup", .title = "CGROUP", .width = -12, .label = true, .flags = FIELD_VOLATILE, .rank = RANK_ASKED,
	  .help = "its cgroup when it was first seen or executed a program, its parent's before; null: not known",
	  .get = get_cgroup },
	{ .key = "live", .help = "has it not ended", .rank = RANK_DATA, .get = get_live },
	STAT_TOTAL
	STAT_RATE
	STAT_SPLIT
	{ .key = "unattributed_minor", .path = "faults.unattributed_minor", .unit = UNIT_COUNT, .flow = FLOW_CHANGE,
	  .help = "counted by the kernel, announced by no event (get_user_pages); part of minor", .merge = MERGE_SUM,
	  .rank = RANK_DATA, .get = get_unattributed, .arg = 0 },
	{ .key = "unattributed_major", .path = "faults.unattributed_major", .unit = UNIT_COUNT, .flow = FLOW_CHANGE,
	  .help = "likewise; part of major", .merge = MERGE_SUM, .rank = RANK_DATA, .get = get_unattributed, .arg = 1 },
#define CLASS STAT_CLASS_COLUMN
#include "wire/classes.def"
#undef CLASS
	STAT_PAGES(RANK_ASKED)
	STAT_NEW
	STAT_MODES
	STAT_CLASSES
	STAT_LATENCIES
	STAT_TIME(4)
	{ .key = "rss", .path = "rss_bytes", .title = "RSS", .unit = UNIT_BYTES, .width = 6, .flow = FLOW_LEVEL,
	  .help = "resident memory of its VMAs, where they are shown", .merge = MERGE_SUM, .rank = RANK_ASKED,
	  .get = get_memory, .arg = MEMORY_RSS, .flags = FIELD_SHOWS },
	MEMORY_FIELDS
	{ .key = "gone", .title = "", .help = "(gone): it has ended", .width = -6, .flags = FIELD_TABLE_ONLY,
	  .rank = RANK_NEEDED, .get = get_gone },
};
/* clang-format on */

static void each(const struct model *m, row_fn fn, void *ctx)
{
	for (const struct process *p = session_of(m)->processes; p; p = p->next)
		fn(ctx, p);
}

static uint64_t version(const void *row)
{
	return process_of(row)->version;
}

static bool quiet(const void *row, const struct tick *t)
{
	const struct fault_stat *s = stat_of(row);

	(void)t;
	return !stat_total(s) && !s->unattributed_minor && !s->unattributed_major;
}

const struct row_type row_process = {
	.name = "process", .noun = "process with faults", .nouns = "processes with faults",
	.help = "processes and the faults that they executed", .sort = "rate", .fields = fields, .count = FIELD_COUNT(fields),
	.each = each, .version = version, .quiet = quiet,
};

/* --- rows that went into others --- */

static struct value get_merged_id(const struct field *f, const void *row, const struct tick *t)
{
	const struct merged *m = row;

	(void)t;
	return m->what == (enum merged_what)f->arg ? value_uint(m->id) : value_none();
}

static struct value get_into(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return value_uint(((const struct merged *)row)->into);
}

static struct value get_now(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)row;
	return value_uint(t->model->now_ns);
}

/* clang-format off */
static const struct field merged_fields[] = {
	{ .key = "t", .help = "ns since t0", .unit = UNIT_NS, .get = get_now },
	{ .key = "vma", .help = "number of the VMA's row that stands in another one from now on", .unit = UNIT_NUMBER,
	  .get = get_merged_id, .arg = MERGED_VMA },
	{ .key = "proc", .help = "or of the process's", .unit = UNIT_NUMBER, .get = get_merged_id, .arg = MERGED_PROCESS },
	{ .key = "mapping", .help = "or of the mapping's", .unit = UNIT_NUMBER, .get = get_merged_id, .arg = MERGED_MAPPING },
	{ .key = "into", .help = "number of that other row", .unit = UNIT_NUMBER, .get = get_into },
};
/* clang-format on */

static void each_merged(const struct model *m, row_fn fn, void *ctx)
{
	const struct session *s = session_of(m);

	for (size_t i = 0; i < s->merged_count; i++)
		fn(ctx, &s->merged[i]);
}

const struct row_type *fault_merged_type(const void *row)
{
	static const struct row_type *const types[] = {
		[MERGED_VMA] = &row_vma, [MERGED_PROCESS] = &row_process, [MERGED_MAPPING] = &row_mapping,
	};

	return types[((const struct merged *)row)->what];
}

const struct row_type row_merged = {
	.name = "merged", .help = "a row that stands in another one from now on", .fields = merged_fields,
	.count = FIELD_COUNT(merged_fields), .each = each_merged,
};
