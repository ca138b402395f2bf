/* SPDX-License-Identifier: GPL-2.0 */
/* Arbitrary bytes as a recording, through a model and every format, for libFuzzer.
 * The first byte chooses the command. */
#include <stdlib.h>

#include "lib/play.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static FILE *sink;

/* The sum of a list of counts, as formats print it, is what was counted. */
static void check_totals(const struct session *s)
{
	uint64_t classes = 0;

	for (int c = 0; c < MMT_CLASS_COUNT; c++)
		classes += stat_class_count(&s->faults, c);
	if (classes != stat_total(&s->faults))
		abort();
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	static const int widths[] = { 0, 1, 70, 130 };
	struct error e = { 0 };
	struct play p;
	FILE *f;

	if (size < 2)
		return 0;
	if (!sink)
		sink = fopen("/dev/null", "w");
	play_begin(&p, &players[data[0] % PLAYERS]);
	if (p.player->model == &model_fault)
		((struct session *)p.model)->limits = (struct retention_limits){ .vmas = 4, .processes = 4, .elf_files = 2 };
	for (const struct format *const *format = formats; *format; format++) {
		const struct view_options opt = { .width = widths[size % 4], .top = (int)(size % 5) - 1, .ascii = size % 3 == 0 };

		play_view(&p, *format, &opt, sink);
	}
	f = fmemopen((void *)(uintptr_t)(data + 1), size - 1, "r");
	if (!f)
		abort();
	play_file(&p, f, &e);
	fclose(f);
	if (p.player->model == &model_fault)
		check_totals((const struct session *)p.model);
	play_end(&p);
	return 0;
}
