/* SPDX-License-Identifier: GPL-2.0 */
#include "view/group.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/map.h"
#include "base/text.h"
#include "view/tree.h"

#define KEYS_MAX 16
#define KEYS_ASKED 2 /* by a user */

/* What a field holds of all rows of a group so far. */
struct merged { struct value value, added; struct spread spread; struct tree *tree; bool set, differs; };

struct group_row {
	struct group_row *next, *same_hash;
	struct merged by[KEYS_MAX];
	const char *of; /* name of the type of its rows */
	uint64_t rows;
	struct merged m[]; /* by the fields of the type */
};

struct group {
	const struct row_type *type;    /* of the rows that are grouped */
	int by[KEYS_MAX], by_count;     /* indices of its fields */
	bool busy_only;
	struct row_type row;            /* of the groups */
	const struct row_type *types[2];
	struct field *fields;
	int *merged, merged_count;      /* indices of the fields that are merged */
	struct model model;             /* its type is not set: only carries the group to each() */
	struct scratch *memory;         /* of the groups */
	struct group_row *first, **last;
	struct map by_hash;
	struct tick tick;               /* the moment, for the rows that are grouped */
	const struct tick *t;
};

/* --- fields of a group --- */

static const struct merged *merged_of(const struct field *f, const void *row)
{
	const struct group_row *g = row;

	return f->arg < 0 ? &g->by[-1 - f->arg] : &g->m[f->arg];
}

static struct value get_rows(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return value_uint(((const struct group_row *)row)->rows);
}

static struct value get_of(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return value_text(((const struct group_row *)row)->of);
}

static struct value get_merged(const struct field *f, const void *row, const struct tick *t)
{
	const struct merged *m = merged_of(f, row);

	(void)t;
	return m->differs || !m->set ? value_none() : m->value;
}

static struct value get_added(const struct field *f, const void *row, const struct tick *t)
{
	(void)t;
	return merged_of(f, row)->added;
}

static bool is_by(const struct group *g, int field)
{
	for (int i = 0; i < g->by_count; i++)
		if (g->by[i] == field)
			return true;
	return false;
}

/* By class each row has one: columns of all of them would say the same again. */
static bool says_again(const struct group *g, const struct field *f)
{
	int by = field_find(g->type, "class", strlen("class"));

	return f->rank == RANK_CLASS && by >= 0 && is_by(g, by);
}

/* What a single row has of its own means nothing for many, unless it is a label. */
static bool merges(const struct field *f)
{
	return f->merge != MERGE_NONE && (f->label || f->merge != MERGE_COMMON);
}

static void fields_make(struct group *g)
{
	int n = 0;

	g->fields = xcalloc((size_t)g->type->count + 2 + KEYS_MAX, sizeof(*g->fields));
	g->merged = xcalloc((size_t)g->type->count, sizeof(*g->merged));
	for (int i = 0; i < g->by_count; i++) {
		struct field *f = &g->fields[n++];
		char *path = NULL;

		*f = g->type->fields[g->by[i]];
		if (asprintf(&path, "by.%s", f->key) < 0)
			abort();
		f->path = path;
		f->rank = RANK_NEEDED;
		f->flags &= ~(FIELD_VOLATILE | FIELD_TABLE_ONLY);
		f->get = get_merged;
		f->arg = (int16_t)(-1 - i);
	}
	g->fields[n++] = (struct field){
		.key = "of", .help = "the type of the rows that the group stands for", .rank = RANK_DATA, .get = get_of
	};
	g->fields[n++] = (struct field){ .key = "rows", .title = "ROWS", .help = "how many rows the group stands for",
					 .unit = UNIT_COUNT, .width = 6, .flow = FLOW_LEVEL, .get = get_rows };
	for (int i = 0; i < g->type->count; i++) {
		struct field *f = &g->fields[n];

		if (is_by(g, i) || !merges(&g->type->fields[i]) || says_again(g, &g->type->fields[i]))
			continue;
		if (g->type->fields[i].merge != MERGE_NESTED || !g->busy_only) /* tables show no objects */
			g->merged[g->merged_count++] = i;
		*f = g->type->fields[i];
		f->mark = NULL;
		f->rank = f->label ? RANK_ASKED : f->rank; /* of several rows they differ as a rule */
		f->label = false; /* a series must not change its name when a second value comes */
		f->get = get_merged;
		f->added = f->added ? get_added : NULL;
		f->arg = (int16_t)i;
		n++;
	}
	g->row.fields = g->fields;
	g->row.count = n;
}

static void each_group(const struct model *m, row_fn fn, void *ctx)
{
	const struct group *g = (const struct group *)((const char *)m - offsetof(struct group, model));

	for (const struct group_row *r = g->first; r; r = r->next)
		fn(ctx, r);
}

/* --- making one --- */

static int keys_find(const struct row_type *type, const char *by, int out[KEYS_MAX])
{
	size_t len;
	int n = 0;

	for (const char *s; (s = text_element(&by, &len));) {
		int f = *s == '-' ? -1 : field_find(type, s, len);

		if (n == KEYS_MAX || f < 0 || !type->fields[f].label)
			return -1;
		for (int i = 0; i < n; i++)
			if (out[i] == f)
				return -1;
		out[n++] = f;
	}
	return n;
}

const char *group_check(const struct row_type *type, const char *by)
{
	static char why[300];
	size_t at;
	int keys[KEYS_MAX], n = keys_find(type, by, keys);

	if (n > 0 && n <= KEYS_ASKED)
		return NULL;
	at = (size_t)snprintf(why, sizeof(why), "one or two different keys of:");
	for (int i = 0; i < type->count && at < sizeof(why); i++)
		if (type->fields[i].label)
			at += (size_t)snprintf(why + at, sizeof(why) - at, " %s", type->fields[i].key);
	return why;
}

static const struct row_type *with_label(const struct show *show, const char *key, size_t len)
{
	const struct row_type *const *lists[] = { show->rows, show->others };

	for (int i = 0; i < 2; i++)
		for (const struct row_type *const *t = lists[i]; t && *t; t++) {
			int f = field_find(*t, key, len);

			if (f >= 0 && (*t)->fields[f].label)
				return *t;
		}
	return NULL;
}

/* Two keys that exist, though no row type has both. */
static const char *apart(const struct show *show, const char *by)
{
	const struct row_type *of[KEYS_ASKED];
	const char *key[KEYS_ASKED];
	static char why[200];
	size_t len[KEYS_ASKED], n = 0;

	for (const char *s; n < KEYS_ASKED && (s = text_element(&by, &len[n])); n++) {
		of[n] = with_label(show, key[n] = s, len[n]);
		if (!of[n])
			return NULL;
	}
	if (n < KEYS_ASKED || of[0] == of[1])
		return NULL;
	snprintf(why, sizeof(why), "no row has both: %.*s is a key of %s rows, %.*s of %s rows", (int)len[0], key[0],
		 of[0]->name, (int)len[1], key[1], of[1]->name);
	return why;
}

const char *group_refusal(const struct show *show, const struct row_type *type, const char *by)
{
	const char *why = group_check(type, by), *both = why ? apart(show, by) : NULL;

	return both ? both : why;
}

struct group *group_new(const struct show *show, const char *table, const char *by, bool busy_only)
{
	struct group *g = xcalloc(1, sizeof(*g));

	g->type = table ? show_type(show, table) : show->rows[0];
	g->by_count = keys_find(g->type, by, g->by);
	g->busy_only = busy_only;
	g->memory = scratch_new();
	g->by_hash = MAP(1);
	g->row = *g->type;
	g->row.name = "group";
	g->row.noun = "group";
	g->row.nouns = "groups";
	g->row.each = each_group;
	g->row.version = NULL;
	g->row.quiet = NULL;
	g->types[0] = &g->row;
	fields_make(g);
	return g;
}

void group_narrow(struct group *g, const char *sort)
{
	int kept = 0;

	for (int n = 0; n < g->merged_count; n++) {
		const struct field *f = &g->type->fields[g->merged[n]];

		if ((f->title && f->rank >= 0 && f->rank != RANK_ASKED) || (sort && !strcmp(f->key, sort + (*sort == '-'))))
			g->merged[kept++] = g->merged[n];
	}
	g->merged_count = kept;
}

static void rows_free(struct group *g)
{
	for (struct group_row *r = g->first, *next; r; r = next) {
		next = r->next;
		for (int i = 0; i < g->type->count; i++)
			tree_free(r->m[i].tree);
		free(r);
	}
	g->first = NULL;
	g->last = &g->first;
	map_free(&g->by_hash);
	scratch_reset(g->memory);
}

void group_free(struct group *g)
{
	if (!g)
		return;
	rows_free(g);
	for (int i = 0; i < g->by_count; i++)
		free((char *)g->fields[i].path);
	scratch_free(g->memory);
	free(g->merged);
	free(g->fields);
	free(g);
}

/* --- merging --- */

static bool same(const struct value *a, const struct value *b)
{
	return a->type == b->type && (a->type == VALUE_NONE || value_compare(a, b) == 0);
}

/* Texts hold until the next row only: the group keeps its own. */
static struct value kept(const struct group *g, struct value v)
{
	struct tick t = { .scratch = g->memory };

	if (v.type == VALUE_TEXT)
		v.text = tick_text(&t, v.text, strlen(v.text));
	return v;
}

static struct value sum(struct value a, struct value b)
{
	if (a.type == VALUE_NONE)
		return b;
	if (b.type == VALUE_NONE)
		return a;
	if (a.type == VALUE_UINT && b.type == VALUE_UINT)
		return value_uint(a.u + b.u);
	if (a.type == VALUE_INT && b.type == VALUE_INT)
		return value_int(a.i + b.i);
	return value_real(value_number(&a) + value_number(&b));
}

static void spread_add(struct merged *m, const struct value *v)
{
	const struct spread *s = v->quantile.spread;

	for (int b = 0; s && b < SPREAD_BUCKETS; b++)
		m->spread.bucket[b] += s->bucket[b];
	m->spread.total += s ? s->total : 0;
	m->spread.max = s && s->max > m->spread.max ? s->max : m->spread.max;
	m->value = *v;
	m->value.quantile.spread = &m->spread;
}

static void value_merge(const struct group *g, struct merged *m, const struct field *f, struct value v)
{
	switch (v.type == VALUE_QUANTILE ? MERGE_SPREAD : v.type == VALUE_NEST ? MERGE_NESTED : f->merge) {
	case MERGE_SUM:
		m->value = sum(m->value, v);
		break;
	case MERGE_MAX:
		m->value = !m->set || value_compare(&m->value, &v) < 0 ? v : m->value;
		break;
	case MERGE_SPREAD:
		if (v.type == VALUE_QUANTILE)
			spread_add(m, &v);
		break;
	case MERGE_NESTED:
		if (v.type != VALUE_NEST)
			break;
		m->tree = m->tree ? m->tree : tree_new(v.nest.array);
		tree_add(m->tree, &v.nest);
		m->value = tree_value(m->tree);
		break;
	case MERGE_COMMON: case MERGE_NONE:
		m->differs |= m->set && !same(&m->value, &v);
		if (!m->set)
			m->value = kept(g, v);
		break;
	}
	m->set = true;
}

static uint64_t hash_text(uint64_t h, const char *text)
{
	for (; *text; text++)
		h = (h ^ (unsigned char)*text) * 0x100000001b3ull;
	return h * 0x100000001b3ull + 1;
}

/* What counts of a value: the rest of the union may be anything. */
static uint64_t bits_of(const struct value *v)
{
	switch (v->type) {
	case VALUE_BOOL: return v->b;
	case VALUE_UINT: return v->u;
	case VALUE_INT: return (uint64_t)v->i;
	case VALUE_NONE: case VALUE_REAL: case VALUE_TEXT: case VALUE_QUANTILE: case VALUE_NEST: break;
	}
	return 0; /* of no label, but for texts */
}

static uint64_t hash_of(const struct value *v, int n)
{
	uint64_t h = 0xcbf29ce484222325ull;

	for (int i = 0; i < n; i++) {
		h = (h ^ (uint64_t)v[i].type) * 0x100000001b3ull;
		h = v[i].type == VALUE_TEXT ? hash_text(h, v[i].text) : (h ^ bits_of(&v[i])) * 0x9e3779b97f4a7c15ull;
	}
	return h ? h : 1;
}

static bool same_keys(const struct group *g, const struct group_row *r, const struct value *by)
{
	for (int i = 0; i < g->by_count; i++)
		if (!same(&r->by[i].value, &by[i]))
			return false;
	return true;
}

static struct group_row *row_for(struct group *g, const void *row)
{
	struct value by[KEYS_MAX] = { 0 };
	struct group_row *r, *head;
	uint64_t hash;

	for (int i = 0; i < g->by_count; i++)
		by[i] = g->type->fields[g->by[i]].get(&g->type->fields[g->by[i]], row, g->t);
	hash = hash_of(by, g->by_count);
	head = map_get_number(&g->by_hash, hash);
	for (r = head; r; r = r->same_hash)
		if (same_keys(g, r, by))
			return r;
	r = xcalloc(1, sizeof(*r) + (size_t)g->type->count * sizeof(r->m[0]));
	r->same_hash = head;
	r->of = g->type->name;
	for (int i = 0; i < g->by_count; i++)
		r->by[i] = (struct merged){ .value = kept(g, by[i]), .set = true };
	map_set_number(&g->by_hash, hash, r);
	*g->last = r;
	g->last = &r->next;
	return r;
}

/* A total of nothing has grown by nothing. */
static bool adds_nothing(const struct field *f, const struct value *v)
{
	return f->merge == MERGE_SUM && f->flow == FLOW_TOTAL && v->type == VALUE_UINT && !v->u;
}

static void on_row(void *ctx, const void *row)
{
	struct group *g = ctx;
	struct group_row *r;
	bool gone;

	if (g->busy_only && g->type->quiet && g->type->quiet(row, g->t))
		return;
	r = row_for(g, row);
	r->rows++;
	gone = g->type->gone && g->type->gone(row);
	for (int n = 0; n < g->merged_count; n++) {
		int i = g->merged[n];
		const struct field *f = &g->type->fields[i];
		struct value v;

		/* latencies stay true of what is gone; of what differs no more is to be known */
		if ((gone && f->flow == FLOW_LEVEL && f->merge != MERGE_SPREAD) || (f->merge == MERGE_COMMON && r->m[i].differs))
			continue;
		v = f->get(f, row, g->t);
		if (r->m[i].set && adds_nothing(f, &v))
			continue;
		value_merge(g, &r->m[i], f, v);
		if (f->added)
			r->m[i].added = sum(r->m[i].added, f->added(f, row, g->t));
	}
	scratch_reset(g->t->scratch);
}

const struct row_type *const *group_types(struct group *g, const struct model *m, const struct tick *t)
{
	rows_free(g);
	g->tick = *t;
	g->tick.grouped = true;
	g->t = &g->tick;
	if (g->type->each)
		g->type->each(m, on_row, g);
	return g->types;
}

const struct row_type *group_type(const struct group *g)
{
	return &g->row;
}

const struct model *group_model(const struct group *g)
{
	return &g->model;
}
