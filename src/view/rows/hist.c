/* SPDX-License-Identifier: GPL-2.0 */
/* A row of hist: what of an event has one operation and the same keys. */
#include "view/rows/hist.h"

#include "base/text.h"

const char *const hist_ops[MMT_OP_COUNT] = {
	[MMT_OP_ALLOC] = "alloc", [MMT_OP_FREE] = "free", [MMT_OP_FAILED] = "failed",
	[MMT_OP_FALLBACK] = "fallback", [MMT_OP_NESTED] = "nested", [MMT_OP_LATENCY] = "latency",
	[MMT_OP_UNTIMED] = "untimed",
};

static const struct hist_line *line_of(const void *row)
{
	return row;
}

static bool is_time(const struct hist_line *l)
{
	return l->op == MMT_OP_LATENCY;
}

static struct value get_event(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return value_text(hist_domains[line_of(row)->domain].key);
}

static struct value get_op(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return value_text(hist_ops[line_of(row)->op]);
}

static struct value get_unit(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return value_text(is_time(row) ? "ns" : "bytes");
}

static struct value get_key(const struct field *f, const void *row, const struct tick *t)
{
	return hist_key_value(row, (enum mmt_hist_key_id)f->arg, t);
}

static struct value get_aliases(const struct field *f, const void *row, const struct tick *t)
{
	(void)f;
	return value_text(hist_aliases(row, t));
}

/* The value of a key as a number; false: the row has none. */
static bool key_number(const struct hist_line *l, enum mmt_hist_key_id key, const struct tick *t, uint64_t *k)
{
	const uint8_t *by = hist_of(t->model)->by;

	if ((by[0] != key && by[1] != key) || l->other || l->op == MMT_OP_FALLBACK || !hist_has_key(l->domain, l->op, key))
		return false;
	*k = l->k[by[0] == key ? 0 : 1];
	return true;
}

static struct value get_flags(const struct field *f, const void *row, const struct tick *t)
{
	uint64_t k;

	(void)f;
	return key_number(row, MMT_KEY_GFP, t, &k) ? value_uint(k) : value_none();
}

enum { PROCESS_PID, PROCESS_COMM, PROCESS_START };

static struct value get_process(const struct field *f, const void *row, const struct tick *t)
{
	const struct name *n;
	uint64_t k;

	if (!key_number(row, MMT_KEY_PROCESS, t, &k))
		return value_none();
	if (f->arg == PROCESS_PID)
		return value_uint((uint32_t)k);
	n = name_find(&hist_of(t->model)->names, INPUT_NAME_PROCESS, k);
	if (!n)
		return value_none();
	return f->arg == PROCESS_COMM ? value_text(n->text) : value_uint(n->extra);
}

/* Of a fallback: the migrate type wanted, and the one taken. */
static struct value get_fallback(const struct field *f, const void *row, const struct tick *t)
{
	uint64_t k = line_of(row)->k[0];

	(void)t;
	if (line_of(row)->op != MMT_OP_FALLBACK)
		return value_none();
	return value_uint(f->arg ? k & 0xff : k >> 8);
}

static struct value get_other(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return value_bool(line_of(row)->other);
}

/* --- sums --- */

enum { SUM_COUNT, SUM_REQUESTED, SUM_ALLOCATED, SUM_NS, SUM_BYTES, SUM_WASTE };

static struct value sum_value(const struct hist_line *l, int which)
{
	bool sizes = hist_has_sizes(l->domain, l->op), time = is_time(l);

	switch (which) {
	case SUM_COUNT: return value_uint(l->sum.count);
	case SUM_NS: return time ? value_uint(l->sum.requested) : value_none();
	case SUM_BYTES: return sizes ? value_uint(l->sum.allocated ? l->sum.allocated : l->sum.requested) : value_none();
	default: break;
	}
	if (time || !sizes)
		return value_none();
	if (which == SUM_WASTE)
		return value_uint(hist_waste(&l->sum));
	return value_uint(which == SUM_REQUESTED ? l->sum.requested : l->sum.allocated);
}

static struct value get_sum(const struct field *f, const void *row, const struct tick *t)
{
	(void)t;
	return sum_value(row, f->arg);
}

/* A row to which the interval added nothing has the same unknowns, and else zeros. */
static struct value get_added(const struct field *f, const void *row, const struct tick *t)
{
	const struct hist_line *l = line_of(row);
	struct value v = sum_value(l->interval ? l->interval : l, f->arg);

	(void)t;
	return l->interval || v.type == VALUE_NONE ? v : value_uint(0);
}

/* Average of times 0, waste in percent of what was given 1. */
static struct value ratio_value(const struct hist_line *l, int which)
{
	const struct mmt_hist_row *sum = &l->sum;

	if (!which)
		return is_time(l) && sum->count ? value_uint(sum->requested / sum->count) : value_none();
	if (is_time(l) || !hist_has_sizes(l->domain, l->op) || !sum->allocated)
		return value_none();
	return value_real(100.0 * (double)hist_waste(sum) / (double)sum->allocated);
}

static struct value get_ratio(const struct field *f, const void *row, const struct tick *t)
{
	(void)t;
	return ratio_value(row, f->arg);
}

static struct value get_ratio_added(const struct field *f, const void *row, const struct tick *t)
{
	const struct hist_line *l = line_of(row)->interval;

	(void)t;
	return l ? ratio_value(l, f->arg) : value_none();
}

const char *hist_range(const struct hist_line *l, const struct tick *t)
{
	int first = l->cells[0].key.bucket, last = l->cells[l->cell_count - 1].key.bucket;
	char lo[16], hi[16];

	(is_time(l) ? text_ns : text_bytes)(lo, sizeof(lo), hist_bucket_lo(first));
	(is_time(l) ? text_ns : text_bytes)(hi, sizeof(hi), hist_bucket_hi(last));
	return tick_printf(t, "%s..%s", first ? lo : "0", hi);
}

uint64_t hist_interval(const struct tick *t)
{
	return model_option(t->model, "so_far") ? 0 : t->interval_ns;
}

/* Of sizes 0, of times 1. */
static struct value get_range(const struct field *f, const void *row, const struct tick *t)
{
	const struct hist_line *l = line_of(row);

	if (is_time(l) != f->arg || !hist_has_sizes(l->domain, l->op))
		return value_none();
	return value_text(hist_range(hist_interval(t) && l->interval ? l->interval : l, t));
}

static void bucket_put(const struct hist_cell *c, struct nest_out *o)
{
	bool time = c->key.op == MMT_OP_LATENCY;
	struct value v = value_uint(hist_bucket_lo(c->key.bucket));

	o->value(o, "lo", &v, UNIT_NUMBER);
	v = value_uint(hist_bucket_hi(c->key.bucket));
	o->value(o, "hi", &v, UNIT_NUMBER);
	v = value_uint(c->row.count);
	o->value(o, "count", &v, UNIT_COUNT);
	v = time ? value_none() : value_uint(c->row.requested);
	o->value(o, "bytes_req", &v, UNIT_BYTES);
	v = time ? value_none() : value_uint(c->row.allocated);
	o->value(o, "bytes_alloc", &v, UNIT_BYTES);
}

static void put_buckets(const struct nest *n, struct nest_out *o)
{
	const struct hist_line *l = n->data;

	for (size_t i = 0; i < l->cell_count; i++) {
		o->open(o, NULL, false);
		bucket_put(&l->cells[i], o);
		o->close(o, false);
	}
}

static struct value get_buckets(const struct field *f, const void *row, const struct tick *t)
{
	(void)f;
	if (!hist_has_sizes(line_of(row)->domain, line_of(row)->op))
		return value_none();
	return (struct value){ .type = VALUE_NEST, .nest = { put_buckets, row, t, true } };
}

#define KEY(NAME, k, w, help_text) \
	.key = k, .title = k, .help = help_text, .width = w, .label = true, .rank = RANK_CLASS, .get = get_key, \
	.arg = MMT_KEY_##NAME
#define SUM(NAME) \
	.flow = FLOW_TOTAL, .merge = MERGE_SUM, .get = get_sum, .added = get_added, .show_as = SHOW_ADDED, .arg = SUM_##NAME

/* clang-format off */
static const struct field fields[] = {
	{ .key = "event", .title = "EVENT", .help = "what is counted: kmalloc, slab, page ...", .width = -7,
	  .label = true, .get = get_event },
	{ .key = "op", .title = "OP", .help = "alloc, free, failed, fallback, nested, latency or untimed", .width = -8,
	  .label = true, .get = get_op },
	{ .key = "unit", .help = "of the buckets: bytes or ns", .rank = RANK_DATA, .get = get_unit },
	{ KEY(SITE, "site", -20, "function+offset [module] that allocates"), .path = "key.site" },
	{ KEY(CACHE, "cache", -12, "slab cache; kmalloc-N: of that size, whatever its kind"), .path = "key.cache" },
	{ .key = "aliases", .path = "key.cache_aliases", .title = "ALIASES", .width = -20, .rank = RANK_ASKED,
	  .get = get_aliases,
	  .help = "other caches that the kernel has merged with it, ended by ... where they are many; null: none" },
	{ KEY(PROCESS, "process", -12, "process that ran at the time: comm[pid]"), .flags = FIELD_TABLE_ONLY },
	{ .key = "process_pid", .path = "key.process.pid", .help = "its pid", .unit = UNIT_NUMBER, .rank = RANK_DATA,
	  .get = get_process, .arg = PROCESS_PID },
	{ .key = "process_comm", .path = "key.process.comm", .help = "its name", .rank = RANK_DATA, .get = get_process,
	  .arg = PROCESS_COMM },
	{ .key = "process_start_time", .path = "key.process.start_time_ns",
	  .help = "when it started, of CLOCK_BOOTTIME", .unit = UNIT_NS, .rank = RANK_DATA, .get = get_process,
	  .arg = PROCESS_START },
	{ KEY(ORDER, "order", 5, "block of 2^order pages"), .path = "key.order", .unit = UNIT_NUMBER },
	{ .key = "gfp_flags", .path = "key.gfp", .help = "flags of the allocation", .unit = UNIT_ADDRESS,
	  .rank = RANK_DATA, .get = get_flags },
	{ KEY(GFP, "gfp", -10, "flags of the allocation by name, from BTF from 6.10 on"), .path = "key.gfp_text" },
	{ KEY(NODE, "node", 4, "NUMA node asked for, or any; page: the node it came from"), .path = "key.node",
	  .unit = UNIT_NUMBER },
	{ KEY(CGROUP, "cgroup", -12, "cgroup (v2) of the process, below the mount; cgroup id N: it has no name"),
	  .path = "key.cgroup" },
	{ KEY(REGION, "region", -10, "part of the kernel's address space"), .path = "key.region" },
	{ KEY(MIGRATE, "migrate", -11, "migrate type of the pages"), .path = "key.migrate" },
	{ .key = "wanted", .path = "key.wanted", .help = "op fallback: number of the migrate type asked for",
	  .unit = UNIT_NUMBER, .rank = RANK_DATA, .get = get_fallback, .arg = 0 },
	{ .key = "taken", .path = "key.taken", .help = "op fallback: number of the migrate type that it came from",
	  .unit = UNIT_NUMBER, .rank = RANK_DATA, .get = get_fallback, .arg = 1 },
	{ .key = "other", .path = "key.other", .help = "true: all that had no room for a row of its own (--rows)",
	  .rank = RANK_DATA, .get = get_other },
	{ .key = "count", .title = "COUNT", .help = "how many", .unit = UNIT_COUNT, .width = 8, SUM(COUNT) },
	{ .key = "bytes_req", .title = "REQUEST", .help = "bytes asked for; null: not known, or of times",
	  .unit = UNIT_BYTES, .width = 8, .rank = 1, SUM(REQUESTED) },
	{ .key = "bytes_alloc", .title = "GIVEN", .help = "bytes given; null likewise", .unit = UNIT_BYTES, .width = 8,
	  .rank = 1, SUM(ALLOCATED) },
	{ .key = "waste", .title = "WASTE", .help = "bytes given and not asked for", .unit = UNIT_BYTES, .width = 8,
	  .rank = 2, .flags = FIELD_TABLE_ONLY, SUM(WASTE) },
	{ .key = "bytes", .title = "BYTES", .help = "for -s: bytes given, or asked for; of times the sum",
	  .unit = UNIT_BYTES, .width = 8, .rank = RANK_ASKED, .flags = FIELD_TABLE_ONLY, SUM(BYTES) },
	{ .key = "ns_sum", .title = "TIME", .help = "sum of the times; null: of sizes", .unit = UNIT_NS, .width = 8,
	  .rank = 1, SUM(NS) },
	{ .key = "waste_percent", .title = "WASTE%", .help = "waste, of what was given", .unit = UNIT_PERCENT, .width = 7,
	  .rank = RANK_ASKED, .flags = FIELD_TABLE_ONLY, .merge = MERGE_NONE, .get = get_ratio, .added = get_ratio_added,
	  .show_as = SHOW_ADDED, .arg = 1 },
	{ .key = "avg", .title = "AVG", .help = "average time", .unit = UNIT_NS, .width = 8, .rank = RANK_ASKED,
	  .flags = FIELD_TABLE_ONLY, .merge = MERGE_NONE, .get = get_ratio, .added = get_ratio_added,
	  .show_as = SHOW_ADDED, .arg = 0 },
	{ .key = "sizes", .title = "SIZES", .help = "from the smallest to the largest, to a power of two", .width = -12,
	  .rank = RANK_ASKED, .flags = FIELD_TABLE_ONLY, .merge = MERGE_NONE, .get = get_range, .arg = 0 },
	{ .key = "latency", .title = "LATENCY", .help = "from the shortest to the longest time, to a power of two",
	  .width = -14, .rank = RANK_ASKED, .flags = FIELD_TABLE_ONLY, .merge = MERGE_NONE, .get = get_range, .arg = 1 },
	{ .key = "buckets",
	  .help = "[{lo, hi, count, bytes_req, bytes_alloc}], lo <= size or ns < hi, powers of two; "
		  "empty ones are left out; null: no sizes are known",
	  .merge = MERGE_NONE, .rank = RANK_DATA, .get = get_buckets },
};
/* clang-format on */

static void each(const struct model *m, row_fn fn, void *ctx)
{
	const struct hist_snapshot *s = &hist_of(m)->now;

	for (size_t i = 0; i < s->line_count; i++)
		fn(ctx, &s->lines[i]);
}

static uint64_t version(const void *row)
{
	return line_of(row)->version;
}

const struct row_type row_hist = {
	.name = "hist", .noun = "row", .nouns = "rows", .help = "an event, one operation, and the keys of --by",
	.sort = "count", .fields = fields, .count = FIELD_COUNT(fields), .each = each,
	.version = version,
};
