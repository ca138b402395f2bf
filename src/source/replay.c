/* SPDX-License-Identifier: GPL-2.0 */
/* A recording as a source. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

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
	const char *path = s->args->words[0];

	r->f = fopen(path, "re");
	if (!r->f)
		return error_set(e, EXIT_FAILED, NULL, strerror(errno), "cannot replay '%.100s'", path);
	return record_open(&r->reader, r->f, e);
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
