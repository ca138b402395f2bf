/* SPDX-License-Identifier: GPL-2.0 */
/* Allocations of one size from one place that were not freed. */
#include "view/rows/leak.h"

#include <inttypes.h>

#include "view/rows/run.h"

#define PAGE_BYTES 4096ull
#define KMALLOC_CACHE_MAX 8192 /* beyond, kmalloc takes whole pages */

const struct leak_loss_text leak_loss_texts[MMT_LEAK_LOSSES] = {
#define LEAK_LOSS(NAME, lost, key, help) [MMT_LEAK_##NAME] = { key, help, lost },
#include "wire/leak_loss.def"
#undef LEAK_LOSS
};

static const char *const domain_keys[MMT_LEAK_DOMAINS] = {
	[MMT_LEAK_KMALLOC] = "kmalloc", [MMT_LEAK_SLAB] = "slab", [MMT_LEAK_VMALLOC] = "vmalloc", [MMT_LEAK_PAGE] = "page",
};

static const struct leak_row *leak_row_of(const void *row)
{
	return row;
}

/* --- names --- */

static int order_of(uint64_t bytes)
{
	int order = 0;

	while (PAGE_BYTES << order < bytes && order < 32)
		order++;
	return order;
}

const char *leak_from(const struct leak_row *r, const struct tick *t)
{
	switch ((enum mmt_leak_domain)r->domain) {
	case MMT_LEAK_KMALLOC:
		if (r->each > KMALLOC_CACHE_MAX)
			return "kmalloc large";
		if (r->each >= 1024 && r->each % 1024 == 0)
			return tick_printf(t, "kmalloc-%" PRIu64 "k", r->each / 1024);
		return tick_printf(t, "kmalloc-%" PRIu64, r->each);
	case MMT_LEAK_SLAB: return tick_text(t, r->cache, sizeof(r->cache));
	case MMT_LEAK_VMALLOC: return "vmalloc";
	case MMT_LEAK_PAGE: return tick_printf(t, "page order %d", order_of(r->each));
	case MMT_LEAK_DOMAINS: break;
	}
	return "?";
}

static const struct name *name_of(uint64_t address, const struct tick *t)
{
	return name_find(&leak_of(t->model)->names, INPUT_NAME_SYMBOL, address);
}

const char *leak_address_text(uint64_t address, const struct tick *t)
{
	const struct name *n = name_of(address, t);

	if (!address)
		return "?";
	if (!n)
		return tick_printf(t, "0x%" PRIx64, address);
	return tick_printf(t, "%s+0x%" PRIx64 "%s%s%s", n->text, n->extra, n->more[0] ? " [" : "", n->more,
			   n->more[0] ? "]" : "");
}

/* --- fields --- */

static struct value get_domain(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return value_text(domain_keys[leak_row_of(row)->domain]);
}

static struct value get_from(const struct field *f, const void *row, const struct tick *t)
{
	(void)f;
	return value_text(leak_from(row, t));
}

static struct value get_site(const struct field *f, const void *row, const struct tick *t)
{
	(void)f;
	return value_text(leak_address_text(leak_row_of(row)->site, t));
}

/* addr 0, function 1, offset 2, module 3 */
static struct value address_part(uint64_t address, int part, const struct tick *t)
{
	const struct name *n = name_of(address, t);

	if (part == 0)
		return address ? value_uint(address) : value_none();
	if (!address || !n)
		return value_none();
	return part == 1 ? value_text(n->text) : part == 2 ? value_uint(n->extra) : value_text(n->more[0] ? n->more : NULL);
}

static struct value get_address(const struct field *f, const void *row, const struct tick *t)
{
	return address_part(leak_row_of(row)->site, f->arg, t);
}

/* each 0, count 1, bytes 2, oldest 3, allocated 4, freed 5, frees missed 6 */
static struct value get_number(const struct field *f, const void *row, const struct tick *t)
{
	const struct leak_row *r = row;
	const uint64_t values[] = { r->each, r->count, r->bytes, r->oldest, r->allocated, r->freed, r->reused };

	(void)t;
	return value_uint(values[f->arg]);
}

static struct value get_at_most(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return value_bool(leak_table_doubt(row));
}

static struct value get_in_use(const struct field *f, const void *row, const struct tick *t)
{
	uint64_t n = leak_row_of(row)->in_use;

	(void)f, (void)t;
	return n == LEAK_UNKNOWN ? value_none() : value_uint(n);
}

static void put_ages(const struct nest *n, struct nest_out *o)
{
	const struct leak_row *r = n->data;

	for (int i = 0; i < AGE_BUCKETS; i++) {
		struct value lo = value_uint(i ? age_bounds[i - 1] : 0), count = value_uint(r->ages[i]);
		struct value hi = i < AGE_BUCKETS - 1 ? value_uint(age_bounds[i]) : value_none();

		if (!r->ages[i])
			continue;
		o->open(o, NULL, false);
		o->value(o, "lo_ns", &lo, UNIT_NUMBER);
		o->value(o, "hi_ns", &hi, UNIT_NUMBER);
		o->value(o, "count", &count, UNIT_COUNT);
		o->close(o, false);
	}
}

static struct value get_ages(const struct field *f, const void *row, const struct tick *t)
{
	(void)f;
	return (struct value){ .type = VALUE_NEST, .nest = { put_ages, row, t, true } };
}

/* bytes a second 0, r2 1, confidence 2, trend 3 */
static struct value get_growth(const struct field *f, const void *row, const struct tick *t)
{
	const struct trend *g = &leak_row_of(row)->trend;

	(void)t;
	if (g->kind == TREND_UNKNOWN || (f->arg == 2 && g->confidence <= 0))
		return value_none();
	return f->arg == 3 ? value_text(trend_keys[g->kind])
			   : value_real(f->arg == 0   ? g->slope
					: f->arg == 1 ? g->r2
						      : g->confidence);
}

static struct value get_grows(const struct field *f, const void *row, const struct tick *t)
{
	const struct trend *g = &leak_row_of(row)->trend;

	(void)f, (void)t;
	return g->kind == TREND_GROWS ? value_real(g->slope) : value_none();
}

static void put_stack(const struct nest *n, struct nest_out *o)
{
	static const struct { const char *key; enum unit unit; } parts[] = {
		{ "addr", UNIT_ADDRESS }, { "function", UNIT_NONE }, { "offset", UNIT_ADDRESS }, { "module", UNIT_NONE },
	};
	const struct leak_row *r = n->data;

	for (int i = 0; i < r->frame_count; i++) {
		o->open(o, NULL, false);
		for (int p = 0; p < 4; p++) {
			struct value v = address_part(r->frames[i], p, n->t);

			o->value(o, parts[p].key, &v, parts[p].unit);
		}
		o->close(o, false);
	}
}

static struct value get_stack(const struct field *f, const void *row, const struct tick *t)
{
	(void)f;
	if (!leak_row_of(row)->frame_count)
		return value_none();
	return (struct value){ .type = VALUE_NEST, .nest = { put_stack, row, t, true } };
}

/* clang-format off */
static const struct field fields[] = {
	{ .key = "count", .title = "COUNT", .help = "not freed, and old enough", .unit = UNIT_COUNT, .width = 8,
	  .flow = FLOW_LEVEL, .merge = MERGE_SUM, .get = get_number, .arg = 1 },
	{ .key = "bytes", .title = "BYTES", .help = "bytes of these", .unit = UNIT_BYTES, .width = 8,
	  .flow = FLOW_LEVEL, .merge = MERGE_SUM, .get = get_number, .arg = 2 },
	{ .key = "each", .path = "bytes_each", .title = "EACH", .help = "bytes of one allocation", .unit = UNIT_BYTES,
	  .width = 7, .get = get_number, .arg = 0 },
	{ .key = "age", .path = "oldest_ns", .title = "OLDEST", .help = "age of the oldest", .unit = UNIT_NS,
	  .width = 7, .flow = FLOW_LEVEL, .merge = MERGE_MAX, .get = get_number, .arg = 3 },
	{ .key = "ages", .help = "[{lo_ns, hi_ns, count}]; hi_ns null in the last", .rank = RANK_DATA,
	  .merge = MERGE_NONE, .get = get_ages },
	{ .key = "allocated", .title = "ALLOC", .help = "since the start", .unit = UNIT_COUNT, .width = 8,
	  .flow = FLOW_TOTAL, .merge = MERGE_SUM, .rank = RANK_ASKED, .get = get_number, .arg = 4 },
	{ .key = "freed", .title = "FREED", .help = "since the start", .unit = UNIT_COUNT, .width = 8,
	  .flow = FLOW_TOTAL, .merge = MERGE_SUM, .rank = RANK_ASKED, .get = get_number, .arg = 5 },
	{ .key = "frees_missed", .title = "MISSED", .help = "addresses allocated again though no free was seen",
	  .unit = UNIT_COUNT, .width = 8, .flow = FLOW_TOTAL, .merge = MERGE_SUM, .rank = RANK_ASKED, .get = get_number,
	  .arg = 6 },
	{ .key = "at_most", .title = "ATMOST",
	  .help = "count is an upper bound: frees in bulk are not seen of this cache, or more than 1 % of the frees were "
		  "not, or the rows of a cache hold more than in_use", .width = 6, .rank = RANK_ASKED,
	  .label = true, .flags = FIELD_VOLATILE, .get = get_at_most },
	{ .key = "growth", .path = "growth.bytes_per_s", .title = "GROWTH/s",
	  .help = "bytes a second, least squares over the run; null: too few readings, or at_most", .unit = UNIT_BYTES,
	  .width = 9, .flow = FLOW_LEVEL, .merge = MERGE_SUM, .get = get_growth, .arg = 0 },
	{ .key = "r2", .path = "growth.r2", .help = "part of the variation that the line explains", .rank = RANK_DATA,
	  .merge = MERGE_NONE, .get = get_growth, .arg = 1 },
	{ .key = "confidence", .path = "growth.confidence", .help = "1 - p of the Mann-Kendall test on the later half",
	  .rank = RANK_DATA, .merge = MERGE_NONE, .get = get_growth, .arg = 2 },
	{ .key = "trend", .path = "growth.trend", .title = "TREND", .help = "grows, levels, steps, saws, steady, falls",
	  .width = -7, .label = true, .flags = FIELD_VOLATILE, .get = get_growth, .arg = 3 },
	{ .key = "grows", .title = "GROWS/s", .help = "growth of what grows to the end, which stands first; null: it does not",
	  .unit = UNIT_BYTES, .width = 9, .flow = FLOW_LEVEL, .merge = MERGE_SUM, .rank = RANK_ASKED,
	  .flags = FIELD_TABLE_ONLY, .get = get_grows },
	{ .key = "domain", .title = "DOMAIN", .help = "kmalloc, slab, vmalloc, page", .width = -7, .label = true,
	  .rank = RANK_ASKED, .get = get_domain },
	{ .key = "from", .title = "FROM", .help = "the cache, kmalloc-N, kmalloc large, vmalloc, page order N",
	  .width = -20, .label = true, .get = get_from },
	{ .key = "addr", .path = "site.addr", .help = "call site: its address", .unit = UNIT_ADDRESS, .rank = RANK_DATA,
	  .get = get_address, .arg = 0 },
	{ .key = "function", .path = "site.function", .title = "FUNCTION", .help = "its function; null: not known",
	  .width = -20, .label = true, .rank = RANK_ASKED, .get = get_address, .arg = 1 },
	{ .key = "offset", .path = "site.offset", .help = "offset in the function", .unit = UNIT_ADDRESS,
	  .rank = RANK_DATA, .get = get_address, .arg = 2 },
	{ .key = "module", .path = "site.module", .title = "MODULE", .help = "its module; null: the kernel image",
	  .width = -10, .label = true, .rank = RANK_ASKED, .get = get_address, .arg = 3 },
	{ .key = "site", .title = "SITE", .help = "function+offset [module]", .width = -30, .flags = FIELD_TABLE_ONLY,
	  .get = get_site },
	{ .key = "stack", .help = "with -K, innermost first: [{addr, function, offset, module}]", .rank = RANK_DATA,
	  .merge = MERGE_NONE, .get = get_stack },
	{ .key = "in_use", .title = "IN USE",
	  .help = "objects that the kernel has of this cache, or of kmallocs of this size, from whatever site and time "
		  "(/proc/slabinfo, up to the places in slabs of CPUs); null: it does not say",
	  .unit = UNIT_COUNT, .width = 8, .flow = FLOW_LEVEL, .rank = RANK_ASKED, .get = get_in_use },
};
/* clang-format on */

static void each(const struct model *m, row_fn fn, void *ctx)
{
	struct leak_row *const *rows;
	size_t n = leak_of(m)->table ? leak_table_rows(leak_of(m)->table, &rows) : 0;

	for (size_t i = 0; i < n; i++)
		if (rows[i]->count)
			fn(ctx, rows[i]);
}

const struct row_type row_leak = {
	.name = "outstanding", .noun = "site", .nouns = "sites",
	.help = "kernel memory allocated while tracing and not freed, by call site",
	.sort = "grows", .tie = "-bytes", .fields = fields, .count = FIELD_COUNT(fields), .each = each,
};

/* --- first and last line --- */

static void put_domains(const struct nest *n, struct nest_out *o)
{
	for (const struct fact *f = NULL; (f = model_fact_next(n->t->model, "domain", f));) {
		struct value v = value_text(f->key);

		o->value(o, NULL, &v, UNIT_NONE);
	}
}

static struct value get_domains(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)row;
	return (struct value){ .type = VALUE_NEST, .nest = { put_domains, NULL, t, true } };
}

static struct value get_option(const struct field *f, const void *row, const struct tick *t)
{
	(void)t;
	return value_uint(model_option_number(row, f->key, 0));
}

static struct value get_module(const struct field *f, const void *row, const struct tick *t)
{
	(void)t;
	return value_text(model_fact(row, "run", f->key));
}

/* clang-format off */
static const struct field start_fields[] = {
	{ .key = "domains", .help = "that are traced", .get = get_domains },
	{ .key = "module", .help = "--module", .get = get_module },
	{ .key = "sample", .help = "1 in so many addresses is traced; counts are multiplied by it", .unit = UNIT_NUMBER,
	  .get = get_option },
	{ .key = "entries", .help = "allocations that the table holds", .unit = UNIT_NUMBER, .get = get_option },
	{ .key = "older_ns", .help = "count and bytes are of those at least so old", .unit = UNIT_NS,
	  .get = get_option },
};
/* clang-format on */

const struct row_type row_leak_start = { .name = "start", .fields = start_fields, .count = FIELD_COUNT(start_fields) };

static struct value get_sum(const struct field *f, const void *row, const struct tick *t)
{
	uint64_t sum[3] = { 0 };
	struct leak_row *const *rows;
	size_t n = leak_of(row)->table ? leak_table_rows(leak_of(row)->table, &rows) : 0;

	(void)t;
	for (size_t i = 0; i < n; i++) {
		sum[0] += rows[i]->count > 0;
		sum[1] += rows[i]->count;
		sum[2] += rows[i]->bytes;
	}
	return value_uint(sum[f->arg]);
}

static struct value get_loss(const struct field *f, const void *row, const struct tick *t)
{
	const struct model *m = row;

	(void)t;
	return value_uint(f->arg == MMT_LEAK_MISMATCH ? leak_of(m)->mismatch : m->losses[f->arg]);
}

#define NO_LOSS -1 /* none of enum mmt_leak_loss */
#define PATH_0 "events."
#define PATH_1 "lost."
#define LOSS_FIELD(NAME, loss_key, loss_help, prefix) \
	{ .key = loss_key,                            \
	  .path = prefix loss_key,                    \
	  .help = loss_help,                          \
	  .unit = UNIT_COUNT,                         \
	  .flow = FLOW_TOTAL,                         \
	  .get = get_loss,                            \
	  .arg = MMT_LEAK_##NAME },

/* clang-format off */
static const struct field end_fields[] = {
	{ .key = "sites", .help = "sites with anything outstanding", .unit = UNIT_COUNT, .flow = FLOW_LEVEL,
	  .get = get_sum, .arg = 0 },
	{ .key = "count", .help = "allocations, of all sites", .unit = UNIT_COUNT, .flow = FLOW_LEVEL, .get = get_sum,
	  .arg = 1 },
	{ .key = "bytes", .help = "their bytes", .unit = UNIT_BYTES, .flow = FLOW_LEVEL, .get = get_sum, .arg = 2 },
#define LEAK_LOSS(NAME, lost, key, help) LOSS_FIELD(NAME, key, help, PATH_##lost)
#include "wire/leak_loss.def"
#undef LEAK_LOSS
	{ .key = "probe_missed", .path = "lost.probe_missed",
	  .help = "allocations or frees not seen: they came in an interrupt amid another one", .unit = UNIT_COUNT,
	  .flow = FLOW_TOTAL, .get = run_probe_missed, .arg = NO_LOSS },
	{ .key = "decode_error", .path = "lost.decode_error", .help = "damaged inputs, not counted",
	  .unit = UNIT_COUNT, .flow = FLOW_TOTAL, .get = run_decode_errors, .arg = NO_LOSS },
};
/* clang-format on */

const struct row_type row_leak_end = { .name = "end", .fields = end_fields, .count = FIELD_COUNT(end_fields) };
