/* SPDX-License-Identifier: GPL-2.0 */
/* A recording as a source. */
#include <stdio.h>

#include "record/record.h"
#include "source/source.h"

struct replay {
	struct source s;
	FILE *f;
	struct record_reader reader;
};

static int replay_open(struct source *s, struct error *e)
{
	struct replay *r = (struct replay *)s;

	r->f = s->args->recording;
	s->args->recording = NULL;
	rewind(r->f);
	return record_open(&r->reader, r->f, e);
}

/* The summary of what there is, as of the last tick. */
static void emit_end(struct source *s)
{
	const struct model *m = s->model;
	const struct input_tick tick = { .now = m->clock.t0 + m->now_ns, .flags = INPUT_TICK_LAST };

	if (m->clock.t0 && !m->ended)
		emit(s, INPUT_TICK, &tick, sizeof(tick), NULL, 0);
}

static int replay_all(struct source *s, struct error *e)
{
	struct replay *r = (struct replay *)s;
	enum record_state state;
	struct input in;

	while ((state = record_next(&r->reader, &in)) == RECORD_INPUT)
		s->emit(s->ctx, &in);
	if (state == RECORD_END)
		return 0;
	if (state == RECORD_CHANGED)
		return error_set(e, EXIT_FAILED, "what was shown may be wrong", "its sum does not fit: something in it was changed",
				 "cannot trust '%.100s'", s->args->words[0]);
	emit_end(s);
	return error_set(e, EXIT_FAILED, "what stands before that was shown",
			 state == RECORD_CUT ? "it ends amid the run" : "it is damaged", "cannot replay all of '%.100s'",
			 s->args->words[0]);
}

static void replay_close(struct source *s)
{
	struct replay *r = (struct replay *)s;

	record_end(&r->reader);
	if (r->f)
		fclose(r->f);
}

const struct source_type source_replay = {
	.name = "replay", .size = sizeof(struct replay), .open = replay_open, .replay = replay_all, .close = replay_close,
};
