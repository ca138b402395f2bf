/* SPDX-License-Identifier: GPL-2.0 */
/* The table of `mmtrace leak`. */
#include "view/leak.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "sym/wrapper.h"

#define PAGE_BYTES 4096ull
#define KMALLOC_CACHE_MAX 8192 /* beyond, kmalloc takes whole pages */

const char *const leak_domain_keys[MMT_LEAK_DOMAINS] = {
	[MMT_LEAK_KMALLOC] = "kmalloc", [MMT_LEAK_SLAB] = "slab", [MMT_LEAK_VMALLOC] = "vmalloc",
	[MMT_LEAK_PAGE] = "page",
};

const struct leak_loss_text leak_loss_texts[MMT_LEAK_LOSSES] = {
#define LEAK_LOSS(NAME, lost, key, help) [MMT_LEAK_##NAME] = { key, help, lost },
#include "wire/leak_loss.def"
#undef LEAK_LOSS
};

static int order_of(uint64_t bytes)
{
	int order = 0;

	while (PAGE_BYTES << order < bytes && order < 32)
		order++;
	return order;
}

char *leak_from(const struct outstanding_row *r, char *out, size_t size)
{
	char name[MMT_LEAK_NAME + 1] = "";

	switch ((enum mmt_leak_domain)r->domain) {
	case MMT_LEAK_KMALLOC:
		if (r->each > KMALLOC_CACHE_MAX)
			snprintf(out, size, "kmalloc large");
		else if (r->each >= 1024 && r->each % 1024 == 0)
			snprintf(out, size, "kmalloc-%" PRIu64 "k", r->each / 1024);
		else
			snprintf(out, size, "kmalloc-%" PRIu64, r->each);
		break;
	case MMT_LEAK_SLAB:
		memcpy(name, r->cache, sizeof(r->cache));
		snprintf(out, size, "%s", name);
		break;
	case MMT_LEAK_VMALLOC:
		snprintf(out, size, "vmalloc");
		break;
	case MMT_LEAK_PAGE:
		snprintf(out, size, "page order %d", order_of(r->each));
		break;
	case MMT_LEAK_DOMAINS:
		snprintf(out, size, "?");
	}
	return out;
}

static void put_name(const struct leak_report *r, uint64_t address)
{
	char raw[512], safe[2048];

	if (!address)
		fputs("?", r->out);
	else if (!r->syms)
		fprintf(r->out, "0x%" PRIx64, address);
	else
		fputs(text_escape(safe, sizeof(safe), ksym_text(r->syms, address, raw, sizeof(raw))), r->out);
}

static bool only_passes_on(const struct leak_report *r, const struct outstanding_row *row)
{
	struct ksym k;

	return !row->seen_through && r->syms && ksym_find(r->syms, row->site, &k) && wrapper_is(k.name);
}

static void put_trend(FILE *f, const struct trend *t)
{
	char number[32];

	if (t->kind == TREND_UNKNOWN) {
		fprintf(f, "%9s %-12s", "-", "-");
		return;
	}
	text_bytes(number, sizeof(number), (uint64_t)(t->slope < 0 ? -t->slope : t->slope));
	fprintf(f, "%c%8s ", t->slope < 0 ? '-' : '+', number);
	if (t->kind == TREND_STEADY || t->kind == TREND_LEVELS)
		fprintf(f, "%-12s", trend_keys[t->kind]);
	else
		fprintf(f, "%-6s %3.0f%%  ", trend_keys[t->kind], t->confidence * 100);
}

static void put_ages(FILE *f, const uint64_t *a)
{
	const uint64_t columns[] = { a[0] + a[1], a[2], a[3], a[4], a[5] + a[6] };
	char number[32];

	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		fprintf(f, " %6s", columns[i] ? text_count(number, sizeof(number), (double)columns[i]) : ".");
}

static void put_row(const struct leak_report *r, const struct outstanding_row *row)
{
	char count[32], bytes[32], each[32], from[128], safe[256];

	fprintf(r->out, "%8s %8s %7s", text_count(count, sizeof(count), (double)row->count),
		text_bytes(bytes, sizeof(bytes), row->bytes), text_bytes(each, sizeof(each), row->each));
	put_ages(r->out, row->ages);
	fputc(' ', r->out);
	put_trend(r->out, &row->trend);
	fprintf(r->out, " %-20s ", text_escape(safe, sizeof(safe), leak_from(row, from, sizeof(from))));
	put_name(r, row->site);
	if (only_passes_on(r, row))
		fputs(" (passes on; -K shows for whom)", r->out);
	if (row->reused)
		fprintf(r->out, " (frees not seen: %" PRIu64 ")", row->reused);
	fputc('\n', r->out);
	for (int i = 0; i < row->frame_count; i++) {
		fputs("             ", r->out);
		put_name(r, row->frames[i]);
		fputc('\n', r->out);
	}
}

static void put_total(const struct leak_report *r, struct outstanding_row **rows, size_t n)
{
	uint64_t count = 0, bytes = 0, ages[AGE_BUCKETS] = { 0 };
	char a[32], b[32];

	for (size_t i = 0; i < n; i++) {
		count += rows[i]->count;
		bytes += rows[i]->bytes;
		for (int k = 0; k < AGE_BUCKETS; k++)
			ages[k] += rows[i]->ages[k];
	}
	fprintf(r->out, "%8s %8s %7s", text_count(a, sizeof(a), (double)count), text_bytes(b, sizeof(b), bytes), "");
	put_ages(r->out, ages);
	fprintf(r->out, " %43s total of %zu sites\n", "", n);
}

static void put_rows(const struct leak_report *r, struct outstanding_row **rows, size_t n)
{
	size_t shown = r->top && n > (size_t)r->top ? (size_t)r->top : n;

	for (size_t i = 0; i < shown; i++)
		put_row(r, rows[i]);
	if (shown < n)
		fprintf(r->out, "(%zu more sites; -n 0 shows all)\n", n - shown);
	put_total(r, rows, n);
}

void leak_text(const struct leak_report *r)
{
	size_t n, sure = 0;
	struct outstanding_row **rows = outstanding_rows(r->outstanding, r->sort, r->reverse, &n);

	if (r->redraw)
		fputs("\033[H\033[2J", r->out);
	fprintf(r->out, "%8s %8s %7s %6s %6s %6s %6s %6s %9s %-12s %-20s %s\n", "COUNT", "BYTES", "EACH", "<1s", "<10s",
		"<1m", "<10m", "more", "GROWTH/s", "TREND", "FROM", "SITE");
	while (sure < n && !outstanding_doubt(rows[sure]))
		sure++;
	put_rows(r, rows, sure);
	if (sure < n) {
		fputs("\nAT MOST, as frees often went by unseen (their addresses were allocated again):\n", r->out);
		put_rows(r, rows + sure, n - sure);
	}
	fputc('\n', r->out);
	free(rows);
	fflush(r->out);
}

void leak_text_end(const struct leak_report *r)
{
	leak_text(r);
	for (int i = 0; i < MMT_LEAK_LOSSES; i++)
		if (r->losses[i] || i == MMT_LEAK_SEEN)
			fprintf(r->out, "%12" PRIu64 " %s\n", r->losses[i], leak_loss_texts[i].help);
	if (r->bpf_misses)
		fprintf(r->out, "%12" PRIu64 " allocations or frees not seen: they came in an interrupt amid another one\n",
			r->bpf_misses);
	if (r->sample > 1)
		fprintf(r->out, "Sites are counted by one of %" PRIu32 " addresses, times %" PRIu32 "; what stands above is not.\n",
			r->sample, r->sample);
	overhead_text(r->out, &r->overhead);
	fflush(r->out);
}
