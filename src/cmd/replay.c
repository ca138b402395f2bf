/* SPDX-License-Identifier: GPL-2.0 */
/* `mmtrace replay FILE`: the recorded command, with a recording as its source. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cmd/replay.h"
#include "record/record.h"

/* The first input names the command (run.c). */
static const char *recorded_command(struct record_reader *reader, struct input *in)
{
	size_t at = 0;
	const char *group, *key;

	if (record_next(reader, in) != RECORD_INPUT || in->kind != INPUT_FACT || !input_valid(in))
		return NULL;
	group = input_text(in, &at);
	key = group ? input_text(in, &at) : NULL;
	return key && !strcmp(group, "run") && !strcmp(key, "command") ? input_text(in, &at) : NULL;
}

static const struct command *command_named(const char *name)
{
	for (int i = 0; name && i < COMMAND_COUNT; i++)
		if (commands[i] && !strcmp(command_texts[i].name, name))
			return commands[i];
	return NULL;
}

/* Reads the name of the command; leaves the file to the source, which begins anew: another file
 * of that name may be there by then. */
const struct command *replay_command(struct args *a, struct error *e)
{
	const char *path = a->word_count == 1 ? a->words[0] : NULL;
	FILE *f = path ? fopen(path, "re") : NULL;
	const struct command *c = NULL;
	struct record_reader reader;
	struct input in;
	struct stat st;

	if (!path) {
		error_set(e, EXIT_USAGE, "mmtrace replay FILE",
			  a->word_count ? "more than one recording is named" : "no recording is named", "cannot replay");
		return NULL;
	}
	if (!f) {
		error_set(e, EXIT_FAILED, NULL, strerror(errno), "cannot replay '%.100s'", path);
		return NULL;
	}
	a->recording = f;
	if (fstat(fileno(f), &st) || !S_ISREG(st.st_mode)) { /* it is read from its beginning twice */
		error_set(e, EXIT_FAILED, "put it into a file first", "it is no regular file", "cannot replay '%.100s'", path);
	} else if (record_open(&reader, f, e) == 0) {
		c = command_named(recorded_command(&reader, &in));
		if (!c)
			error_set(e, EXIT_FAILED, NULL, "it does not say of which command it is", "cannot replay '%.100s'", path);
		record_end(&reader);
	}
	return c;
}
