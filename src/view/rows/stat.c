/* SPDX-License-Identifier: GPL-2.0 */
#include "view/rows/stat.h"

const char *const class_keys[MMT_CLASS_COUNT] = {
#define CLASS(NAME, n, key, title, help) [n] = key,
#include "wire/classes.def"
#undef CLASS
};

const char *const mode_keys[MMT_MODE_COUNT] = { "user", "kernel", "gup" };

_Static_assert(SPREAD_BUCKETS == MMT_LATENCY_BUCKETS, "a histogram of the wire is one of values");

const char *page_key(const struct mmt_fault *f)
{
	if (f->cls == MMT_CLASS_ERROR)
		return NULL;
	return f->flags & MMT_FAULT_FRESH ? "new" : f->flags & MMT_FAULT_THERE ? "there" : NULL;
}

static void put_number(struct nest_out *o, const char *key, uint64_t v, enum unit unit)
{
	struct value value = value_uint(v);

	o->value(o, key, &value, unit);
}

static void put_class(struct nest_out *o, const struct class_stat *c)
{
	int last = HIST_BUCKETS - 1;

	put_number(o, "minor", c->minor, UNIT_COUNT);
	put_number(o, "major", c->major, UNIT_COUNT);
	put_number(o, "error", c->error, UNIT_COUNT);
	put_number(o, "new", c->fresh, UNIT_COUNT);
	put_number(o, "there", c->there, UNIT_COUNT);
	put_number(o, "ns_sum", c->ns_sum, UNIT_NS);
	put_number(o, "ns_max", c->ns_max, UNIT_NS);
	while (last >= 0 && !c->hist[last])
		last--;
	o->open(o, "hist", true);
	for (int b = 0; b <= last; b++)
		put_number(o, NULL, c->hist[b], UNIT_COUNT);
	o->close(o, true);
}

static void put_classes(const struct nest *n, struct nest_out *o)
{
	const struct fault_stat *s = n->data;

	for (int i = 0; i < MMT_CLASS_COUNT; i++) {
		if (!s->cls[i])
			continue;
		o->open(o, class_keys[i], false);
		put_class(o, s->cls[i]);
		o->close(o, false);
	}
}

struct value stat_classes(const struct fault_stat *s, const struct tick *t)
{
	return (struct value){ .type = VALUE_NEST, .nest = { put_classes, s, t, false } };
}

struct value stat_latency(const struct fault_stat *s, int percent, const struct tick *t)
{
	struct spread *all;

	if (!stat_max(s))
		return value_none();
	all = tick_alloc(t, sizeof(*all));
	for (int i = 0; i < MMT_CLASS_COUNT; i++) {
		const struct class_stat *c = s->cls[i];

		for (int b = 0; c && b < HIST_BUCKETS; b++)
			all->bucket[b] += c->hist[b];
		all->total += c ? c->timed : 0;
	}
	all->max = stat_max(s);
	return (struct value){ .type = VALUE_QUANTILE, .quantile = { all, percent > 100 ? 2 : percent / 100.0 } };
}

struct value stat_pages(const struct fault_stat *s, int only, stat_fn get)
{
	uint64_t known = 0, n = 0;

	for (int c = 0; c < MMT_CLASS_COUNT; c++) {
		if (only != MMT_CLASS_COUNT && c != only)
			continue;
		known += stat_fresh(s, (enum mmt_class)c) + stat_there(s, (enum mmt_class)c);
		n += get(s, (enum mmt_class)c);
	}
	return known ? value_uint(n) : value_none();
}

struct value stat_time(const struct fault_stat *s)
{
	uint64_t ns = 0, timed = 0;

	for (int i = 0; i < MMT_CLASS_COUNT; i++) {
		ns += s->cls[i] ? s->cls[i]->ns_sum : 0;
		timed += s->cls[i] ? s->cls[i]->timed : 0;
	}
	return timed ? value_uint(ns) : value_none();
}

struct value stat_rate(uint64_t in_interval, const struct fault_stat *s, const struct tick *t)
{
	uint64_t faults = t->interval_ns ? in_interval : stat_total(s) + s->unattributed_minor + s->unattributed_major;
	uint64_t ns = t->interval_ns ? t->interval_ns : t->now_ns;

	return ns ? value_uint((uint64_t)((double)faults * 1e9 / (double)ns)) : value_none();
}
