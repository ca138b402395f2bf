/* SPDX-License-Identifier: GPL-2.0 */
/* JSON lines of `mmtrace top`, schema 1: docs/json.md. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "view/top.h"

/* "key":"text" with a name_hex beside text that is no valid UTF-8. */
static void put_name(FILE *f, const char *key, const char *text)
{
	char buf[2048];
	bool invalid = false;

	fprintf(f, "\"%s\":\"%s\"", key, text_json(buf, sizeof(buf), text, &invalid));
	if (!invalid)
		return;
	fprintf(f, ",\"%s_hex\":\"", key);
	for (const char *s = text; *s; s++)
		fprintf(f, "%02x", (unsigned char)*s);
	fputc('"', f);
}

/* p is NULL for the total. */
static void put_values(const struct top_report *r, const struct top_values *v, const struct top_process *p)
{
	for (int m = 0; m < TOP_METRICS; m++) {
		if (r->unknown[m] || (p && !top_value_known(p, m)))
			fprintf(r->out, ",\"%s\":null", top_metrics[m].key);
		else
			fprintf(r->out, ",\"%s\":%" PRId64, top_metrics[m].key, v->v[m]);
	}
}

static void put_process(const struct top_report *r, const struct top_process *p)
{
	FILE *f = r->out;

	if (p->members)
		fprintf(f, "{\"type\":\"top_group\",\"t\":%" PRIu64 ",\"ended\":%u,", r->now_ns, p->members);
	else if (p->special)
		fprintf(f, "{\"type\":\"top\",\"t\":%" PRIu64 ",\"pid\":null,\"start_time\":null,\"live\":null,", r->now_ns);
	else
		fprintf(f, "{\"type\":\"top\",\"t\":%" PRIu64 ",\"pid\":%u,\"start_time\":%llu,\"live\":%s,", r->now_ns,
			p->key.tgid, p->key.start_boottime, p->ended ? "false" : "true");
	put_name(f, "comm", p->comm);
	if (p->tail_unknown)
		fputs(",\"tail_unknown\":true", f);
	put_values(r, &p->now, p);
	fputs("}\n", f);
}

void top_json_start(const struct top_report *r)
{
	const char *sep = "";
	FILE *f = r->out;

	fprintf(f, "{\"type\":\"start\",\"schema\":1,\"version\":\"%s\",\"command\":\"top\",", MMTRACE_VERSION);
	put_name(f, "kernel", r->kernel);
	fputs(",\"target\":{", f);
	put_name(f, "text", r->target);
	fputs("},\"backend\":{", f);
	for (int i = 0; i < TOP_BACKENDS && r->backends[i].hook; i++)
		fprintf(f, "%s\"%s\":\"%s\"", i ? "," : "", r->backends[i].hook, r->backends[i].name);
	fprintf(f, "},\"t0_unix_ns\":%" PRIu64 ",\"unknown\":{", r->t0_unix_ns);
	for (int m = 0; m < TOP_METRICS; m++) {
		if (!r->unknown[m])
			continue;
		fputs(sep, f);
		put_name(f, top_metrics[m].key, r->unknown[m]);
		sep = ",";
	}
	fputs("}}\n", f);
	fflush(f);
}

static bool changed(const struct top_process *p)
{
	return memcmp(&p->now, &p->before, sizeof(p->now)) || !p->live;
}

static int put_rows(const struct top_report *r, bool all)
{
	struct top_process **list;
	size_t n = top_list(r->top, &list);
	int rows = 0;

	for (size_t i = 0; i < n; i++) {
		if (!all && (list[i]->members || !changed(list[i])))
			continue;
		put_process(r, list[i]);
		rows++;
	}
	free(list);
	return rows;
}

void top_json_tick(const struct top_report *r)
{
	int rows = put_rows(r, false);

	fprintf(r->out, "{\"type\":\"tick\",\"t\":%" PRIu64 ",\"rows\":%d}\n", r->now_ns, rows);
	fflush(r->out);
}

void top_json_end(const struct top_report *r)
{
	FILE *f = r->out;

	put_rows(r, true);
	fprintf(f, "{\"type\":\"end\",\"t\":%" PRIu64, r->now_ns);
	put_values(r, &r->top->total, NULL);
	fprintf(f, ",\"lost\":{\"rows_full\":%" PRIu64 ",\"stalls_full\":%" PRIu64 ",\"tails_unknown\":%" PRIu64
		   ",\"probe_missed\":%" PRIu64 "},",
		r->losses[MMT_TOP_ROWS_FULL], r->losses[MMT_TOP_STALLS_FULL], r->top->tails_unknown, r->bpf_misses);
	overhead_json(f, &r->overhead, "");
	fputs("}\n", f);
	fflush(f);
}
