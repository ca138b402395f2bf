/* SPDX-License-Identifier: GPL-2.0 */
/* Fields of whatever has fault statistics: VMAs, processes, the whole run.  Each file
 * that includes this defines first
 *   static const struct fault_stat *stat_of(const void *row);
 * and puts STAT_TOTAL ... STAT_LATENCIES where these fields belong among its own. */
#include "model/fault/session.h"
#include "view/rows/stat.h"

static struct value get_total(const struct field *f, const void *row, const struct tick *t)
{
	const struct fault_stat *s = stat_of(row);

	(void)f, (void)t;
	return value_uint(stat_total(s) + s->unattributed_minor + s->unattributed_major);
}

static struct value get_minor(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return value_uint(stat_of(row)->minor + stat_of(row)->unattributed_minor);
}

static struct value get_major(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return value_uint(stat_of(row)->major + stat_of(row)->unattributed_major);
}

static struct value get_error(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return value_uint(stat_of(row)->error);
}

static __attribute__((unused)) struct value get_foreign(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return value_uint(stat_of(row)->foreign);
}

static __attribute__((unused)) struct value get_mode(const struct field *f, const void *row, const struct tick *t)
{
	(void)t;
	return value_uint(stat_of(row)->mode[f->arg]);
}

static __attribute__((unused)) struct value get_class_count(const struct field *f, const void *row,
							    const struct tick *t)
{
	(void)t;
	return value_uint(stat_class_count(stat_of(row), (enum mmt_class)f->arg));
}

/* arg: of that class; MMT_CLASS_COUNT: of all.  Of what was never looked up it is not known. */
static __attribute__((unused)) struct value get_new(const struct field *f, const void *row, const struct tick *t)
{
	(void)t;
	return stat_pages(stat_of(row), f->arg, stat_fresh);
}

static __attribute__((unused)) struct value get_there(const struct field *f, const void *row, const struct tick *t)
{
	(void)t;
	return stat_pages(stat_of(row), f->arg, stat_there);
}

static struct value get_classes(const struct field *f, const void *row, const struct tick *t)
{
	(void)f;
	return stat_classes(stat_of(row), t);
}

/* arg: percent; above 100: the maximum. */
static struct value get_latency(const struct field *f, const void *row, const struct tick *t)
{
	return stat_latency(stat_of(row), f->arg, t);
}

static __attribute__((unused)) struct value get_time(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return stat_time(stat_of(row));
}

/* clang-format off */
/* The counts of a table, in the order of its columns. */
#define STAT_TOTAL \
	{ .key = "faults", .path = "faults.total", .title = "FAULTS", .help = "faults since the start", .unit = UNIT_COUNT, \
	  .width = 8, .flow = FLOW_TOTAL, .merge = MERGE_SUM, .rank = RANK_NEEDED, .get = get_total },

/* Of rows that have intervals: the file defines get_rate(). */
#define STAT_RATE \
	{ .key = "rate", .title = "FLT/s", \
	  .help = "faults a second in the last interval; in the summary, of the run", .unit = UNIT_RATE, .width = 8, \
	  .flow = FLOW_RATE, .merge = MERGE_SUM, .flags = FIELD_TABLE_ONLY, .rank = 1, .get = get_rate },

#define STAT_MINOR_MAJOR \
	{ .key = "minor", .path = "faults.minor", .title = "MINOR", .help = "minor faults", .unit = UNIT_COUNT, .width = 8, \
	  .flow = FLOW_TOTAL, .merge = MERGE_SUM, .rank = 62, .get = get_minor }, \
	{ .key = "major", .path = "faults.major", .title = "MAJOR", .help = "major faults", .unit = UNIT_COUNT, .width = 6, \
	  .flow = FLOW_TOTAL, .merge = MERGE_SUM, .rank = 4, .flags = FIELD_ZERO_GOES, .get = get_major }, \
	{ .key = "error", .path = "faults.error", .title = "ERR", .unit = UNIT_COUNT, .width = 5, .flow = FLOW_TOTAL, \
	  .help = "faults that failed (SIGBUS, SIGSEGV, out of memory): neither minor nor major", .merge = MERGE_SUM, \
	  .rank = RANK_ASKED, .get = get_error },

#define STAT_SPLIT \
	STAT_MINOR_MAJOR \
	{ .key = "foreign", .path = "faults.foreign", .title = "FOREIGN", .help = "faults executed by another process", \
	  .unit = UNIT_COUNT, .width = 7, .flow = FLOW_TOTAL, .merge = MERGE_SUM, .rank = RANK_ASKED, .get = get_foreign },

#define STAT_CLASS_COLUMN(NAME, n, class_key, class_title, class_help) \
	{ .key = class_key, .title = class_title, .help = class_help, .unit = UNIT_COUNT, .width = 7, .flow = FLOW_TOTAL, \
	  .merge = MERGE_SUM, .rank = RANK_CLASS, .flags = FIELD_TABLE_ONLY, .get = get_class_count, .arg = n },

#define STAT_PAGE(page_key, page_title, page_rank, page_get, n, page_help) \
	{ .key = page_key, .title = page_title, .help = page_help, .unit = UNIT_COUNT, .width = 7, .flow = FLOW_TOTAL, \
	  .merge = MERGE_SUM, .rank = page_rank, .flags = FIELD_TABLE_ONLY | FIELD_ZERO_GOES, .get = page_get, \
	  .arg = n },

#define STAT_PAGES(page_rank) \
	STAT_PAGE("new", "NEW", page_rank, get_new, MMT_CLASS_COUNT, \
		  "faults on pages of files and shared memory that were not in memory: read in or allocated") \
	STAT_PAGE("there", "THERE", page_rank, get_there, MMT_CLASS_COUNT, \
		  "faults on such pages that were there: only mapped, or copied")

/* The classes that are split so. */
#define STAT_NEW \
	STAT_PAGE("file_read_new", "FILE_IN", RANK_ASKED, get_new, MMT_CLASS_FILE_READ, \
		  "of file_read: pages that were not in memory, and were read in") \
	STAT_PAGE("shmem_new", "SHM_NEW", RANK_CLASS, get_new, MMT_CLASS_SHMEM, \
		  "of shmem: pages that were not in memory, and were allocated (or read back from swap)")

#define STAT_MODE(NAME, mode_key, mode_title, mode_help) \
	{ .key = mode_key, .path = "mode." mode_key, .title = mode_title, .help = mode_help, .unit = UNIT_COUNT, .width = 7, \
	  .flow = FLOW_TOTAL, .merge = MERGE_SUM, .rank = RANK_ASKED, .get = get_mode, .arg = MMT_MODE_##NAME },

#define STAT_MODES \
	STAT_MODE(USER, "user", "USER", "faults in user mode") \
	STAT_MODE(KERNEL, "kernel", "KERNEL", "faults in kernel mode, as in copying to user memory") \
	STAT_MODE(GUP, "gup", "GUP", "faults by get_user_pages")

#define STAT_LATENCY(latency_key, latency_title, latency_rank, percent, latency_help) \
	{ .key = latency_key, .path = "latency_ns." latency_key, .title = latency_title, .help = "latency: " latency_help, \
	  .unit = UNIT_NS, .width = 7, .flow = FLOW_LEVEL, .merge = MERGE_SPREAD, .rank = latency_rank, .get = get_latency, \
	  .arg = percent },

#define STAT_LATENCIES \
	STAT_LATENCY("p50", "P50", 6, 50, "half of the faults took at most this (upper bound of a half octave)") \
	STAT_LATENCY("p99", "P99", 7, 99, "99 % of the faults took at most this") \
	STAT_LATENCY("max", "MAX", RANK_ASKED, 200, "the slowest fault")

#define STAT_TIME(time_rank) \
	{ .key = "time", .path = "time_ns", .title = "TIME", .help = "time spent in the faults that were timed", \
	  .unit = UNIT_NS, .width = 7, .flow = FLOW_TOTAL, .merge = MERGE_SUM, .rank = time_rank, .get = get_time },

#define STAT_CLASSES \
	{ .key = "class", .flow = FLOW_TOTAL, .merge = MERGE_NESTED, .rank = RANK_DATA, .get = get_classes, \
	  .help = "by class: {key: {minor, major, error, new, there, ns_sum, ns_max, hist}}; " \
		  "hist counts by half octaves of ns" },
/* clang-format on */
