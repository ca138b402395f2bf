/* SPDX-License-Identifier: GPL-2.0 */
/* A row of a histogram: one value of the keys, with its buckets. */
#include "view/rows/hist.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

const char *const hist_region_names[MMT_REGIONS + 1] = {
	[MMT_REGION_LINEAR] = "linear map", [MMT_REGION_VMALLOC] = "vmalloc", [MMT_REGION_VMEMMAP] = "vmemmap",
	[MMT_REGION_MODULES] = "modules", [MMT_REGION_IMAGE] = "image", [MMT_REGION_FIXMAP] = "fixmap",
	[MMT_REGIONS] = "?",
};
const char *const hist_migrate_names[6] = { "unmovable", "movable", "reclaimable", "high-atomic", "cma", "isolate" };

static const char *const op_keys[MMT_OP_COUNT] = {
	[MMT_OP_ALLOC] = "alloc", [MMT_OP_FREE] = "free", [MMT_OP_FAILED] = "failed",
	[MMT_OP_FALLBACK] = "fallback", [MMT_OP_NESTED] = "nested", [MMT_OP_LATENCY] = "latency",
};

static const struct hist_line *line_of(const void *row)
{
	return row;
}

bool hist_sizes_unknown(uint8_t domain, uint8_t op)
{
	return domain == MMT_DOMAIN_KMALLOC && op == MMT_OP_FREE;
}

/* --- keys --- */

/* Frees carry less than allocations do. */
static bool is_carried(const struct hist_line *l, enum mmt_hist_key_id key)
{
	if (l->op != MMT_OP_FREE)
		return true;
	switch (key) {
	case MMT_KEY_GFP: case MMT_KEY_MIGRATE: return false;
	case MMT_KEY_CACHE: return l->domain == MMT_DOMAIN_SLAB;
	case MMT_KEY_NODE: return l->domain == MMT_DOMAIN_PAGE;
	case MMT_KEY_SITE: case MMT_KEY_PROCESS: case MMT_KEY_ORDER: case MMT_KEY_CGROUP: case MMT_KEY_REGION:
	case MMT_KEY_COUNT: case MMT_KEY_NONE: break;
	}
	return true;
}

/* The value of a key of the line; false: it is not split by it, or not carried. */
static bool key_value(const struct hist_line *l, enum mmt_hist_key_id key, const struct tick *t, uint64_t *value)
{
	const struct hist_model *h = hist_of(t->model);

	for (int i = 0; i < 2; i++)
		if (h->by[i] == key && !l->other && l->op != MMT_OP_FALLBACK && is_carried(l, key)) {
			*value = l->k[i];
			return true;
		}
	return false;
}

static const char *site_text(const struct name *n, uint64_t site, const struct tick *t)
{
	if (!site)
		return NULL;
	if (!n)
		return tick_printf(t, "0x%" PRIx64, site);
	return tick_printf(t, "%s+0x%" PRIx64 "%s%s%s%s", n->text, n->extra, n->more[0] ? " [" : "", n->more, n->more[0] ? "]" : "",
			   n->flags & INPUT_NAME_WRAPPER ? " (wrapper: caller unknown)" : "");
}

static const char *cache_text(const struct hist_line *l, const struct name *n, uint64_t id, const struct tick *t)
{
	if (l->domain == MMT_DOMAIN_KMALLOC)
		return id > 8192 ? tick_printf(t, "pages for %" PRIu64, id) : tick_printf(t, "kmalloc size class %" PRIu64, id);
	return n ? n->text : NULL;
}

static const char *listed(const char *const *names, size_t count, uint64_t value, const struct tick *t)
{
	return value < count && names[value] ? names[value] : tick_printf(t, "%" PRIu64, value);
}

/* In words; NULL: not known. */
static const char *key_text(const struct hist_line *l, enum mmt_hist_key_id key, uint64_t v, const struct tick *t)
{
	const struct hist_model *h = hist_of(t->model);
	const struct name *n;

	switch (key) {
	case MMT_KEY_SITE: return site_text(name_find(&h->names, INPUT_NAME_SYMBOL, v), v, t);
	case MMT_KEY_CACHE: return cache_text(l, name_find(&h->names, INPUT_NAME_CACHE, v), v, t);
	case MMT_KEY_PROCESS:
		n = name_find(&h->names, INPUT_NAME_PROCESS, v);
		return tick_printf(t, "%s[%u]", n ? n->text : "?", (uint32_t)v);
	case MMT_KEY_ORDER: return tick_printf(t, "%" PRIu64, v);
	case MMT_KEY_GFP:
		n = name_find(&h->names, INPUT_NAME_GFP, v);
		return n ? n->text : tick_printf(t, "0x%" PRIx64, v);
	case MMT_KEY_NODE: return (int64_t)v >= 0 ? tick_printf(t, "%" PRIu64, v) : (int64_t)v == -1 ? "any" : NULL;
	case MMT_KEY_CGROUP:
		n = name_find(&h->names, INPUT_NAME_CGROUP, v);
		return n ? n->text : tick_printf(t, "cgroup id %" PRIu64, v);
	case MMT_KEY_REGION: return listed(hist_region_names, MMT_REGIONS + 1, v, t);
	case MMT_KEY_MIGRATE: return listed(hist_migrate_names, 6, v, t);
	case MMT_KEY_COUNT: case MMT_KEY_NONE: break;
	}
	return NULL;
}

const char *hist_key_text(const struct hist_line *l, int which, const struct tick *t)
{
	enum mmt_hist_key_id key = (enum mmt_hist_key_id)hist_of(t->model)->by[which];
	const char *text;

	if (!is_carried(l, key))
		return "-";
	text = key_text(l, key, l->k[which], t);
	return text ? text : "?";
}

static struct value get_key(const struct field *f, const void *row, const struct tick *t)
{
	uint64_t v;

	if (!key_value(row, (enum mmt_hist_key_id)f->arg, t, &v))
		return value_none();
	return value_text(key_text(row, (enum mmt_hist_key_id)f->arg, v, t));
}

static struct value get_number(const struct field *f, const void *row, const struct tick *t)
{
	uint64_t v;

	return key_value(row, (enum mmt_hist_key_id)f->arg, t, &v) ? value_uint(v) : value_none();
}

/* pid 0, comm 1, start_time 2 */
static struct value get_process(const struct field *f, const void *row, const struct tick *t)
{
	const struct name *n;
	uint64_t v;

	if (!key_value(row, MMT_KEY_PROCESS, t, &v))
		return value_none();
	n = name_find(&hist_of(t->model)->names, INPUT_NAME_PROCESS, v);
	if (f->arg == 0)
		return value_uint((uint32_t)v);
	if (!n)
		return value_none();
	return f->arg == 1 ? value_text(n->text) : value_uint(n->extra);
}

static struct value get_fallback(const struct field *f, const void *row, const struct tick *t)
{
	const struct hist_line *l = row;
	uint64_t type = f->arg ? l->k[0] & 0xff : l->k[0] >> 8;

	return l->op == MMT_OP_FALLBACK ? value_text(listed(hist_migrate_names, 6, type, t)) : value_none();
}

/* --- what it counts --- */

static struct value get_event(const struct field *f, const void *row, const struct tick *t)
{
	(void)t;
	if (f->arg == 0)
		return value_text(hist_domain_keys[line_of(row)->domain]);
	return value_text(f->arg == 1 ? op_keys[line_of(row)->op] : line_of(row)->op == MMT_OP_LATENCY ? "ns" : "bytes");
}

static struct value get_other(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return value_bool(line_of(row)->other);
}

static struct value sum_value(const struct mmt_hist_row *sum, uint8_t domain, uint8_t op, int what)
{
	bool time = op == MMT_OP_LATENCY;

	if (what == 0)
		return value_uint(sum->count);
	if ((what == 3) != time || hist_sizes_unknown(domain, op))
		return value_none();
	return value_uint(what == 2 ? sum->allocated : sum->requested);
}

/* count 0, bytes_req 1, bytes_alloc 2, ns_sum 3 */
static struct value get_sum(const struct field *f, const void *row, const struct tick *t)
{
	(void)t;
	return sum_value(&line_of(row)->sum, line_of(row)->domain, line_of(row)->op, f->arg);
}

static struct value get_waste(const struct field *f, const void *row, const struct tick *t)
{
	const struct hist_line *l = row;

	(void)f, (void)t;
	if (l->op == MMT_OP_LATENCY || hist_sizes_unknown(l->domain, l->op))
		return value_none();
	return value_uint(hist_waste(&l->sum));
}

static void put_number(struct nest_out *o, const char *key, uint64_t v, enum unit unit)
{
	struct value value = value_uint(v);

	o->value(o, key, &value, unit);
}

static void put_buckets(const struct nest *n, struct nest_out *o)
{
	const struct hist_line *l = n->data;

	for (size_t i = 0; i < l->cell_count; i++) {
		const struct hist_cell *c = &l->cells[i];

		o->open(o, NULL, false);
		put_number(o, "lo", hist_bucket_lo(c->key.bucket), UNIT_NUMBER);
		put_number(o, "hi", hist_bucket_hi(c->key.bucket), UNIT_NUMBER);
		put_number(o, "count", c->row.count, UNIT_COUNT);
		o->close(o, false);
	}
}

static struct value get_buckets(const struct field *f, const void *row, const struct tick *t)
{
	const struct hist_line *l = row;

	(void)f;
	if (hist_sizes_unknown(l->domain, l->op))
		return value_none();
	return (struct value){ .type = VALUE_NEST, .nest = { put_buckets, l, t, true } };
}

#define KEY_FIELD(ID, name, title_, help_) \
	{ .key = name, .path = "key." name, .title = title_, .help = help_, .width = -8, .label = true, .get = get_key, .arg = MMT_KEY_##ID }

static const struct field fields[] = {
	{ .key = "event", .title = "EVENT", .help = "domain", .width = -8, .label = true, .get = get_event, .arg = 0 },
	{ .key = "op", .title = "OP", .help = "alloc, free, failed (given nothing), nested (vmalloc's own arrays of pages), fallback "
	  "(page: taken from another migrate type), latency", .width = -8, .label = true, .get = get_event, .arg = 1 },
	{ .key = "unit", .help = "of the buckets: bytes or ns", .rank = RANK_DATA, .get = get_event, .arg = 2 },
	KEY_FIELD(SITE, "site", "SITE", "call site: function+offset [module]"),
	KEY_FIELD(CACHE, "cache", "CACHE", "slab cache, or size class of kmalloc"),
	{ .key = "pid", .path = "key.pid", .title = "PID", .help = "process", .unit = UNIT_NUMBER, .width = 7, .label = true,
	  .flags = FIELD_VOLATILE, .get = get_process, .arg = 0 },
	{ .key = "comm", .path = "key.comm", .title = "COMM", .help = "its name", .width = -15, .label = true, .get = get_process, .arg = 1 },
	{ .key = "start_time", .path = "key.start_time_ns", .help = "when it started, of CLOCK_BOOTTIME", .unit = UNIT_NS,
	  .rank = RANK_DATA, .get = get_process, .arg = 2 },
	{ .key = "order", .path = "key.order", .title = "ORDER", .help = "order of the block", .unit = UNIT_NUMBER, .width = 5, .label = true,
	  .get = get_number, .arg = MMT_KEY_ORDER },
	{ .key = "gfp", .path = "key.gfp", .help = "flags of the allocation", .unit = UNIT_ADDRESS, .rank = RANK_DATA, .get = get_number,
	  .arg = MMT_KEY_GFP },
	{ .key = "gfp_text", .path = "key.gfp_text", .title = "GFP", .help = "the flags' names", .width = -10, .label = true,
	  .get = get_key, .arg = MMT_KEY_GFP },
	KEY_FIELD(NODE, "node", "NODE", "memory node: its number, or any"),
	KEY_FIELD(CGROUP, "cgroup", "CGROUP", "path below the mount; cgroup id N if it is gone"),
	KEY_FIELD(REGION, "region", "REGION", "part of the kernel's address space"),
	KEY_FIELD(MIGRATE, "migrate", "MIGRATE", "migrate type"),
	{ .key = "wanted", .path = "key.wanted", .help = "fallback: the migrate type asked for", .label = true, .rank = RANK_DATA,
	  .get = get_fallback, .arg = 0 },
	{ .key = "taken", .path = "key.taken", .help = "fallback: the one it was taken from", .label = true, .rank = RANK_DATA,
	  .get = get_fallback, .arg = 1 },
	{ .key = "other", .help = "all that found no row of its own", .label = true, .rank = RANK_DATA, .get = get_other },
	{ .key = "count", .title = "COUNT", .help = "how many", .unit = UNIT_COUNT, .width = 10, .flow = FLOW_TOTAL, .merge = MERGE_SUM,
	  .get = get_sum, .arg = 0 },
	{ .key = "bytes", .path = "bytes_req", .title = "REQUEST", .help = "bytes asked for; -s bytes: time lost, too", .unit = UNIT_BYTES,
	  .width = 8, .flow = FLOW_TOTAL, .merge = MERGE_SUM, .get = get_sum, .arg = 1 },
	{ .key = "given", .path = "bytes_alloc", .title = "GIVEN", .help = "bytes given", .unit = UNIT_BYTES, .width = 8,
	  .flow = FLOW_TOTAL, .merge = MERGE_SUM, .get = get_sum, .arg = 2 },
	{ .key = "waste", .path = "bytes_waste", .title = "WASTE", .help = "bytes given beyond those asked for", .unit = UNIT_BYTES,
	  .width = 8, .flow = FLOW_TOTAL, .merge = MERGE_SUM, .get = get_waste },
	{ .key = "time", .path = "ns_sum", .title = "TIME", .help = "sum of the times", .unit = UNIT_NS, .width = 8, .flow = FLOW_TOTAL,
	  .merge = MERGE_SUM, .get = get_sum, .arg = 3 },
	{ .key = "buckets", .help = "[{lo, hi, count}], lo <= size or time < hi; empty ones are left out; null: kfree gives no size",
	  .rank = RANK_DATA, .merge = MERGE_NONE, .get = get_buckets },
};

static void each(const struct model *m, row_fn fn, void *ctx)
{
	const struct hist_snapshot *s = &hist_of(m)->total;

	for (size_t i = 0; i < s->line_count; i++)
		fn(ctx, &s->lines[i]);
}

const struct row_type row_hist = {
	.name = "hist", .noun = "row", .nouns = "rows", .help = "histograms by the keys of --by, since the start", .sort = "count",
	.fields = fields, .count = FIELD_COUNT(fields), .each = each,
};

/* --- first and last line --- */

static struct value get_module(const struct field *f, const void *row, const struct tick *t)
{
	(void)t;
	return value_text(model_fact(row, "run", f->key));
}

static void put_regions(const struct nest *n, struct nest_out *o)
{
	for (const struct fact *f = NULL; (f = model_fact_next(n->t->model, "region", f));) {
		unsigned long i = strtoul(f->key, NULL, 10);
		struct value range = f->value[0] ? value_text(f->value) : value_none();

		if (i < MMT_REGIONS && hist_region_names[i])
			o->value(o, hist_region_names[i], &range, UNIT_NONE);
	}
}

static struct value get_regions(const struct field *f, const void *row, const struct tick *t)
{
	(void)f;
	if (!model_fact_next(row, "region", NULL))
		return value_none();
	return (struct value){ .type = VALUE_NEST, .nest = { put_regions, NULL, t, false } };
}

static const struct field start_fields[] = {
	{ .key = "module", .help = "--module", .get = get_module },
	{ .key = "regions", .help = "with --by region: {name: \"start-end\"}; null: not found", .get = get_regions },
};

const struct row_type row_hist_start = { .name = "start", .fields = start_fields, .count = FIELD_COUNT(start_fields) };

static void put_total(struct nest_out *o, const struct hist_model *h, uint8_t domain, uint8_t op)
{
	static const char *const keys[] = { "count", "bytes_req", "bytes_alloc", "ns_sum" };
	struct mmt_hist_row sum = hist_total(&h->total, domain, op, NULL);

	if (!sum.count)
		return;
	o->open(o, op_keys[op], false);
	for (int i = 0; i < 4; i++) {
		struct value v = sum_value(&sum, domain, op, i);

		o->value(o, keys[i], &v, i == 3 ? UNIT_NS : i ? UNIT_BYTES : UNIT_COUNT);
	}
	o->close(o, false);
}

static void put_totals(const struct nest *n, struct nest_out *o)
{
	const struct hist_model *h = hist_of(n->t->model);

	for (uint8_t d = 0; d < MMT_DOMAIN_COUNT; d++) {
		if (!hist_counts(h, d))
			continue;
		o->open(o, hist_domain_keys[d], false);
		put_number(o, "going_on", h->stalls_open[d], UNIT_COUNT);
		for (uint8_t op = 0; op < MMT_OP_COUNT; op++)
			put_total(o, h, d, op);
		o->close(o, false);
	}
}

static struct value get_totals(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)row;
	return (struct value){ .type = VALUE_NEST, .nest = { put_totals, NULL, t, false } };
}

static struct value get_kills(const struct field *f, const void *row, const struct tick *t)
{
	const struct hist_model *h = hist_of(row);

	(void)f, (void)t;
	return hist_counts(h, MMT_DOMAIN_OOM) ? value_uint(h->oom_kills) : value_none();
}

static struct value get_loss(const struct field *f, const void *row, const struct tick *t)
{
	const struct model *m = row;

	(void)t;
	return value_uint(f->arg < 0 ? m->cost.bpf_misses : m->losses[f->arg]);
}

#define LOSS_FIELD(name, help_, index) \
	{ .key = name, .path = "lost." name, .help = help_, .unit = UNIT_COUNT, .flow = FLOW_TOTAL, .get = get_loss, .arg = index }

static const struct field end_fields[] = {
	{ .key = "totals", .help = "{domain: {op: {count, bytes_req, bytes_alloc, ns_sum}, going_on: stalls that have not ended}}",
	  .get = get_totals },
	{ .key = "oom_kills", .help = "OOM kills; null: not counted", .unit = UNIT_COUNT, .flow = FLOW_TOTAL, .get = get_kills },
	LOSS_FIELD("probe_missed", "events while the same program ran on that CPU", -1),
	LOSS_FIELD("unpaired", "faults whose start was not seen", MMT_HIST_LOSS_UNPAIRED),
	LOSS_FIELD("stalls", "stalls without a time: no room to remember their start", MMT_HIST_LOSS_STALLS),
	LOSS_FIELD("ooms", "OOM kills without a line: the ring was full", MMT_HIST_LOSS_OOMS),
	LOSS_FIELD("processes", "children not followed: more than 8192 processes at a time", MMT_HIST_LOSS_PROCESSES),
};

const struct row_type row_hist_end = { .name = "end", .fields = end_fields, .count = FIELD_COUNT(end_fields) };
