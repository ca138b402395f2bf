/* SPDX-License-Identifier: GPL-2.0 */
#include "model/model.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

#define FACTS_MAX 4096 /* a recording may hold anything */

struct model *model_new(const struct model_type *type)
{
	struct model *m = xcalloc(1, type->size);

	m->type = type;
	m->version = 1;
	if (type->init)
		type->init(m);
	return m;
}

static void fact_free(struct fact *f)
{
	free(f->group);
	free(f->key);
	free(f->value);
	free(f);
}

void model_free(struct model *m)
{
	if (!m)
		return;
	if (m->type->clean)
		m->type->clean(m);
	for (struct fact *f = m->facts, *next; f; f = next) {
		next = f->next;
		fact_free(f);
	}
	free(m);
}

static struct fact *fact_find(const struct model *m, const char *group, const char *key)
{
	struct fact *f = m->facts;

	while (f && (strcmp(f->group, group) || strcmp(f->key, key)))
		f = f->next;
	return f;
}

/* Keys become keys of JSON and words of tables: nothing there needs an escape. */
static bool is_plain(const char *key)
{
	for (; *key; key++)
		if (*key < ' ' || *key > '~' || *key == '"' || *key == '\\')
			return false;
	return true;
}

/* A later fact of the same group and key replaces the former. */
static void fact_add(struct model *m, const struct input *in)
{
	size_t at = 0, count = 0;
	const char *group = input_text(in, &at), *key = group ? input_text(in, &at) : NULL;
	const char *value = key ? input_text(in, &at) : NULL;
	struct fact *f = value ? fact_find(m, group, key) : NULL;

	for (const struct fact *g = m->facts; g; g = g->next)
		count++;
	if (!value || !is_plain(key) || (!f && count >= FACTS_MAX)) {
		m->decode_errors++;
		return;
	}
	if (f) {
		free(f->value);
		f->value = xstrdup(value);
		return;
	}
	f = xcalloc(1, sizeof(*f));
	f->group = xstrdup(group);
	f->key = xstrdup(key);
	f->value = xstrdup(value);
	if (m->last_fact)
		m->last_fact->next = f;
	else
		m->facts = f;
	m->last_fact = f;
}

static void tick(struct model *m, const struct input_tick *t)
{
	uint64_t now = t->now > m->clock.t0 ? t->now - m->clock.t0 : 0;

	m->ended = t->flags & INPUT_TICK_LAST;
	m->interval_ns = !m->ended && now > m->now_ns ? now - m->now_ns : 0;
	m->now_ns = now;
	m->ticks++;
}

static void losses_set(struct model *m, const struct input *in)
{
	size_t n = input_count(in);

	if (n) /* else there is no body */
		memcpy(m->losses, in->body, (n < MODEL_LOSSES ? n : MODEL_LOSSES) * sizeof(m->losses[0]));
}

void model_input(struct model *m, const struct input *in)
{
	if (in->kind == INPUT_RECORD) { /* by far the most frequent */
		m->type->input(m, in);
		return;
	}
	if (!input_head(in)) {
		m->decode_errors++;
		return;
	}
	if (in->kind == INPUT_FACT)
		fact_add(m, in);
	else if (in->kind == INPUT_CLOCK)
		m->clock = *(const struct input_clock *)in->head;
	else if (in->kind == INPUT_COST)
		m->cost = *(const struct input_cost *)in->head;
	else if (in->kind == INPUT_LOSSES)
		losses_set(m, in);
	else if (in->kind == INPUT_TICK)
		tick(m, in->head);
	m->type->input(m, in);
	if (in->kind == INPUT_TICK)
		m->version++;
}

const char *model_fact(const struct model *m, const char *group, const char *key)
{
	const struct fact *f = fact_find(m, group, key);

	return f ? f->value : NULL;
}

const struct fact *model_fact_next(const struct model *m, const char *group, const struct fact *f)
{
	for (f = f ? f->next : m->facts; f; f = f->next)
		if (!strcmp(f->group, group))
			return f;
	return NULL;
}

bool model_option(const struct model *m, const char *key)
{
	return model_fact(m, "option", key) != NULL;
}

uint64_t model_option_number(const struct model *m, const char *key, uint64_t otherwise)
{
	const char *text = model_fact(m, "option", key);

	return text ? strtoull(text, NULL, 10) : otherwise;
}
