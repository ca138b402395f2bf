/* SPDX-License-Identifier: GPL-2.0 */
/* The page of layout: the drawing, then, so that it is the screen one is left with, the summary; where it is drawn
 * again each interval the summary comes first, as a screen is cut at its end; there what changed stands before it. */
#include "view/format/text_layout.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "view/rows/space.h"
#include "view/rows/space_pages.h"

static void put_process(struct text *x)
{
	const struct space *s = space_of(x->t->model);
	const char *title = model_fact(x->t->model, "target", "title");
	uint64_t n = space_vmas_counted(s), most = model_option_number(x->t->model, "max_map_count", 0);
	const char *of = most ? tick_printf(x->t, " of %" PRIu64 " allowed", most) : "";
	const char *threads = s->now.threads > 1 ? tick_printf(x->t, "%s%d threads", text_dot(x), s->now.threads) : "";

	text_line(x, "mmtrace layout %s%s%" PRIu64 " VMAs%s%s", tick_escaped(x->t, title ? title : "-"), text_dot(x), n,
		  of, threads);
}

static void put_head(struct text *x)
{
	if (!model_option(x->t->model, "kernel"))
		put_process(x);
}

static const char *rss_part(struct text *x, const struct space *s, enum space_rss kind, const char *name)
{
	uint64_t now = s->now.rss[kind], before = s->before.rss[kind];
	const char *change = "";

	if (s->readings > 1 && now != before && now != SPACE_UNKNOWN && before != SPACE_UNKNOWN)
		change = tick_printf(x->t, " (%s%s)", now > before ? "+" : "-",
				     layout_bytes(x, now > before ? now - before : before - now));
	return tick_printf(x->t, "%s %s%s", name, layout_bytes(x, now), change);
}

static uint64_t mark(const struct space *s, enum mmt_mark m)
{
	return s->now.mark[m];
}

/* The kernel brings its high marks up to date now and then: until then the present size may be above. */
static uint64_t peak(uint64_t high, uint64_t now)
{
	return high == SPACE_UNKNOWN || now == SPACE_UNKNOWN || high > now ? high : now;
}

static uint64_t rss_now(const struct space *s)
{
	const uint64_t *rss = s->now.rss;

	if (rss[SPACE_FILE] == SPACE_UNKNOWN || rss[SPACE_ANON] == SPACE_UNKNOWN || rss[SPACE_SHMEM] == SPACE_UNKNOWN)
		return SPACE_UNKNOWN;
	return rss[SPACE_FILE] + rss[SPACE_ANON] + rss[SPACE_SHMEM];
}

static void put_summary(struct text *x, const struct space *s)
{
	uint64_t users = mark(s, MMT_MARK_MM_USERS);
	const struct text_rows *kinds = text_rows_of(x, &row_space_kind);

	if (kinds)
		text_table(x, kinds);
	text_wrap(x, "RSS by type: %s, %s, %s; %s", rss_part(x, s, SPACE_ANON, "anon"),
		  rss_part(x, s, SPACE_FILE, "file"), rss_part(x, s, SPACE_SHMEM, "shmem"),
		  rss_part(x, s, SPACE_SWAP, "swap"));
	text_wrap(x, "page tables %s%stotal_vm %s (peak %s)%sRSS peak %s%smm_users %s",
		  layout_bytes(x, mark(s, MMT_MARK_PGTABLES)), text_dot(x), layout_bytes(x, mark(s, MMT_MARK_TOTAL_VM)),
		  layout_bytes(x, peak(mark(s, MMT_MARK_HIWATER_VM), mark(s, MMT_MARK_TOTAL_VM))), text_dot(x),
		  layout_bytes(x, peak(mark(s, MMT_MARK_HIWATER_RSS), rss_now(s))), text_dot(x),
		  users == SPACE_UNKNOWN ? "-" : tick_printf(x->t, "%" PRIu64, users));
}

static void put_legend(struct text *x)
{
	text_wrap(x, "%s",
		  x->view->opt.ascii
			  ? "# + : . all, much, some, little of it is resident; / | \\ one file; < marks of mm_struct"
			  : "\u2588\u2593\u2592\u2591 all, much, some, little of it is resident; \u250c\u2502\u2514 "
			    "one file; "
			    "\u25c2 marks of mm_struct");
}

static bool wants_map(const struct text *x)
{
	return !x->view->opt.quiet && !x->view->opt.columns && !x->view->opt.sort;
}

static void put_tables(struct text *x)
{
	const struct space *s = space_of(x->t->model);
	bool again = x->t->model->ticks > 1 || x->t->interval_ns;

	if (x->view->opt.columns || x->view->opt.sort) {
		layout_table(x, &row_area);
		return;
	}
	if (model_option(x->t->model, "kernel")) {
		layout_kernel(x, s);
		return;
	}
	if (s->walk.read || s->pages.read) { /* what was asked for, and nothing around it */
		if (s->walk.read)
			layout_walk(x, s);
		if (s->pages.read && !model_option(x->t->model, "pages"))
			layout_table(x, &row_page);
		else if (s->pages.read)
			layout_pages(x, s);
		return;
	}
	if (layout_changes(x, s) && wants_map(x) && !x->t->last) { /* a screen is cut at its end: they come first */
		layout_map(x, s);
		fputc('\n', x->view->out);
		put_summary(x, s);
		return;
	}
	if (again)
		put_summary(x, s);
	if (wants_map(x) && !(again && x->t->last)) {
		if (again)
			fputc('\n', x->view->out);
		layout_map(x, s);
		put_legend(x);
		fputc('\n', x->view->out);
	}
	if (!again)
		put_summary(x, s);
}

/* Files that say no more for the same reason; *before: how many VMAs of such ones lie below the i-th area. */
static size_t files_missing(const struct space *s, const struct space_area *a, size_t i, size_t *before)
{
	const struct space_area *last = NULL;
	size_t files = 0;

	*before = 0;
	for (size_t k = 0; k < s->areas.count; k++) {
		const struct space_area *b = &s->areas.list[k];

		if (!b->missing || strcmp(b->missing, a->missing))
			continue;
		*before += k < i;
		files += !last || last->v.ino != b->v.ino || last->v.dev != b->v.dev;
		last = b;
	}
	return files;
}

static void put_missing(struct text *x, const struct space *s)
{
	for (size_t i = 0; i < s->areas.count; i++) {
		const struct space_area *a = &s->areas.list[i];
		size_t before, files;

		if (!a->missing)
			continue;
		files = files_missing(s, a, i, &before);
		if (!before && files > 1)
			text_wrap(x, "no sections of %zu files: %s", files, a->missing);
		else if (!before)
			text_wrap(x, "%s: no sections: %s", tick_escaped(x->t, a->name), a->missing);
	}
}

static void put_foot(struct text *x)
{
	const struct model *m = x->t->model;
	const struct space *s = space_of(m);

	for (const struct fact *f = NULL; (f = model_fact_next(m, "unknown", f));)
		if (strcmp(f->key, "bpf_ns"))
			text_wrap(x, "not known: %s: %s", tick_escaped(x->t, f->key),
				  tick_escaped(x->t, f->value));
	put_missing(x, s);
	if (s->racing)
		text_wrap(x, "RACING: the process changed whenever it was read; the VMAs are not all of one moment");
	if (model_option(m, "ended"))
		text_wrap(x, "the process has ended: this is what it was last");
}

const struct text_page page_layout = { .head = put_head, .tables = put_tables, .foot = put_foot };
