/* SPDX-License-Identifier: GPL-2.0 */
#include "model/hist.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

#define OOM_TEXT 4096 /* a path is no longer */

const struct hist_domain hist_domains[MMT_DOMAIN_COUNT] = {
#define DOMAIN(NAME, n, key, flags, keys, free_keys, allocations, times, help, ...) \
	[n] = { key, help, allocations, times, flags, keys, free_keys },
#include "wire/domains.def"
#undef DOMAIN
};

const struct hist_key hist_keys[MMT_KEY_COUNT] = {
#define HIST_KEY(NAME, n, key, help) [n] = { key, help },
#include "wire/hist_keys.def"
#undef HIST_KEY
};

const char *const hist_regions[MMT_REGIONS + 1] = {
	[MMT_REGION_LINEAR] = "linear map", [MMT_REGION_VMALLOC] = "vmalloc", [MMT_REGION_VMEMMAP] = "vmemmap",
	[MMT_REGION_MODULES] = "modules", [MMT_REGION_IMAGE] = "image", [MMT_REGION_FIXMAP] = "fixmap",
	[MMT_REGIONS] = "?",
};

bool hist_has_key(uint8_t domain, uint8_t op, enum mmt_hist_key_id key)
{
	return op != MMT_OP_FREE || key >= MMT_KEY_COUNT || hist_domains[domain].free_keys & HK_BIT(key);
}

bool hist_has_sizes(uint8_t domain, uint8_t op)
{
	return op != MMT_OP_UNTIMED && (op != MMT_OP_FREE || !hist_is(domain, HD_FREES_SIZELESS));
}

enum input_name_kind hist_name_kind(uint8_t domain, enum mmt_hist_key_id key)
{
	switch (key) {
	case MMT_KEY_SITE: return INPUT_NAME_SYMBOL;
	case MMT_KEY_CACHE: return hist_is(domain, HD_SIZE_CLASSES) ? 0 : INPUT_NAME_CACHE;
	case MMT_KEY_PROCESS: return INPUT_NAME_PROCESS;
	case MMT_KEY_GFP: return INPUT_NAME_GFP;
	case MMT_KEY_CGROUP: return INPUT_NAME_CGROUP;
	case MMT_KEY_ORDER: case MMT_KEY_NODE: case MMT_KEY_REGION: case MMT_KEY_MIGRATE:
	case MMT_KEY_COUNT: case MMT_KEY_NONE: break;
	}
	return 0;
}

/* --- snapshots --- */

static void snapshot_clear(struct hist_snapshot *s)
{
	s->cell_count = s->line_count = 0;
}

static void snapshot_free(struct hist_snapshot *s)
{
	free(s->cells);
	free(s->lines);
	*s = (struct hist_snapshot){ 0 };
}

static void cell_add(struct hist_snapshot *s, const struct hist_cell *c)
{
	s->cells = xgrow(s->cells, s->cell_count, &s->cell_room, sizeof(*s->cells));
	s->cells[s->cell_count++] = *c;
}

static int line_compare(const struct hist_cell *a, const struct hist_cell *b)
{
	if (a->key.domain != b->key.domain)
		return a->key.domain < b->key.domain ? -1 : 1;
	if (a->key.op != b->key.op)
		return a->key.op < b->key.op ? -1 : 1;
	if (a->other != b->other)
		return a->other < b->other ? -1 : 1;
	for (int i = 0; i < 2; i++)
		if (a->key.k[i] != b->key.k[i])
			return a->key.k[i] < b->key.k[i] ? -1 : 1;
	return 0;
}

static int cell_compare(const void *pa, const void *pb)
{
	const struct hist_cell *a = pa, *b = pb;
	int c = line_compare(a, b);

	return c ? c : (int)a->key.bucket - (int)b->key.bucket;
}

static void row_add(struct mmt_hist_row *to, const struct mmt_hist_row *r)
{
	to->count += r->count;
	to->requested += r->requested;
	to->allocated += r->allocated;
}

/* Sorts cells and makes lines; drops cells that count nothing. */
static void snapshot_finish(struct hist_snapshot *s)
{
	size_t used = 0;

	for (size_t i = 0; i < s->cell_count; i++)
		if (s->cells[i].row.count)
			s->cells[used++] = s->cells[i];
	s->cell_count = used;
	if (used)
		qsort(s->cells, used, sizeof(*s->cells), cell_compare);
	free(s->lines);
	s->line_count = 0;
	s->lines = xcalloc(used ? used : 1, sizeof(*s->lines));
	for (size_t i = 0; i < used; i++) {
		const struct hist_cell *c = &s->cells[i];
		struct hist_line *l;

		if (!i || line_compare(&c[-1], c))
			s->lines[s->line_count++] = (struct hist_line){ .cells = c, .k = { c->key.k[0], c->key.k[1] },
				.domain = c->key.domain, .op = c->key.op, .other = c->other };
		l = &s->lines[s->line_count - 1];
		l->cell_count++;
		row_add(&l->sum, &c->row);
	}
}

/* out = now - before; both finished. */
static void snapshot_subtract(const struct hist_snapshot *now, const struct hist_snapshot *before,
			      struct hist_snapshot *out)
{
	size_t j = 0;

	snapshot_clear(out);
	for (size_t i = 0; i < now->cell_count; i++) {
		struct hist_cell c = now->cells[i];

		while (j < before->cell_count && cell_compare(&before->cells[j], &c) < 0)
			j++;
		if (j < before->cell_count && !cell_compare(&before->cells[j], &c)) {
			c.row.count -= before->cells[j].row.count;
			c.row.requested -= before->cells[j].row.requested;
			c.row.allocated -= before->cells[j].row.allocated;
		}
		cell_add(out, &c);
	}
	snapshot_finish(out);
}

/* Each line learns what the interval added to it; both are in the same order. */
static void lines_link(struct hist_snapshot *now, const struct hist_snapshot *added, uint64_t version)
{
	size_t j = 0;

	for (size_t i = 0; i < now->line_count; i++) {
		struct hist_line *l = &now->lines[i];

		while (j < added->line_count && line_compare(added->lines[j].cells, l->cells) < 0)
			j++;
		l->interval = j < added->line_count && !line_compare(added->lines[j].cells, l->cells) ? &added->lines[j] : NULL;
		l->version = l->interval ? version : 0;
	}
}

struct mmt_hist_row hist_total(const struct hist_snapshot *s, uint8_t domain, uint8_t op,
			       struct mmt_hist_row buckets[MMT_HIST_BUCKETS])
{
	struct mmt_hist_row sum = { 0 };

	if (buckets)
		memset(buckets, 0, MMT_HIST_BUCKETS * sizeof(*buckets));
	for (size_t i = 0; i < s->cell_count; i++) {
		const struct hist_cell *c = &s->cells[i];

		if (c->key.domain != domain || c->key.op != op)
			continue;
		row_add(&sum, &c->row);
		if (buckets)
			row_add(&buckets[c->key.bucket], &c->row);
	}
	return sum;
}

uint64_t hist_without_row(const struct hist_model *h)
{
	uint64_t count = 0;

	for (size_t i = 0; i < h->now.line_count; i++)
		count += h->now.lines[i].other ? h->now.lines[i].sum.count : 0;
	return count;
}

uint64_t hist_waste(const struct mmt_hist_row *r)
{
	return r->allocated > r->requested ? r->allocated - r->requested : 0;
}

bool hist_lost(const struct model *m)
{
	return m->cost.bpf_misses || m->losses[MMT_HIST_LOSS_STALLS] || m->losses[MMT_HIST_LOSS_OOMS] ||
	       m->losses[MMT_HIST_LOSS_PROCESSES] || m->losses[MMT_HIST_LOSS_THREADS] || hist_without_row(hist_of(m)) ||
	       m->decode_errors;
}

uint64_t hist_bucket_lo(int bucket)
{
	return bucket ? 1ull << (bucket - 1) : 0;
}

uint64_t hist_bucket_hi(int bucket)
{
	return bucket < MMT_HIST_BUCKETS - 1 ? 1ull << bucket : UINT64_MAX;
}

/* --- inputs --- */

static uint8_t key_of(const char *name)
{
	for (uint8_t k = 0; name && k < MMT_KEY_COUNT; k++)
		if (!strcmp(hist_keys[k].key, name))
			return k;
	return MMT_KEY_NONE;
}

static void learn_keys(struct hist_model *h)
{
	h->by[0] = key_of(model_fact(&h->base, "option", "by_0"));
	h->by[1] = key_of(model_fact(&h->base, "option", "by_1"));
}

/* A reading begins: what the last tick showed is what the next interval starts from. */
static void reading_begin(struct hist_model *h)
{
	struct hist_snapshot swap = h->before;

	if (h->shown) {
		h->before = h->now;
		h->now = swap;
	}
	h->shown = false;
	h->open = true;
	snapshot_clear(&h->now);
	snapshot_clear(&h->added);
}

static void cells_add(struct hist_model *h, const struct input_cell *cells, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct hist_cell c = { .key = cells[i].key, .row = cells[i].row };

		if (c.key.domain >= MMT_DOMAIN_COUNT || c.key.op >= MMT_OP_COUNT || c.key.bucket >= MMT_HIST_BUCKETS) {
			h->base.decode_errors++;
			continue;
		}
		c.other = cells[i].unkeyed && h->by[0] != MMT_KEY_NONE;
		if (c.key.op == MMT_OP_FAILED) /* it was given nothing */
			c.row.allocated = 0;
		cell_add(&h->now, &c);
	}
}

/* Names that the rows of this reading have stay. */
static void names_mark(struct hist_model *h)
{
	for (size_t i = 0; i < h->now.line_count && names_many(&h->names); i++) {
		const struct hist_line *l = &h->now.lines[i];

		for (int at = 0; at < 2 && !l->other && l->op != MMT_OP_FALLBACK; at++)
			names_use(&h->names, hist_name_kind(l->domain, h->by[at]), l->k[at]);
	}
	names_retain(&h->names);
}

static void name_add(struct hist_model *h, const struct input *in)
{
	if (names_full(&h->names))
		names_mark(h);
	names_input(&h->names, &h->base, in);
}

static void reading_end(struct hist_model *h, const uint64_t *stalls, size_t n)
{
	memset(h->stalls_open, 0, sizeof(h->stalls_open));
	for (size_t i = 0; i < n && i < MMT_DOMAIN_COUNT; i++)
		h->stalls_open[i] = stalls[i];
	snapshot_finish(&h->now);
	h->open = false;
	h->fresh = true;
	names_mark(h);
}

static void tick(struct hist_model *h)
{
	snapshot_clear(&h->added);
	if (h->base.interval_ns && h->fresh)
		snapshot_subtract(&h->now, &h->before, &h->added);
	lines_link(&h->now, &h->added, h->base.version);
	h->shown = true;
	h->fresh = false;
}

static void oom_text_set(struct hist_model *h, struct hist_oom_text *t, const struct input *in)
{
	const struct input_name *n = in->head;
	size_t at = 0;
	const char *text = input_text(in, &at);

	free(t->text);
	t->text = text ? xstrndup(text, OOM_TEXT) : NULL;
	t->time = n->key;
	h->base.decode_errors += !text;
}

static const char *oom_text(const struct hist_oom_text *t, uint64_t time)
{
	return t->text && t->text[0] && t->time == time ? t->text : NULL;
}

const char *hist_oom_cause(const struct hist_model *h, uint64_t time)
{
	return oom_text(&h->oom_cause, time);
}

const char *hist_oom_cgroup(const struct hist_model *h, uint64_t time)
{
	return oom_text(&h->oom_cgroup, time);
}

/* INPUT_NAME: texts of an OOM kill are kept with its time. */
static void name_take(struct hist_model *h, const struct input *in)
{
	uint32_t kind = ((const struct input_name *)in->head)->kind;

	if (kind == INPUT_NAME_OOM)
		oom_text_set(h, &h->oom_cause, in);
	else if (kind == INPUT_NAME_OOM_CGROUP)
		oom_text_set(h, &h->oom_cgroup, in);
	else
		name_add(h, in);
}

static void hist_input(struct model *m, const struct input *in)
{
	struct hist_model *h = (struct hist_model *)m;

	if (in->kind == INPUT_FACT)
		learn_keys(h);
	else if (in->kind == INPUT_NAME)
		name_take(h, in);
	else if (in->kind == INPUT_HIST_BEGIN)
		reading_begin(h);
	else if (!h->open && (in->kind == INPUT_HIST_CELLS || in->kind == INPUT_HIST_STALLS))
		m->decode_errors++; /* lines point into the cells of a reading that is complete */
	else if (in->kind == INPUT_HIST_CELLS)
		cells_add(h, in->body, input_count(in));
	else if (in->kind == INPUT_HIST_STALLS)
		reading_end(h, in->body, input_count(in));
	else if (in->kind == INPUT_OOM)
		h->oom_kills++;
	else if (in->kind == INPUT_TICK)
		tick(h);
}

static void hist_init(struct model *m)
{
	struct hist_model *h = (struct hist_model *)m;

	h->by[0] = h->by[1] = MMT_KEY_NONE;
	names_init(&h->names);
}

static void hist_clean(struct model *m)
{
	struct hist_model *h = (struct hist_model *)m;

	snapshot_free(&h->now);
	snapshot_free(&h->before);
	snapshot_free(&h->added);
	free(h->oom_cause.text);
	free(h->oom_cgroup.text);
	names_clean(&h->names);
}

const struct model_type model_hist = {
	.name = "hist", .size = sizeof(struct hist_model), .init = hist_init, .input = hist_input, .clean = hist_clean,
};
