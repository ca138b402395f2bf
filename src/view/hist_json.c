/* SPDX-License-Identifier: GPL-2.0 */
/* Histograms as JSON lines: docs/json.md. */
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "view/hist.h"

static const char *const op_keys[MMT_OP_COUNT] = {
	[MMT_OP_ALLOC] = "alloc", [MMT_OP_FREE] = "free", [MMT_OP_FAILED] = "failed",
	[MMT_OP_FALLBACK] = "fallback", [MMT_OP_NESTED] = "nested", [MMT_OP_LATENCY] = "latency",
};

static void put_string(FILE *f, const char *key, const char *text, const char *end)
{
	char buf[2048];
	bool invalid;

	fprintf(f, "\"%s\":\"%s\"%s", key, text_json(buf, sizeof(buf), text, &invalid), end);
}

static void put_regions(const struct hist_report *r)
{
	fputs(",\"regions\":{", r->out);
	for (int i = 0; i < MMT_REGIONS && hist_region_names[i]; i++) {
		fprintf(r->out, "%s\"%s\":", i ? "," : "", hist_region_names[i]);
		if (r->regions[i].end)
			fprintf(r->out, "{\"start\":\"0x%llx\",\"end\":\"0x%llx\"}", r->regions[i].start, r->regions[i].end);
		else
			fputs("null", r->out);
	}
	fputc('}', r->out);
}

void hist_json_start(const struct hist_report *r)
{
	FILE *f = r->out;
	const char *sep = "";

	fprintf(f, "{\"type\":\"start\",\"schema\":1,\"version\":\"%s\",", MMTRACE_VERSION);
	put_string(f, "kernel", r->kernel, ",");
	if (r->module)
		put_string(f, "module", r->module, ",");
	fputs("\"target\":{", f);
	put_string(f, "text", r->target, "},\"backend\":{");
	for (int d = 0; d < MMT_DOMAIN_COUNT; d++)
		if (r->domains[d].backend) {
			fprintf(f, "%s\"%s\":\"%s\"", sep, hist_domain_keys[d], r->domains[d].backend);
			sep = ",";
		}
	fprintf(f, "},\"t0_unix_ns\":%" PRIu64 ",\"unknown\":{", r->t0_unix_ns);
	sep = "";
	for (int d = 0; d < MMT_DOMAIN_COUNT; d++) {
		if (!r->domains[d].lacks || !r->domains[d].lacks[0])
			continue;
		fputs(sep, f);
		put_string(f, hist_domain_keys[d], r->domains[d].lacks, "");
		sep = ",";
	}
	for (int d = 0; d < MMT_DOMAIN_COUNT; d++) {
		char key[32];

		if (!r->domains[d].free_lacks[0])
			continue;
		fputs(sep, f);
		snprintf(key, sizeof(key), "%s_free", hist_domain_keys[d]);
		put_string(f, key, r->domains[d].free_lacks, "");
		sep = ",";
	}
	if (r->site_unknown) {
		fputs(sep, f);
		put_string(f, "site", r->site_unknown, "");
	}
	fputc('}', f);
	if (r->regions)
		put_regions(r);
	fputs("}\n", f);
	fflush(f);
}

static void put_key(const struct hist_report *r, const struct hist_line *l)
{
	FILE *f = r->out;

	fputs("\"key\":{", f);
	if (l->op == MMT_OP_FALLBACK) {
		fprintf(f, "\"wanted\":%" PRIu64 ",\"taken\":%" PRIu64, l->k[0] >> 8, l->k[0] & 0xff);
	} else if (l->other && r->by[0] != MMT_KEY_NONE) {
		fputs("\"other\":true", f);
	} else {
		for (int i = 0; i < 2 && r->by[i] != MMT_KEY_NONE; i++) {
			char name[2048];

			r->name(r->name_ctx, r->by[i], l, l->k[i], true, name, sizeof(name));
			fprintf(f, "%s\"%s\":%s", i ? "," : "", hist_key_keys[r->by[i]], name);
		}
	}
	fputs("},", f);
}

static void put_line(const struct hist_report *r, const struct hist_line *l)
{
	FILE *f = r->out;
	bool time = l->op == MMT_OP_LATENCY;

	fprintf(f, "{\"type\":\"hist\",\"t\":%" PRIu64 ",\"event\":\"%s\",\"op\":\"%s\",\"unit\":\"%s\",", r->now_ns,
		hist_domain_keys[l->domain], op_keys[l->op], time ? "ns" : "bytes");
	put_key(r, l);
	fprintf(f, "\"count\":%llu,", l->sum.count);
	if (hist_sizes_unknown(l->domain, l->op)) {
		fputs("\"bytes_req\":null,\"bytes_alloc\":null,\"buckets\":null}\n", f);
		return;
	}
	if (time)
		fprintf(f, "\"ns_sum\":%llu", l->sum.requested);
	else
		fprintf(f, "\"bytes_req\":%llu,\"bytes_alloc\":%llu", l->sum.requested, l->sum.allocated);
	fputs(",\"buckets\":[", f);
	for (size_t i = 0; i < l->cell_count; i++) {
		const struct hist_cell *c = &l->cells[i];

		fprintf(f, "%s{\"lo\":%" PRIu64 ",\"hi\":%" PRIu64 ",\"count\":%llu", i ? "," : "",
			hist_bucket_lo(c->key.bucket), hist_bucket_hi(c->key.bucket), c->row.count);
		if (!time)
			fprintf(f, ",\"bytes_req\":%llu,\"bytes_alloc\":%llu", c->row.requested, c->row.allocated);
		fputc('}', f);
	}
	fputs("]}\n", f);
}

void hist_json_rows(const struct hist_report *r, bool last)
{
	for (size_t i = 0; i < r->now->line_count; i++)
		put_line(r, &r->now->lines[i]);
	if (!last)
		fprintf(r->out, "{\"type\":\"tick\",\"t\":%" PRIu64 ",\"rows\":%zu}\n", r->now_ns, r->now->line_count);
	fflush(r->out);
}

/* false: nothing to tell. */
static bool put_total(const struct hist_report *r, uint8_t domain, uint8_t op, const char *sep)
{
	struct mmt_hist_row sum = hist_total(r->now, domain, op, NULL);
	FILE *f = r->out;

	if (!sum.count)
		return false;
	fprintf(f, "%s\"%s\":{\"count\":%llu,", sep, op_keys[op], sum.count);
	if (hist_sizes_unknown(domain, op))
		fputs("\"bytes_req\":null,\"bytes_alloc\":null}", f);
	else if (op == MMT_OP_LATENCY)
		fprintf(f, "\"ns_sum\":%llu}", sum.requested);
	else
		fprintf(f, "\"bytes_req\":%llu,\"bytes_alloc\":%llu}", sum.requested, sum.allocated);
	return true;
}

void hist_json_end(const struct hist_report *r)
{
	FILE *f = r->out;
	const char *sep = "";

	hist_json_rows(r, true);
	fprintf(f, "{\"type\":\"end\",\"t\":%" PRIu64 ",\"totals\":{", r->now_ns);
	for (uint8_t d = 0; d < MMT_DOMAIN_COUNT; d++) {
		const char *inner = "";

		if (!r->domains[d].backend)
			continue;
		fprintf(f, "%s\"%s\":{", sep, hist_domain_keys[d]);
		if (r->stalls_open[d]) {
			fprintf(f, "\"going_on\":%" PRIu64, r->stalls_open[d]);
			inner = ",";
		}
		for (uint8_t op = 0; op < MMT_OP_COUNT; op++)
			if (put_total(r, d, op, inner))
				inner = ",";
		fputc('}', f);
		sep = ",";
	}
	fputc('}', f);
	if (r->domains[MMT_DOMAIN_OOM].backend)
		fprintf(f, ",\"oom_kills\":%" PRIu64, r->oom_kills);
	fprintf(f, ",\"lost\":{\"probe_missed\":%" PRIu64 ",\"unpaired\":%" PRIu64 ",\"stalls\":%" PRIu64 ",\"ooms\":%" PRIu64
		   ",\"processes\":%" PRIu64 "},", r->misses, r->unpaired, r->stalls_lost, r->ooms_lost, r->processes_lost);
	overhead_json(f, &r->overhead, "");
	fputs("}\n", f);
	fflush(f);
}
