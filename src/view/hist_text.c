/* SPDX-License-Identifier: GPL-2.0 */
/* Histograms for people. */
#include "view/hist.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define BAR_WIDTH 40

const char *const hist_domain_keys[MMT_DOMAIN_COUNT] = {
#define DOMAIN(NAME, n, key, ...) [n] = key,
#include "wire/domains.def"
#undef DOMAIN
};

const char *const hist_key_keys[MMT_KEY_COUNT] = {
#define HIST_KEY(NAME, n, key, help) [n] = key,
#include "wire/hist_keys.def"
#undef HIST_KEY
};

const char *const hist_region_names[MMT_REGIONS + 1] = {
	[MMT_REGION_LINEAR] = "linear map", [MMT_REGION_VMALLOC] = "vmalloc", [MMT_REGION_VMEMMAP] = "vmemmap",
	[MMT_REGION_MODULES] = "modules", [MMT_REGION_IMAGE] = "image", [MMT_REGION_FIXMAP] = "fixmap",
	[MMT_REGIONS] = "?",
};

static const bool domain_timed[MMT_DOMAIN_COUNT] = {
#define DOMAIN(NAME, n, key, sized, timed, ...) [n] = timed,
#include "wire/domains.def"
#undef DOMAIN
};

static const bool domain_sized[MMT_DOMAIN_COUNT] = {
#define DOMAIN(NAME, n, key, sized, ...) [n] = sized,
#include "wire/domains.def"
#undef DOMAIN
};

bool hist_sizes_unknown(uint8_t domain, uint8_t op)
{
	return domain == MMT_DOMAIN_KMALLOC && op == MMT_OP_FREE;
}

/* A bar of n eighths of a column. */
static void put_bar(const struct hist_report *r, uint64_t value, uint64_t most)
{
	static const char *const part[] = { "", "▏", "▎", "▍", "▌", "▋", "▊", "▉" };
	uint64_t eighths = most ? (uint64_t)((double)value / (double)most * BAR_WIDTH * 8 + 0.5) : 0;

	if (value && !eighths)
		eighths = 1;
	if (r->ascii) {
		for (uint64_t i = 0; i < (eighths + 7) / 8; i++)
			fputc('#', r->out);
		return;
	}
	for (uint64_t i = 0; i < eighths / 8; i++)
		fputs("█", r->out);
	fputs(part[eighths % 8], r->out);
}

static void bucket_label(int bucket, bool time, char *out, size_t size)
{
	char lo[16], hi[16];

	(time ? text_ns : text_bytes)(lo, sizeof(lo), hist_bucket_lo(bucket));
	(time ? text_ns : text_bytes)(hi, sizeof(hi), hist_bucket_hi(bucket));
	if (bucket)
		snprintf(out, size, "[%s, %s)", lo, hi);
	else
		snprintf(out, size, "0");
}

static void put_histogram(const struct hist_report *r, uint8_t domain, uint8_t op)
{
	struct mmt_hist_row b[MMT_HIST_BUCKETS];
	int first = MMT_HIST_BUCKETS, last = -1;
	uint64_t most = 0;

	hist_total(r->now, domain, op, b);
	for (int i = 0; i < MMT_HIST_BUCKETS; i++) {
		if (!b[i].count)
			continue;
		first = i < first ? i : first;
		last = i;
		most = b[i].count > most ? b[i].count : most;
	}
	for (int i = first; i <= last; i++) {
		int gap = i;
		char label[40];

		while (!b[gap].count)
			gap++;
		if (gap - i > 2) { /* a long way of nothing */
			fputs("  ...\n", r->out);
			i = gap;
		}
		bucket_label(i, op == MMT_OP_LATENCY, label, sizeof(label));
		fprintf(r->out, "  %-16s %10llu |", label, b[i].count);
		put_bar(r, b[i].count, most);
		fputc('\n', r->out);
	}
}

/* Where a line's sizes lie: a small picture, or the bounds in plain text. */
static void line_picture(const struct hist_report *r, const struct hist_line *l, char *out, size_t size)
{
	static const char *const level[] = { "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
	bool time = l->op == MMT_OP_LATENCY;
	int first = l->cells[0].key.bucket, last = l->cells[l->cell_count - 1].key.bucket;
	char lo[16], hi[16];
	uint64_t most = 0;
	size_t used;

	if (hist_sizes_unknown(l->domain, l->op)) {
		snprintf(out, size, "-");
		return;
	}
	(time ? text_ns : text_bytes)(lo, sizeof(lo), hist_bucket_lo(first));
	(time ? text_ns : text_bytes)(hi, sizeof(hi), hist_bucket_hi(last));
	used = (size_t)snprintf(out, size, "%s..%s", first ? lo : "0", hi);
	if (r->ascii || first == last)
		return;
	for (size_t i = 0; i < l->cell_count; i++)
		most = l->cells[i].row.count > most ? l->cells[i].row.count : most;
	used += (size_t)snprintf(out + used, size - used, " ");
	for (int b = first, i = 0; b <= last && used + 4 < size; b++) {
		uint64_t n = l->cells[i].key.bucket == b ? l->cells[i++].row.count : 0;

		used += (size_t)snprintf(out + used, size - used, "%s", n ? level[(n * 8 - 1) / most % 8] : " ");
	}
}

#define NAME_SIZE 400
#define NAME_COLUMN 48 /* a first key is padded up to here */

static void key_name(const struct hist_report *r, const struct hist_line *l, int i, char *out, size_t size)
{
	char name[NAME_SIZE];

	r->name(r->name_ctx, r->by[i], l, l->k[i], false, name, sizeof(name));
	text_escape(out, size, name);
}

/* Columns that text takes, if each character takes one. */
static int text_columns(const char *s)
{
	int n = 0;

	for (; *s; s++)
		n += (*s & 0xc0) != 0x80;
	return n;
}

static int first_key_width(const struct hist_report *r, const struct hist_line **lines, size_t n)
{
	int width = (int)strlen(hist_key_keys[r->by[0]]);

	for (size_t i = 0; i < n && r->by[1] != MMT_KEY_NONE; i++) {
		char name[NAME_SIZE * 4];
		int w;

		if (lines[i]->other)
			continue;
		key_name(r, lines[i], 0, name, sizeof(name));
		w = text_columns(name);
		width = w > width ? w : width;
	}
	return width < NAME_COLUMN ? width : NAME_COLUMN;
}

static void put_keys(const struct hist_report *r, const struct hist_line *l, int width)
{
	char name[NAME_SIZE * 4];

	if (l->other) {
		fputs("  other (no room for more rows)", r->out);
		return;
	}
	key_name(r, l, 0, name, sizeof(name));
	fprintf(r->out, "  %s", name);
	if (r->by[1] == MMT_KEY_NONE)
		return;
	fprintf(r->out, "%*s", width - text_columns(name) > 0 ? width - text_columns(name) : 0, "");
	key_name(r, l, 1, name, sizeof(name));
	fprintf(r->out, "  %s", name);
}

#define PICTURE_COLUMNS 26

/* Bytes that are moved, not given: nothing is wasted. */
static bool domain_wasteless(uint8_t domain)
{
	return domain == MMT_DOMAIN_SWAPOUT || domain == MMT_DOMAIN_SWAPIN;
}

/* Time lost says more than how often, unless asked otherwise. */
static enum hist_sort sort_of(const struct hist_report *r, uint8_t domain, uint8_t op)
{
	return !r->sort_given && op == MMT_OP_LATENCY && domain >= MMT_DOMAIN_DIRECT ? HIST_BY_BYTES : r->sort;
}

static char *rate(const struct hist_report *r, unsigned long long count, char *out, size_t size)
{
	return text_count(out, size, (double)count * 1e9 / (double)r->interval_ns);
}

static void put_line(const struct hist_report *r, const struct hist_line *l, int width)
{
	char req[16], alloc[16], lost[16], picture[300];

	line_picture(r, l, picture, sizeof(picture));
	fprintf(r->out, "  %10llu", l->sum.count);
	if (r->interval_ns)
		fprintf(r->out, " %8s", rate(r, l->sum.count, req, sizeof(req)));
	if (l->op == MMT_OP_LATENCY) {
		text_ns(req, sizeof(req), l->sum.requested);
		text_ns(alloc, sizeof(alloc), l->sum.requested / l->sum.count);
		fprintf(r->out, " %8s %8s", req, alloc);
	} else if (domain_wasteless(l->domain)) {
		fprintf(r->out, " %8s", text_bytes(req, sizeof(req), l->sum.requested));
	} else if (hist_sizes_unknown(l->domain, l->op)) {
		fprintf(r->out, " %8s %8s %8s %7s", "-", "-", "-", "-");
	} else {
		double waste = l->sum.allocated ? 100.0 * (double)hist_waste(&l->sum) / (double)l->sum.allocated : 0;

		text_bytes(req, sizeof(req), l->sum.requested);
		text_bytes(alloc, sizeof(alloc), l->sum.allocated);
		text_bytes(lost, sizeof(lost), hist_waste(&l->sum));
		fprintf(r->out, " %8s %8s %8s %6.1f%%", req, alloc, lost, waste);
	}
	fprintf(r->out, "  %s%*s", picture, PICTURE_COLUMNS - text_columns(picture), "");
	put_keys(r, l, width);
	fputc('\n', r->out);
}

static void put_lines(const struct hist_report *r, uint8_t domain, uint8_t op)
{
	const struct hist_line **lines;
	size_t n = hist_select(r->now, domain, op, sort_of(r, domain, op), &lines);
	size_t shown = r->top && n > (size_t)r->top ? (size_t)r->top : n;
	int width = 0;

	if (n) {
		width = first_key_width(r, lines, shown);
		fprintf(r->out, "  %10s", "COUNT");
		if (r->interval_ns)
			fprintf(r->out, " %8s", "/S");
		if (op == MMT_OP_LATENCY)
			fprintf(r->out, " %8s %8s", "TOTAL", "AVG");
		else if (domain_wasteless(domain))
			fprintf(r->out, " %8s", "BYTES");
		else
			fprintf(r->out, " %8s %8s %8s %7s", "REQUEST", "GIVEN", "WASTE", "WASTE%");
		fprintf(r->out, "  %-*s  %-*s", PICTURE_COLUMNS, op == MMT_OP_LATENCY ? "LATENCY" : "SIZES",
			r->by[1] == MMT_KEY_NONE ? 0 : width, hist_key_keys[r->by[0]]);
		fprintf(r->out, "%s%s\n", r->by[1] == MMT_KEY_NONE ? "" : "  ",
			r->by[1] == MMT_KEY_NONE ? "" : hist_key_keys[r->by[1]]);
	}
	for (size_t i = 0; i < shown; i++)
		put_line(r, lines[i], width);
	if (shown < n)
		fprintf(r->out, "  (%zu more; -n 0 shows all)\n", n - shown);
	free(lines);
}

static const char *op_words(uint8_t domain, uint8_t op)
{
	switch ((enum mmt_hist_op)op) {
	case MMT_OP_ALLOC: return domain == MMT_DOMAIN_SWAPIN ? "reads" : domain == MMT_DOMAIN_SWAPOUT ? "writes" : "allocated";
	case MMT_OP_FREE: return "freed";
	case MMT_OP_FAILED: return "failed";
	case MMT_OP_FALLBACK: return "taken from another migrate type";
	case MMT_OP_NESTED: return domain == MMT_DOMAIN_VMALLOC ? "for arrays of pages" : "nested";
	case MMT_OP_LATENCY: return domain == MMT_DOMAIN_FAULT ? "timed" : domain == MMT_DOMAIN_SWAPIN ? "faults" : "times";
	case MMT_OP_COUNT: break;
	}
	return "";
}

static void put_op(const struct hist_report *r, uint8_t domain, uint8_t op)
{
	struct mmt_hist_row sum = hist_total(r->now, domain, op, NULL);
	char req[16], alloc[16], persec[16];

	if (!sum.count && op != (domain_sized[domain] ? MMT_OP_ALLOC : MMT_OP_LATENCY))
		return;
	text_bytes(req, sizeof(req), sum.requested);
	text_bytes(alloc, sizeof(alloc), sum.allocated);
	fprintf(r->out, "%s: %llu %s", hist_domain_keys[domain], sum.count, op_words(domain, op));
	if (r->interval_ns)
		fprintf(r->out, " (%s/s)", rate(r, sum.count, persec, sizeof(persec)));
	if (op == MMT_OP_FREE && r->domains[domain].free_lacks[0])
		fprintf(r->out, "; %s", r->domains[domain].free_lacks);
	if (domain_wasteless(domain))
		fprintf(r->out, ", %s", op == MMT_OP_LATENCY ? text_ns(req, sizeof(req), sum.requested) : req);
	else if (op == MMT_OP_LATENCY && domain != MMT_DOMAIN_FAULT)
		fprintf(r->out, ", %s lost", text_ns(req, sizeof(req), sum.requested));
	else if (op == MMT_OP_ALLOC || op == MMT_OP_NESTED)
		fprintf(r->out, ", %s requested, %s given, %.1f%% waste", req, alloc,
			sum.allocated ? 100.0 * (double)hist_waste(&sum) / (double)sum.allocated : 0.0);
	if (op == MMT_OP_LATENCY && r->stalls_open[domain])
		fprintf(r->out, " (%" PRIu64 " going on)", r->stalls_open[domain]);
	fputc('\n', r->out);
	if (op == MMT_OP_ALLOC || op == MMT_OP_LATENCY)
		put_histogram(r, domain, op);
	if (r->by[0] != MMT_KEY_NONE && op != MMT_OP_FALLBACK)
		put_lines(r, domain, op);
}

static void put_fallbacks(const struct hist_report *r)
{
	static const char *const types[] = { "unmovable", "movable", "reclaimable", "high-atomic", "cma", "isolate" };
	const struct hist_line **lines;
	size_t n = hist_select(r->now, MMT_DOMAIN_PAGE, MMT_OP_FALLBACK, HIST_BY_COUNT, &lines);

	for (size_t i = 0; i < n; i++) {
		uint64_t from = lines[i]->k[0] >> 8, to = lines[i]->k[0] & 0xff;

		fprintf(r->out, "  %10llu  %s wanted, %s taken\n", lines[i]->sum.count,
			from < 6 ? types[from] : "?", to < 6 ? types[to] : "?");
	}
	free(lines);
}

/* Tables of an interval and of the whole run look alike. */
static void put_head(const struct hist_report *r)
{
	const char *dot = r->ascii ? "-" : "·";
	char target[1024], span[48] = "whole run";

	if (r->interval_ns)
		snprintf(span, sizeof(span), "interval %.1fs", (double)r->interval_ns / 1e9);
	fprintf(r->out, "mmtrace hist %s %s %s %.1fs %s %s %s missed %" PRIu64 "\n", dot,
		text_escape(target, sizeof(target), r->target), dot, (double)r->now_ns / 1e9, dot, span, dot, r->misses);
}

void hist_text(const struct hist_report *r)
{
	put_head(r);
	for (uint8_t d = 0; d < MMT_DOMAIN_COUNT; d++) {
		if (!r->domains[d].backend)
			continue;
		if (d == MMT_DOMAIN_OOM) {
			fprintf(r->out, "oom: %" PRIu64 " killed since the start\n", r->oom_kills);
			continue;
		}
		for (uint8_t op = 0; op < MMT_OP_COUNT; op++) {
			if (op == MMT_OP_LATENCY && !domain_timed[d])
				continue;
			if (op == MMT_OP_ALLOC && !domain_sized[d])
				continue;
			put_op(r, d, op);
			if (d == MMT_DOMAIN_PAGE && op == MMT_OP_FALLBACK)
				put_fallbacks(r);
		}
		fputc('\n', r->out);
	}
	fflush(r->out);
}

static int region_compare(const void *a, const void *b)
{
	const struct mmt_range *const *x = a, *const *y = b;

	return (*x)->start < (*y)->start ? -1 : (*x)->start > (*y)->start;
}

/* By address; those not found, which start at 0, first. */
static void put_regions(const struct hist_report *r)
{
	const struct mmt_range *sorted[MMT_REGIONS];
	size_t n = 0;

	while (n < MMT_REGIONS && hist_region_names[n]) {
		sorted[n] = &r->regions[n];
		n++;
	}
	qsort(sorted, n, sizeof(*sorted), region_compare);
	fputs("Kernel address space:\n", r->out);
	for (size_t i = 0; i < n; i++) {
		const char *name = hist_region_names[sorted[i] - r->regions];

		if (sorted[i]->end)
			fprintf(r->out, "  %016llx-%016llx %s\n", sorted[i]->start, sorted[i]->end, name);
		else
			fprintf(r->out, "  %-33s %s\n", "not found", name);
	}
}

void hist_text_end(const struct hist_report *r)
{
	hist_text(r);
	if (r->regions)
		put_regions(r);
	if (r->unpaired)
		fprintf(r->out, "%" PRIu64 " faults not counted: their start was not seen\n", r->unpaired);
	if (r->stalls_lost)
		fprintf(r->out, "%" PRIu64 " stalls not counted: no room to remember their start\n", r->stalls_lost);
	if (r->processes_lost)
		fprintf(r->out, "%" PRIu64 " children not counted: more than 8192 processes at a time\n", r->processes_lost);
	if (r->ooms_lost)
		fprintf(r->out, "%" PRIu64 " OOM kills without a line: the ring was full\n", r->ooms_lost);
	if (r->misses)
		fprintf(r->out, "%" PRIu64 " events missed: an interrupt came while the same hook ran on that CPU\n", r->misses);
	overhead_text(r->out, &r->overhead);
}
