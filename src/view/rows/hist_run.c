/* SPDX-License-Identifier: GPL-2.0 */
/* What the first and last lines of hist have of their own. */
#include <stdlib.h>

#include "view/rows/hist.h"
#include "view/rows/run.h"

static struct value get_module(const struct field *f, const void *row, const struct tick *t)
{
	(void)t;
	return value_text(model_fact(row, "option", f->key));
}

static void put_keys(const struct nest *n, struct nest_out *o)
{
	const struct hist_model *h = n->data;

	for (int i = 0; i < 2 && h->by[i] < MMT_KEY_COUNT; i++) {
		struct value v = value_text(hist_keys[h->by[i]].key);

		o->value(o, NULL, &v, UNIT_NONE);
	}
}

static struct value get_keys(const struct field *f, const void *row, const struct tick *t)
{
	(void)f;
	return (struct value){ .type = VALUE_NEST, .nest = { put_keys, row, t, true } };
}

/* "START END" in hexadecimal; empty: not found. */
static void put_region(struct nest_out *o, const char *name, const char *bounds)
{
	struct value v = value_none();
	char *end;

	if (!bounds[0]) {
		o->value(o, name, &v, UNIT_NONE);
		return;
	}
	o->open(o, name, false);
	v = value_uint(strtoull(bounds, &end, 16));
	o->value(o, "start", &v, UNIT_ADDRESS);
	v = value_uint(strtoull(end, NULL, 16));
	o->value(o, "end", &v, UNIT_ADDRESS);
	o->close(o, false);
}

static void put_regions(const struct nest *n, struct nest_out *o)
{
	for (const struct fact *f = NULL; (f = model_fact_next(n->data, "region", f));)
		put_region(o, f->key, f->value);
}

static struct value get_regions(const struct field *f, const void *row, const struct tick *t)
{
	(void)f;
	if (!model_fact_next(row, "region", NULL))
		return value_none();
	return (struct value){ .type = VALUE_NEST, .nest = { put_regions, row, t, false } };
}

/* clang-format off */
static const struct field start_fields[] = {
	{ .key = "by", .help = "keys of --by", .get = get_keys },
	{ .key = "module", .help = "--module: only its sites; null: all", .get = get_module },
	{ .key = "regions", .help = "{name: {start, end}, or null: not found}; null but with --by region",
	  .get = get_regions },
};
/* clang-format on */

const struct row_type row_hist_start = { .name = "start", .fields = start_fields, .count = FIELD_COUNT(start_fields) };

/* --- the end --- */

static void put_total(struct nest_out *o, const struct mmt_hist_row *sum, uint8_t domain, uint8_t op)
{
	bool time = op == MMT_OP_LATENCY, sizes = !time && hist_has_sizes(domain, op);
	struct value v = value_uint(sum->count);

	o->open(o, hist_ops[op], false);
	o->value(o, "count", &v, UNIT_COUNT);
	v = sizes ? value_uint(sum->requested) : value_none();
	o->value(o, "bytes_req", &v, UNIT_BYTES);
	v = sizes ? value_uint(sum->allocated) : value_none();
	o->value(o, "bytes_alloc", &v, UNIT_BYTES);
	v = time ? value_uint(sum->requested) : value_none();
	o->value(o, "ns_sum", &v, UNIT_NS);
	o->close(o, false);
}

static void put_totals(const struct nest *n, struct nest_out *o)
{
	const struct hist_model *h = n->data;

	for (uint8_t d = 0; d < MMT_DOMAIN_COUNT; d++) {
		struct value v = hist_is(d, HD_TIMED) ? value_uint(h->stalls_open[d]) : value_none();

		if (!model_fact(&h->base, "backend", hist_domains[d].key))
			continue;
		o->open(o, hist_domains[d].key, false);
		o->value(o, "going_on", &v, UNIT_COUNT);
		for (uint8_t op = 0; op < MMT_OP_COUNT; op++) {
			struct mmt_hist_row sum = hist_total(&h->now, d, op, NULL);

			if (sum.count)
				put_total(o, &sum, d, op);
		}
		o->close(o, false);
	}
}

static struct value get_totals(const struct field *f, const void *row, const struct tick *t)
{
	(void)f;
	return (struct value){ .type = VALUE_NEST, .nest = { put_totals, row, t, false } };
}

static struct value get_kills(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	if (!model_fact(row, "backend", hist_domains[MMT_DOMAIN_OOM].key))
		return value_none();
	return value_uint(hist_of(row)->oom_kills);
}

static struct value get_without_row(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return value_uint(hist_without_row(hist_of(row)));
}

#define LOST(k, help_text) .key = k, .path = "lost." k, .help = help_text, .unit = UNIT_COUNT, .flow = FLOW_TOTAL

/* clang-format off */
static const struct field end_fields[] = {
	{ .key = "totals", .help = "{event: {going_on: stalls that have not ended and are in no count (null: it has no "
	  "times), op: {count, bytes_req, bytes_alloc, ns_sum}}}", .flow = FLOW_TOTAL, .get = get_totals },
	{ .key = "oom_kills", .help = "processes killed for want of memory; null: not counted", .unit = UNIT_COUNT,
	  .flow = FLOW_TOTAL, .get = get_kills },
	{ LOST("probe_missed", "events while the same program ran on that CPU"), .get = run_probe_missed },
	{ LOST("unpaired", "faults whose start was not seen"), .get = run_loss, .arg = MMT_HIST_LOSS_UNPAIRED },
	{ LOST("stalls", "stalls that found no room for the time of their start"), .get = run_loss,
	  .arg = MMT_HIST_LOSS_STALLS },
	{ LOST("ooms", "OOM kills without a line: the ring was full"), .get = run_loss, .arg = MMT_HIST_LOSS_OOMS },
	{ LOST("rows_full", "events without a row of their own: they are in `other` (--rows)"), .get = get_without_row },
	{ LOST("processes", "children not followed: more processes at a time than there is room for"), .get = run_loss,
	  .arg = MMT_HIST_LOSS_PROCESSES },
	{ LOST("threads", "looks at threads without room for them: what they faulted by get_user_pages is missing"),
	  .get = run_loss, .arg = MMT_HIST_LOSS_THREADS },
	{ LOST("decode_error", "damaged inputs, not counted"), .get = run_decode_errors },
};
/* clang-format on */

const struct row_type row_hist_end = { .name = "end", .fields = end_fields, .count = FIELD_COUNT(end_fields) };
