/* SPDX-License-Identifier: GPL-2.0 */
/* golden RECORDING COMMAND FORMAT [WIDTH|ascii|height=N|by=KEYS|table=TYPE]...: replays it.  No kernel, no clock. */
#include <stdlib.h>

#include "lib/play.h"

static const struct player *player_named(const char *command)
{
	for (size_t i = 0; i < PLAYERS; i++)
		if (!strcmp(players[i].show->command, command))
			return &players[i];
	return NULL;
}

/* The caller has given what exists: a wrong word is a mistake in tests/golden/run. */
int main(int argc, char **argv)
{
	const struct player *player = argc >= 4 ? player_named(argv[2]) : NULL;
	const struct format *format = argc >= 4 ? format_find(argv[3]) : NULL;
	FILE *f = argc >= 4 ? fopen(argv[1], "r") : NULL;
	struct view_options opt = { .top = -1 };
	struct error e = { 0 };
	enum record_state state;
	struct play p;

	if (!player || !format || !f)
		return 2;
	for (int i = 4; i < argc; i++) {
		if (!strncmp(argv[i], "by=", 3))
			opt.by = argv[i] + 3;
		else if (!strncmp(argv[i], "table=", 6))
			opt.table = argv[i] + 6;
		else if (!strncmp(argv[i], "height=", 7)) {
			opt.height = atoi(argv[i] + 7);
			opt.redraw = true;
		} else if (!strcmp(argv[i], "ascii"))
			opt.ascii = true;
		else
			opt.width = atoi(argv[i]);
	}
	play_begin(&p, player);
	play_by(&p, opt.by);
	play_view(&p, format, &opt, stdout);
	state = play_file(&p, f, &e);
	play_end(&p);
	fclose(f);
	if (e.code)
		error_print(&e);
	return state == RECORD_END ? 0 : 1;
}
