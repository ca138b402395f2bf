/* SPDX-License-Identifier: GPL-2.0 */
/* What is said of every run: the first line of all formats, and the common part
 * of the last one.  Their row is the model. */
#include <stdlib.h>

#include "view/format.h"
#include "view/rows/run.h"

#define SCHEMA 2

static const struct model *model_of(const void *row)
{
	return row;
}

struct value run_loss(const struct field *f, const void *row, const struct tick *t)
{
	(void)t;
	return value_uint(model_of(row)->losses[f->arg]);
}

struct value run_probe_missed(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return value_uint(model_of(row)->cost.bpf_misses);
}

struct value run_decode_errors(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return value_uint(model_of(row)->decode_errors);
}

static struct value get_schema(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)row, (void)t;
	return value_uint(SCHEMA);
}

/* A fact of the group "run" with the key of the field. */
static struct value get_fact(const struct field *f, const void *row, const struct tick *t)
{
	(void)t;
	return value_text(model_fact(model_of(row), "run", f->key));
}

static struct value get_t0(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return value_uint(model_of(row)->clock.t0_unix_ns);
}

/* --- groups of facts --- */

static void put_values(const struct nest *n, struct nest_out *o)
{
	for (const struct fact *f = NULL; (f = model_fact_next(n->t->model, n->data, f));) {
		struct value v = value_text(f->value);

		o->value(o, n->array ? NULL : f->key, &v, UNIT_NONE);
	}
}

static struct value facts(const char *group, bool array, const struct tick *t)
{
	return (struct value){ .type = VALUE_NEST, .nest = { put_values, group, t, array } };
}

static struct value get_argv(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)row;
	return facts("argv", true, t);
}

static struct value get_backends(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)row;
	return facts("backend", false, t);
}

static struct value get_unknown(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)row;
	return facts("unknown", false, t);
}

static void put_pids(const struct nest *n, struct nest_out *o)
{
	for (const struct fact *f = NULL; (f = model_fact_next(n->t->model, "pid", f));) {
		struct value pid = value_uint(strtoull(f->key, NULL, 10)), start = value_none();

		if (f->value[0])
			start = value_uint(strtoull(f->value, NULL, 10));
		o->open(o, NULL, false);
		o->value(o, "pid", &pid, UNIT_NUMBER);
		o->value(o, "start_time_ns", &start, UNIT_NS);
		o->close(o, false);
	}
}

static struct value get_pids(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)row;
	return (struct value){ .type = VALUE_NEST, .nest = { put_pids, NULL, t, true } };
}

static struct value get_target(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return value_text(model_fact(model_of(row), "target", f->key));
}

/* clang-format off */
static const struct field start_fields[] = {
	{ .key = "schema", .help = "version of these keys", .get = get_schema },
	{ .key = "version", .help = "of mmtrace", .get = get_fact },
	{ .key = "command", .help = "command of mmtrace", .get = get_fact },
	{ .key = "argv", .help = "its command line", .get = get_argv },
	{ .key = "kernel", .help = "release of the kernel", .get = get_fact },
	{ .key = "text", .path = "target.text", .help = "what is traced", .get = get_target },
	{ .key = "pids", .path = "target.pids", .help = "processes named: [{pid, start_time_ns}]", .get = get_pids },
	{ .key = "backends", .help = "how the kernel is asked: {hook: backend}", .get = get_backends },
	{ .key = "unknown", .help = "what cannot be known here: {key: reason}", .get = get_unknown },
	{ .key = "t0_unix_ns", .help = "when t is 0, in ns since 1970", .unit = UNIT_NS, .get = get_t0 },
};
/* clang-format on */

const struct row_type row_start = {
	.name = "start", .help = "the first line", .fields = start_fields, .count = FIELD_COUNT(start_fields),
};

/* --- the end --- */

static struct value get_cost(const struct field *f, const void *row, const struct tick *t)
{
	const struct input_cost *c = &model_of(row)->cost;
	const uint64_t values[] = { c->cpu_ns, c->rss_bytes, c->map_bytes, c->bpf_runs, c->bpf_ns };

	(void)t;
	if ((f->arg >= 3 && !c->bpf_timed) || (f->arg < 2 && !values[f->arg]))
		return value_none();
	return value_uint(values[f->arg]);
}

/* clang-format off */
static const struct field end_fields[] = {
	{ .key = "cpu_ns", .path = "overhead.cpu_ns", .help = "user and system time of mmtrace", .unit = UNIT_NS,
	  .flow = FLOW_TOTAL, .get = get_cost, .arg = 0 },
	{ .key = "rss_bytes", .path = "overhead.rss_bytes", .help = "its resident memory, without BPF maps",
	  .unit = UNIT_BYTES, .flow = FLOW_LEVEL, .get = get_cost, .arg = 1 },
	{ .key = "map_bytes", .path = "overhead.map_bytes", .help = "BPF maps, as the kernel charges them",
	  .unit = UNIT_BYTES, .flow = FLOW_LEVEL, .get = get_cost, .arg = 2 },
	{ .key = "bpf_runs", .path = "overhead.bpf_runs",
	  .help = "runs of BPF programs; null unless kernel.bpf_stats_enabled", .unit = UNIT_COUNT, .flow = FLOW_TOTAL,
	  .get = get_cost, .arg = 3 },
	{ .key = "bpf_ns", .path = "overhead.bpf_ns",
	  .help = "time in BPF programs; null unless kernel.bpf_stats_enabled", .unit = UNIT_NS, .flow = FLOW_TOTAL,
	  .get = get_cost, .arg = 4 },
};
/* clang-format on */

const struct row_type row_end = {
	.name = "end", .help = "the last line; without it the output is not complete",
	.fields = end_fields, .count = FIELD_COUNT(end_fields),
};
