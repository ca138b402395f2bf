/* SPDX-License-Identifier: GPL-2.0 */
/* Plays a recording through a model and formats, without src/cmd and so without
 * libbpf: with sanitizers, and from memory. */
#ifndef TESTS_PLAY_H
#define TESTS_PLAY_H

#include <string.h>

#include "model/doctor.h"
#include "model/fault/session.h"
#include "model/hist.h"
#include "model/leak.h"
#include "model/space.h"
#include "model/top.h"
#include "base/text.h"
#include "record/record.h"
#include "view/shows.h"
#include "view/view.h"

struct player { const struct model_type *model; const struct show *show; };

static const struct player players[] = {
	{ &model_fault, &show_live }, { &model_fault, &show_trace }, { &model_hist, &show_hist },
	{ &model_leak, &show_leak }, { &model_top, &show_top }, { &model_space, &show_layout },
	{ &model_doctor, &show_doctor }, { &model_fault, &show_flame },
};
#define PLAYERS (sizeof(players) / sizeof(players[0]))

struct play { const struct player *player; struct model *model; struct view *views[16]; int count; };

static inline void play_begin(struct play *p, const struct player *player)
{
	*p = (struct play){ .player = player, .model = model_new(player->model) };
}

static inline void play_view(struct play *p, const struct format *format, const struct view_options *opt, FILE *out)
{
	struct view *v = view_new(format, p->player->show, p->model, opt);

	v->out = out;
	p->views[p->count++] = v;
}

static inline void play_all(struct play *p, void (*each)(struct view *v))
{
	for (int i = 0; i < p->count; i++)
		each(p->views[i]);
}

/* What src/cmd/run.c does with an input. */
static inline void play_input(struct play *p, const struct input *in)
{
	const struct row_type *type = NULL;
	const void *row = NULL;

	if (in->kind == INPUT_RETAIN)
		play_all(p, view_before_retain);
	model_input(p->model, in);
	if (in->kind == INPUT_CLOCK)
		play_all(p, view_start);
	if (p->player->show->event)
		type = p->player->show->event(p->model, in, &row);
	for (int i = 0; type && i < p->count; i++)
		view_event(p->views[i], type, row);
	if (in->kind == INPUT_RETAIN)
		play_all(p, view_after_retain);
	else if (in->kind == INPUT_TICK)
		play_all(p, p->model->ended ? view_end : view_tick);
}

/* What --by asks the model to count. */
static inline void play_by(struct play *p, const char *by)
{
	static const char thread[] = "option\0by_thread\0", mode[] = "option\0by_mode\0";
	const struct input facts[] = { { .kind = INPUT_FACT, .body = thread, .size = sizeof(thread) },
				       { .kind = INPUT_FACT, .body = mode, .size = sizeof(mode) } };

	if (text_has_element(by, "thread"))
		model_input(p->model, &facts[0]);
	if (text_has_element(by, "mode"))
		model_input(p->model, &facts[1]);
}

/* As far as the recording goes. */
static inline enum record_state play_file(struct play *p, FILE *f, struct error *e)
{
	enum record_state state = RECORD_DAMAGED;
	struct record_reader reader;
	struct input in;

	if (record_open(&reader, f, e))
		return state;
	while ((state = record_next(&reader, &in)) == RECORD_INPUT && !p->model->ended)
		play_input(p, &in);
	record_end(&reader);
	return state;
}

static inline void play_end(struct play *p)
{
	for (int i = 0; i < p->count; i++)
		view_free(p->views[i]);
	model_free(p->model);
}

#endif
