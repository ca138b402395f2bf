/* SPDX-License-Identifier: GPL-2.0 */
#include "model/hist.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

const char *const hist_domain_keys[MMT_DOMAIN_COUNT] = {
#define DOMAIN(NAME, n, key, ...) [n] = key,
#include "wire/domains.def"
#undef DOMAIN
};

const char *const hist_key_keys[MMT_KEY_COUNT] = {
#define HIST_KEY(NAME, n, key, help) [n] = key,
#include "wire/hist_keys.def"
#undef HIST_KEY
};

void hist_clear(struct hist_snapshot *s)
{
	s->cell_count = s->line_count = 0;
}

void hist_free(struct hist_snapshot *s)
{
	free(s->cells);
	free(s->lines);
	*s = (struct hist_snapshot){ 0 };
}

void hist_add(struct hist_snapshot *s, const struct mmt_hist_key *key, const struct mmt_hist_row *row, bool other)
{
	if (s->cell_count == s->cell_room) {
		s->cell_room = s->cell_room ? s->cell_room * 2 : 256;
		s->cells = xreallocarray(s->cells, s->cell_room, sizeof(*s->cells));
	}
	s->cells[s->cell_count++] = (struct hist_cell){ *key, *row, other };
}

static int line_compare(const struct hist_cell *x, const struct hist_cell *y)
{
	const struct mmt_hist_key *a = &x->key, *b = &y->key;

	if (a->domain != b->domain)
		return a->domain < b->domain ? -1 : 1;
	if (a->op != b->op)
		return a->op < b->op ? -1 : 1;
	if (x->other != y->other)
		return x->other < y->other ? -1 : 1;
	for (int i = 0; i < 2; i++)
		if (a->k[i] != b->k[i])
			return a->k[i] < b->k[i] ? -1 : 1;
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

void hist_finish(struct hist_snapshot *s)
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
	s->lines = xcalloc(used, sizeof(*s->lines));
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

void hist_subtract(const struct hist_snapshot *now, const struct hist_snapshot *before, struct hist_snapshot *out)
{
	size_t j = 0;

	hist_clear(out);
	for (size_t i = 0; i < now->cell_count; i++) {
		struct hist_cell c = now->cells[i];

		while (j < before->cell_count && cell_compare(&before->cells[j], &c) < 0)
			j++;
		if (j < before->cell_count && !cell_compare(&before->cells[j], &c)) {
			c.row.count -= before->cells[j].row.count;
			c.row.requested -= before->cells[j].row.requested;
			c.row.allocated -= before->cells[j].row.allocated;
		}
		hist_add(out, &c.key, &c.row, c.other);
	}
	hist_finish(out);
}

uint64_t hist_waste(const struct mmt_hist_row *r)
{
	return r->allocated > r->requested ? r->allocated - r->requested : 0;
}

static uint64_t rank(const struct hist_line *l, enum hist_sort sort)
{
	switch (sort) {
	case HIST_BY_COUNT: return l->sum.count;
	case HIST_BY_BYTES: return l->sum.allocated ? l->sum.allocated : l->sum.requested;
	case HIST_BY_WASTE: return hist_waste(&l->sum);
	}
	return 0;
}

struct ranked { const struct hist_line *line; uint64_t rank; };

static int ranked_compare(const void *pa, const void *pb)
{
	const struct ranked *a = pa, *b = pb;

	if (a->line->other != b->line->other)
		return a->line->other ? 1 : -1;
	if (a->rank != b->rank)
		return a->rank > b->rank ? -1 : 1;
	return a->line < b->line ? -1 : 1;
}

size_t hist_select(const struct hist_snapshot *s, uint8_t domain, uint8_t op, enum hist_sort sort,
		   const struct hist_line ***out)
{
	struct ranked *r = xcalloc(s->line_count + 1, sizeof(*r));
	size_t n = 0;

	*out = xcalloc(s->line_count + 1, sizeof(**out));
	for (size_t i = 0; i < s->line_count; i++)
		if (s->lines[i].domain == domain && s->lines[i].op == op)
			r[n++] = (struct ranked){ &s->lines[i], rank(&s->lines[i], sort) };
	if (n)
		qsort(r, n, sizeof(*r), ranked_compare);
	for (size_t i = 0; i < n; i++)
		(*out)[i] = r[i].line;
	free(r);
	return n;
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
			row_add(&buckets[c->key.bucket % MMT_HIST_BUCKETS], &c->row);
	}
	return sum;
}

uint64_t hist_bucket_lo(int bucket)
{
	return bucket ? 1ull << (bucket - 1) : 0;
}

uint64_t hist_bucket_hi(int bucket)
{
	return bucket < MMT_HIST_BUCKETS - 1 ? 1ull << bucket : UINT64_MAX;
}

/* --- the door --- */

static bool cell_valid(const struct input_cell *c)
{
	return c->key.domain < MMT_DOMAIN_COUNT && c->key.op < MMT_OP_COUNT && c->key.bucket < MMT_HIST_BUCKETS;
}

static void cells_add(struct hist_model *h, const struct input_cell *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct mmt_hist_row row = list[i].row;

		if (!cell_valid(&list[i])) {
			h->base.decode_errors++;
			continue;
		}
		if (list[i].key.op == MMT_OP_FAILED) /* it was given nothing */
			row.allocated = 0;
		hist_add(&h->reading, &list[i].key, &row, list[i].unkeyed && h->by[0] != MMT_KEY_NONE);
	}
}

static void swap(struct hist_snapshot *a, struct hist_snapshot *b)
{
	struct hist_snapshot c = *a;

	*a = *b;
	*b = c;
}

static void reading_end(struct hist_model *h, const struct input *in)
{
	size_t n = input_count(in);

	if (n)
		memcpy(h->stalls_open, in->body, (n < MMT_DOMAIN_COUNT ? n : MMT_DOMAIN_COUNT) * sizeof(h->stalls_open[0]));
	hist_finish(&h->reading);
	if (h->ticked)
		swap(&h->before, &h->total);
	h->ticked = false;
	swap(&h->total, &h->reading);
}

static void take_options(struct hist_model *h)
{
	h->by[0] = (uint8_t)model_option_number(&h->base, "by_0", MMT_KEY_NONE);
	h->by[1] = (uint8_t)model_option_number(&h->base, "by_1", MMT_KEY_NONE);
	for (int i = 0; i < 2; i++)
		if (h->by[i] >= MMT_KEY_COUNT)
			h->by[i] = MMT_KEY_NONE;
}

static void hist_input(struct model *m, const struct input *in)
{
	struct hist_model *h = (struct hist_model *)m;

	if (in->kind == INPUT_CLOCK) {
		take_options(h);
	} else if (in->kind == INPUT_HIST_BEGIN) {
		hist_clear(&h->reading);
	} else if (in->kind == INPUT_HIST_CELLS) {
		cells_add(h, in->body, input_count(in));
	} else if (in->kind == INPUT_HIST_STALLS) {
		reading_end(h, in);
	} else if (in->kind == INPUT_OOM) {
		h->oom_kills++;
	} else if (in->kind == INPUT_NAME) {
		names_input(&h->names, m, in);
	} else if (in->kind == INPUT_TICK && !m->ended) {
		hist_subtract(&h->total, &h->before, &h->delta);
		h->ticked = true;
	}
}

static void hist_model_init(struct model *m)
{
	struct hist_model *h = (struct hist_model *)m;

	h->by[0] = h->by[1] = MMT_KEY_NONE;
	/* a replay may show before anything was read */
	hist_finish(&h->total);
	hist_finish(&h->before);
}

static void hist_model_clean(struct model *m)
{
	struct hist_model *h = (struct hist_model *)m;

	hist_free(&h->reading);
	hist_free(&h->total);
	hist_free(&h->before);
	hist_free(&h->delta);
	names_clean(&h->names);
}

const struct hist_snapshot *hist_shown(const struct hist_model *h)
{
	return h->base.interval_ns ? &h->delta : &h->total;
}

bool hist_counts(const struct hist_model *h, int domain)
{
	return model_fact(&h->base, "backend", hist_domain_keys[domain]) != NULL;
}

const struct model_type model_hist = {
	.name = "hist", .size = sizeof(struct hist_model), .init = hist_model_init, .input = hist_input, .clean = hist_model_clean,
};
