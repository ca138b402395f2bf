/* SPDX-License-Identifier: GPL-2.0 */
/* `mmtrace leak` as JSON lines (docs/json.md). */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "view/leak.h"

static void put_text(FILE *f, const char *key, const char *text)
{
	char buf[4096];
	bool invalid;

	fprintf(f, "\"%s\":\"%s\"", key, text_json(buf, sizeof(buf), text ? text : "", &invalid));
}

/* Keys of a function: null where it is not known. */
static void put_function(const struct leak_report *r, uint64_t address)
{
	struct ksym k;

	if (address)
		fprintf(r->out, "\"addr\":\"0x%" PRIx64 "\",", address);
	else
		fputs("\"addr\":null,", r->out);
	if (!address || !r->syms || !ksym_find(r->syms, address, &k)) {
		fputs("\"function\":null,\"offset\":null,\"module\":null", r->out);
		return;
	}
	put_text(r->out, "function", k.name);
	fprintf(r->out, ",\"offset\":\"0x%" PRIx64 "\",", k.offset);
	if (k.module)
		put_text(r->out, "module", k.module);
	else
		fputs("\"module\":null", r->out);
}

static void put_ages(FILE *f, const struct outstanding_row *row)
{
	const char *sep = "";

	fputs("\"ages\":[", f);
	for (int i = 0; i < AGE_BUCKETS; i++) {
		if (!row->ages[i])
			continue;
		fprintf(f, "%s{\"lo_ns\":%" PRIu64 ",\"hi_ns\":", sep, i ? age_bounds[i - 1] : 0);
		if (i < AGE_BUCKETS - 1)
			fprintf(f, "%" PRIu64, age_bounds[i]);
		else
			fputs("null", f);
		fprintf(f, ",\"count\":%" PRIu64 "}", row->ages[i]);
		sep = ",";
	}
	fputs("]", f);
}

static void put_row(const struct leak_report *r, const struct outstanding_row *row)
{
	FILE *f = r->out;
	char from[128];

	fprintf(f, "{\"type\":\"outstanding\",\"t\":%" PRIu64 ",\"domain\":\"%s\",", r->now_ns, leak_domain_keys[row->domain]);
	put_text(f, "from", leak_from(row, from, sizeof(from)));
	fputs(",\"site\":{", f);
	put_function(r, row->site);
	fprintf(f, "},\"bytes_each\":%" PRIu64 ",\"count\":%" PRIu64 ",\"bytes\":%" PRIu64 ",\"oldest_ns\":%" PRIu64 ",",
		row->each, row->count, row->bytes, row->oldest);
	put_ages(f, row);
	fprintf(f, ",\"allocated\":%" PRIu64 ",\"freed\":%" PRIu64 ",\"frees_missed\":%" PRIu64 ",\"at_most\":%s,\"growth\":",
		row->allocated, row->freed, row->reused, outstanding_doubt(row) ? "true" : "false");
	if (row->trend.kind == TREND_UNKNOWN)
		fputs("null", f);
	else
		fprintf(f, "{\"bytes_per_s\":%.1f,\"r2\":%.4f,\"confidence\":%.4f,\"trend\":\"%s\"}", row->trend.slope,
			row->trend.r2, row->trend.confidence, trend_keys[row->trend.kind]);
	if (row->frame_count) {
		fputs(",\"stack\":[", f);
		for (int i = 0; i < row->frame_count; i++) {
			fputs(i ? ",{" : "{", f);
			put_function(r, row->frames[i]);
			fputc('}', f);
		}
		fputc(']', f);
	}
	fputs("}\n", f);
}

static void put_backends(const struct leak_report *r)
{
	FILE *f = r->out;
	const char *sep = "";

	fputs("\"backend\":{", f);
	for (int i = 0; i < r->backend_count; i++) {
		fputs(i ? "," : "", f);
		if (r->backends[i].backend)
			put_text(f, r->backends[i].hook, r->backends[i].backend);
		else
			fprintf(f, "\"%s\":null", r->backends[i].hook);
	}
	fputs("},\"unknown\":{", f);
	for (int i = 0; i < r->backend_count; i++)
		if (r->backends[i].lacks[0]) {
			fputs(sep, f);
			put_text(f, r->backends[i].hook, r->backends[i].lacks);
			sep = ",";
		}
	if (r->no_names) {
		fputs(sep, f);
		put_text(f, "function", r->no_names);
	}
	fputc('}', f);
}

void leak_json_start(const struct leak_report *r)
{
	FILE *f = r->out;
	const char *sep = "";

	fprintf(f, "{\"type\":\"start\",\"schema\":1,\"version\":\"%s\",\"command\":\"leak\",", MMTRACE_VERSION);
	put_text(f, "kernel", r->kernel);
	fputs(",\"target\":{", f);
	put_text(f, "text", r->target);
	fputs("},\"domains\":[", f);
	for (int d = 0; d < MMT_LEAK_DOMAINS; d++)
		if (r->domains & 1u << d) {
			fprintf(f, "%s\"%s\"", sep, leak_domain_keys[d]);
			sep = ",";
		}
	fputs("],", f);
	if (r->module) {
		put_text(f, "module", r->module);
		fputc(',', f);
	}
	fprintf(f, "\"sample\":%" PRIu32 ",\"entries\":%" PRIu32 ",\"older_ns\":%" PRIu64 ",", r->sample, r->entries, r->older);
	put_backends(r);
	fprintf(f, ",\"t0_unix_ns\":%" PRIu64 "}\n", r->t0_unix_ns);
	fflush(f);
}

static size_t put_rows(const struct leak_report *r, uint64_t *count, uint64_t *bytes)
{
	size_t n, shown;
	struct outstanding_row **rows = outstanding_rows(r->outstanding, r->sort, r->reverse, &n);

	*count = *bytes = 0;
	shown = r->top && n > (size_t)r->top ? (size_t)r->top : n;
	for (size_t i = 0; i < n; i++) {
		*count += rows[i]->count;
		*bytes += rows[i]->bytes;
		if (i < shown)
			put_row(r, rows[i]);
	}
	free(rows);
	return n;
}

static void put_totals(const struct leak_report *r, const char *type)
{
	uint64_t count, bytes;
	size_t sites = put_rows(r, &count, &bytes);

	fprintf(r->out, "{\"type\":\"%s\",\"t\":%" PRIu64 ",\"sites\":%zu,\"count\":%" PRIu64 ",\"bytes\":%" PRIu64, type,
		r->now_ns, sites, count, bytes);
}

void leak_json_tick(const struct leak_report *r)
{
	put_totals(r, "tick");
	fputs("}\n", r->out);
	fflush(r->out);
}

void leak_json_end(const struct leak_report *r)
{
	FILE *f = r->out;
	const char *sep;

	put_totals(r, "end");
	for (int lost = 0; lost < 2; lost++) {
		sep = "";
		fputs(lost ? ",\"lost\":{" : ",\"events\":{", f);
		for (int i = 0; i < MMT_LEAK_LOSSES; i++)
			if (leak_loss_texts[i].lost == lost) {
				fprintf(f, "%s\"%s\":%" PRIu64, sep, leak_loss_texts[i].key, r->losses[i]);
				sep = ",";
			}
		if (lost)
			fprintf(f, ",\"probe_missed\":%" PRIu64, r->bpf_misses);
		fputc('}', f);
	}
	fputc(',', f);
	overhead_json(f, &r->overhead, "");
	fputs("}\n", f);
	fflush(f);
}
