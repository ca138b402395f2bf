/* SPDX-License-Identifier: GPL-2.0 */
/* Readings of histograms as the source would emit them, and what a view makes of them. */
#ifndef UNIT_HIST_MAKE_H
#define UNIT_HIST_MAKE_H

#include <stdlib.h>
#include <string.h>

#include "view/format/text_hist.h"
#include "view/rows/hist.h"
#include "view/view.h"

static inline void put(struct model *m, enum input_kind kind, const void *head, size_t head_size, const void *body,
		       size_t size)
{
	const struct input in = { .kind = kind, .head = head, .head_size = head_size, .body = body, .size = size };

	model_input(m, &in);
}

/* text: group, key and value, with NULs between. */
#define FACT(m, text) put(m, INPUT_FACT, NULL, 0, text, sizeof(text))

static inline void put_name(struct model *m, uint32_t kind, uint64_t key, const char *text, size_t size)
{
	const struct input_name n = { .key = key, .extra = 16, .kind = kind };

	put(m, INPUT_NAME, &n, sizeof(n), text, size);
}

static inline struct input_cell cell(uint8_t domain, uint8_t op, uint64_t k, uint8_t bucket, uint64_t count,
				     uint64_t size)
{
	return (struct input_cell){ .key = { .k = { k }, .domain = domain, .op = op, .bucket = bucket },
				    .row = { count, count * size, count << bucket } };
}

static inline void reading(struct model *m, const struct input_cell *cells, size_t n)
{
	const uint64_t stalls[MMT_DOMAIN_COUNT] = { [MMT_DOMAIN_DIRECT] = 1 };

	put(m, INPUT_HIST_BEGIN, NULL, 0, NULL, 0);
	put(m, INPUT_HIST_CELLS, NULL, 0, cells, n * sizeof(*cells));
	put(m, INPUT_HIST_STALLS, NULL, 0, stalls, sizeof(stalls));
}

static inline void tick(struct model *m, uint64_t now, bool last)
{
	const struct input_tick t = { .now = now, .flags = last ? INPUT_TICK_LAST : 0 };

	put(m, INPUT_TICK, &t, sizeof(t), NULL, 0);
}

static const struct row_type *const hist_rows[] = { &row_hist, NULL };
static const struct row_type *const hist_events[] = { &event_oom, NULL };
static const struct show hist_show = { .command = "hist", .rows = hist_rows, .events = hist_events, .event = hist_event,
				       .start = &row_hist_start, .end = &row_hist_end, .page = &page_hist };

/* What a format writes of the moment (event NULL), or of an event; the caller's to free. */
static inline char *shown(const struct model *m, const char *format, const struct view_options *opt, const void *event)
{
	struct view *v = view_new(format_find(format), &hist_show, m, opt);
	char *text = NULL;
	size_t size;

	v->out = open_memstream(&text, &size);
	if (!v->out)
		abort();
	if (event)
		view_event(v, &event_oom, event);
	else
		(m->ended ? view_end : view_tick)(v);
	fclose(v->out);
	view_free(v);
	return text;
}

#endif
