/* SPDX-License-Identifier: GPL-2.0 */
/* samples DIR: writes one recording for each command. */
#include "golden/samples.h"

#include <stdlib.h>
#include <string.h>

#define SECOND 1000000000ull

void put(struct record_writer *w, enum input_kind kind, const void *head, size_t head_size, const void *body,
	 size_t size)
{
	const struct input in = { .kind = kind, .head = head_size ? head : NULL, .head_size = head_size,
				  .body = size ? body : NULL, .size = size };

	record_put(w, &in);
}

void put_fact(struct record_writer *w, const char *group, const char *key, const char *value)
{
	const char *const parts[] = { group, key, value };
	char text[4096];
	size_t at = 0;

	for (int i = 0; i < 3; i++) {
		size_t n = strlen(parts[i]) + 1;

		memcpy(text + at, parts[i], n);
		at += n;
	}
	put(w, INPUT_FACT, NULL, 0, text, at);
}

void put_start(struct record_writer *w, const char *command)
{
	const struct input_clock clock = { SECOND, 1700000000 * SECOND };

	put_fact(w, "run", "command", command);
	put_fact(w, "run", "version", "0");
	put_fact(w, "run", "kernel", "6.1.0-golden");
	put_fact(w, "argv", "0", "mmtrace");
	put_fact(w, "argv", "1", HOSTILE_PATH);
	put_fact(w, "target", "text", HOSTILE_COMM);
	put_fact(w, "target", "title", HOSTILE_COMM);
	put(w, INPUT_CLOCK, &clock, sizeof(clock), NULL, 0);
}

void put_tick(struct record_writer *w, uint64_t seconds, bool last)
{
	const struct input_tick tick = { SECOND + seconds * SECOND, last ? INPUT_TICK_LAST : 0, 0 };
	const struct input_cost cost = { .cpu_ns = 20000000, .rss_bytes = 8 << 20, .map_bytes = 1 << 20, .bpf_misses = 1 };
	const struct input_retain retain = { .now = tick.now };

	if (last)
		put(w, INPUT_COST, &cost, sizeof(cost), NULL, 0);
	put(w, INPUT_TICK, &tick, sizeof(tick), NULL, 0);
	if (!last)
		put(w, INPUT_RETAIN, &retain, sizeof(retain), NULL, 0);
}

void put_losses(struct record_writer *w, const uint64_t *losses, size_t count)
{
	put(w, INPUT_LOSSES, NULL, 0, losses, count * sizeof(*losses));
}

void put_name(struct record_writer *w, enum input_name_kind kind, uint64_t key, uint64_t extra, const void *text,
	      size_t size)
{
	const struct input_name name = { .key = key, .extra = extra, .kind = kind };

	put(w, INPUT_NAME, &name, sizeof(name), text, size);
}

static const struct { const char *name; void (*write)(struct record_writer *w); } samples[] = {
	{ "live", sample_live }, { "trace", sample_trace }, { "hist", sample_hist }, { "leak", sample_leak },
	{ "top", sample_top }, { "layout", sample_layout }, { "doctor", sample_doctor },
};

int main(int argc, char **argv)
{
	struct error e = { 0 };
	char path[4096];

	for (size_t i = 0; argc == 2 && i < sizeof(samples) / sizeof(samples[0]); i++) {
		struct record_writer *w;

		snprintf(path, sizeof(path), "%s/%s", argv[1], samples[i].name);
		w = record_create(path, &e);
		record_start(w);
		if (!w)
			break;
		samples[i].write(w);
		if (record_close(w, &e))
			break;
	}
	if (e.code)
		error_print(&e);
	return argc != 2 || e.code ? 1 : 0;
}
