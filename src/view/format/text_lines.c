/* SPDX-License-Identifier: GPL-2.0 */
/* The rows of hist --by. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "view/format/text_hist.h"

#define NAME_SIZE 400
#define NAME_COLUMN 48 /* a first key is padded up to here */

static void key_name(const struct hist_page *p, const struct hist_line *l, int i, char *out, size_t size)
{
	text_escape(out, size, hist_key_text(l, i, p->x->t));
}

static int first_key_width(const struct hist_page *p, const struct hist_line **lines, size_t n)
{
	int width = (int)strlen(hist_key_keys[p->m->by[0]]);

	for (size_t i = 0; i < n && p->m->by[1] != MMT_KEY_NONE; i++) {
		char name[NAME_SIZE * 4];
		int w;

		if (lines[i]->other)
			continue;
		key_name(p, lines[i], 0, name, sizeof(name));
		w = text_width(name);
		width = w > width ? w : width;
	}
	return width < NAME_COLUMN ? width : NAME_COLUMN;
}

static void put_keys(const struct hist_page *p, const struct hist_line *l, int width)
{
	char name[NAME_SIZE * 4];

	if (l->other) {
		fputs("  other (no room for more rows)", p->x->view->out);
		return;
	}
	key_name(p, l, 0, name, sizeof(name));
	fprintf(p->x->view->out, "  %s", name);
	if (p->m->by[1] == MMT_KEY_NONE)
		return;
	fprintf(p->x->view->out, "%*s", width - text_width(name) > 0 ? width - text_width(name) : 0, "");
	key_name(p, l, 1, name, sizeof(name));
	fprintf(p->x->view->out, "  %s", name);
}

#define PICTURE_COLUMNS 26

bool hist_wasteless(uint8_t domain)
{
	return domain == MMT_DOMAIN_SWAPOUT || domain == MMT_DOMAIN_SWAPIN;
}

/* Time lost says more than how often, unless asked otherwise. */
static enum hist_sort sort_of(const struct hist_page *p, uint8_t domain, uint8_t op)
{
	const char *key = p->x->view->opt.sort;

	if (!key)
		return op == MMT_OP_LATENCY && domain >= MMT_DOMAIN_DIRECT ? HIST_BY_BYTES : HIST_BY_COUNT;
	key += *key == '-';
	return !strcmp(key, "waste") ? HIST_BY_WASTE : !strcmp(key, "count") ? HIST_BY_COUNT : HIST_BY_BYTES;
}

/* How many rows each domain may have. */
static size_t limit_of(const struct hist_page *p)
{
	return p->x->view->opt.top >= 0 ? (size_t)p->x->view->opt.top : 20;
}

char *hist_rate(const struct hist_page *p, unsigned long long count, char *out, size_t size)
{
	return text_count(out, size, (double)count * 1e9 / (double)p->x->t->interval_ns);
}

static void put_line(const struct hist_page *p, const struct hist_line *l, int width)
{
	char req[16], alloc[16], lost[16], picture[300];

	hist_picture(p, l, picture, sizeof(picture));
	fprintf(p->x->view->out, "  %10llu", l->sum.count);
	if (p->x->t->interval_ns)
		fprintf(p->x->view->out, " %8s", hist_rate(p, l->sum.count, req, sizeof(req)));
	if (l->op == MMT_OP_LATENCY) {
		text_ns(req, sizeof(req), l->sum.requested);
		text_ns(alloc, sizeof(alloc), l->sum.requested / l->sum.count);
		fprintf(p->x->view->out, " %8s %8s", req, alloc);
	} else if (hist_wasteless(l->domain)) {
		fprintf(p->x->view->out, " %8s", text_bytes(req, sizeof(req), l->sum.requested));
	} else if (hist_sizes_unknown(l->domain, l->op)) {
		fprintf(p->x->view->out, " %8s %8s %8s %7s", "-", "-", "-", "-");
	} else {
		double waste = l->sum.allocated ? 100.0 * (double)hist_waste(&l->sum) / (double)l->sum.allocated : 0;

		text_bytes(req, sizeof(req), l->sum.requested);
		text_bytes(alloc, sizeof(alloc), l->sum.allocated);
		text_bytes(lost, sizeof(lost), hist_waste(&l->sum));
		fprintf(p->x->view->out, " %8s %8s %8s %6.1f%%", req, alloc, lost, waste);
	}
	fprintf(p->x->view->out, "  %s%*s", picture, PICTURE_COLUMNS - text_width(picture), "");
	put_keys(p, l, width);
	fputc('\n', p->x->view->out);
}

void hist_put_lines(const struct hist_page *p, uint8_t domain, uint8_t op)
{
	const struct hist_line **lines;
	size_t n = hist_select(p->now, domain, op, sort_of(p, domain, op), &lines);
	size_t limit = limit_of(p), shown = limit && n > limit ? limit : n;
	int width = 0;

	if (n) {
		width = first_key_width(p, lines, shown);
		fprintf(p->x->view->out, "  %10s", "COUNT");
		if (p->x->t->interval_ns)
			fprintf(p->x->view->out, " %8s", "/S");
		if (op == MMT_OP_LATENCY)
			fprintf(p->x->view->out, " %8s %8s", "TOTAL", "AVG");
		else if (hist_wasteless(domain))
			fprintf(p->x->view->out, " %8s", "BYTES");
		else
			fprintf(p->x->view->out, " %8s %8s %8s %7s", "REQUEST", "GIVEN", "WASTE", "WASTE%");
		fprintf(p->x->view->out, "  %-*s  %-*s", PICTURE_COLUMNS, op == MMT_OP_LATENCY ? "LATENCY" : "SIZES",
			p->m->by[1] == MMT_KEY_NONE ? 0 : width, hist_key_keys[p->m->by[0]]);
		fprintf(p->x->view->out, "%s%s\n", p->m->by[1] == MMT_KEY_NONE ? "" : "  ",
			p->m->by[1] == MMT_KEY_NONE ? "" : hist_key_keys[p->m->by[1]]);
	}
	for (size_t i = 0; i < shown; i++)
		put_line(p, lines[i], width);
	if (shown < n)
		fprintf(p->x->view->out, "  (%zu more; -n 0 shows all)\n", n - shown);
	free(lines);
}
