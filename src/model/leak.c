/* SPDX-License-Identifier: GPL-2.0 */
#include "model/leak.h"

#define SITES_MAX (1u << 20) /* a recording may hold any number */

static void site_add(struct leak_model *l, const struct input_site *in)
{
	if (in->number >= SITES_MAX || in->frame_count > MMT_LEAK_STACK || in->site.key.domain >= MMT_LEAK_DOMAINS)
		l->base.decode_errors++;
	else
		leak_table_site(l->table, in->number, &in->site, in->caller, in->seen_through, in->frames, (int)in->frame_count);
}

static void counts_take(struct leak_model *l, const struct input *in)
{
	const struct input_site_count *list = in->body;
	uint64_t now = ((const struct input_moment *)in->head)->now;

	leak_table_sample_begin(l->table);
	for (size_t i = 0; i < input_count(in); i++)
		leak_table_count(l->table, list[i].number, &list[i].count);
	leak_table_sample_end(l->table, now > l->base.clock.t0 ? now - l->base.clock.t0 : 0);
}

static void caches_take(struct leak_model *l, const struct input *in)
{
	const struct input_cache *list = in->body;

	for (size_t i = 0; i < input_count(in); i++)
		leak_table_cache(l->table, list[i].name, list[i].bytes, list[i].objects);
}

static void objects_take(struct leak_model *l, const struct input *in)
{
	const struct input_object *list = in->body;

	for (size_t i = 0; i < input_count(in); i++)
		leak_table_object(l->table, list[i].number, list[i].age_ns);
}

/* Names of addresses that rows have stay; rows are never dropped. */
static void names_mark(struct leak_model *l)
{
	struct leak_row *const *rows;
	size_t n = leak_table_rows(l->table, &rows);

	for (size_t i = 0; i < n && names_many(&l->names); i++) {
		names_use(&l->names, INPUT_NAME_SYMBOL, rows[i]->site);
		for (int f = 0; f < rows[i]->frame_count; f++)
			names_use(&l->names, INPUT_NAME_SYMBOL, rows[i]->frames[f]);
	}
	names_retain(&l->names);
}

static void name_add(struct leak_model *l, const struct input *in)
{
	if (names_full(&l->names))
		names_mark(l);
	names_input(&l->names, &l->base, in);
}

static void walk_end(struct leak_model *l)
{
	leak_table_walk_end(l->table);
	names_mark(l);
}

static void leak_input(struct model *m, const struct input *in)
{
	struct leak_model *l = (struct leak_model *)m;

	if (in->kind == INPUT_CLOCK && !l->table) {
		l->table = leak_table_new((uint32_t)model_option_number(m, "sample", 1), model_option_number(m, "older_ns", 0));
		if (model_fact(m, "unknown", "leak_bulk"))
			leak_table_bulk_unseen(l->table);
	}
	if (!l->table)
		return;
	if (in->kind == INPUT_LEAK_SITE)
		site_add(l, in->head);
	else if (in->kind == INPUT_LEAK_COUNTS)
		counts_take(l, in);
	else if (in->kind == INPUT_LEAK_WALK)
		leak_table_walk_begin(l->table);
	else if (in->kind == INPUT_LEAK_CACHES)
		caches_take(l, in);
	else if (in->kind == INPUT_LEAK_OBJECTS)
		objects_take(l, in);
	else if (in->kind == INPUT_LEAK_WALKED)
		walk_end(l);
	else if (in->kind == INPUT_NAME)
		name_add(l, in);
	else if (in->kind == INPUT_TICK && m->ended)
		l->mismatch = leak_table_mismatch(l->table);
}

static void leak_init(struct model *m)
{
	names_init(&((struct leak_model *)m)->names);
}

static void leak_clean(struct model *m)
{
	struct leak_model *l = (struct leak_model *)m;

	leak_table_free(l->table);
	names_clean(&l->names);
}

const struct model_type model_leak = {
	.name = "leak", .size = sizeof(struct leak_model), .init = leak_init, .input = leak_input, .clean = leak_clean,
};
