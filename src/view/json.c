/* SPDX-License-Identifier: GPL-2.0 */
/* JSON lines, schema 1: docs/json.md. */
#include "base/text.h"
#include "model/kind.h"
#include "model/loss.h"
#include "view/report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char *const class_keys[] = {
#define CLASS(NAME, n, key, title, help) [n] = key,
#include "wire/classes.def"
#undef CLASS
};

/* "key":"text" with a name_hex beside text that is no valid UTF-8. */
static void put_name(FILE *f, const char *key, const char *text)
{
	size_t size = strlen(text) * 6 + 16;
	char *buf = malloc(size);
	bool invalid = false;

	if (!buf)
		return;
	fprintf(f, "\"%s\":\"%s\"", key, text_json(buf, size, text, &invalid));
	free(buf);
	if (invalid) {
		fprintf(f, ",\"%s_hex\":\"", key);
		for (const char *s = text; *s; s++)
			fprintf(f, "%02x", (unsigned char)*s);
		fputc('"', f);
	}
}

static void put_classes(FILE *f, const struct fault_stat *s)
{
	const char *sep = "";

	fputs("\"class\":{", f);
	for (int i = 0; i < MMT_CLASS_COUNT; i++) {
		const struct class_stat *c = s->cls[i];
		int last = HIST_BUCKETS - 1;

		if (!c)
			continue;
		if (i == MMT_CLASS_ERROR) {
			fprintf(f, "%s\"%s\":{\"count\":%" PRIu64 "}", sep, class_keys[i], c->error);
			sep = ",";
			continue;
		}
		fprintf(f, "%s\"%s\":{\"minor\":%" PRIu64 ",\"major\":%" PRIu64 ",\"ns_sum\":%" PRIu64
			   ",\"ns_max\":%" PRIu64 ",\"hist\":[", sep, class_keys[i], c->minor, c->major, c->ns_sum,
			c->ns_max);
		while (last >= 0 && !c->hist[last])
			last--;
		for (int b = 0; b <= last; b++)
			fprintf(f, "%s%" PRIu64, b ? "," : "", c->hist[b]);
		fputs("]}", f);
		sep = ",";
	}
	fputc('}', f);
}

/* A process ledger holds the residual too: minor and major equal getrusage. */
static void put_faults(FILE *f, const struct fault_stat *s, bool process)
{
	fprintf(f, "\"faults\":{\"total\":%" PRIu64 ",\"minor\":%" PRIu64 ",\"major\":%" PRIu64
		   ",\"error\":%" PRIu64 ",\"foreign\":%" PRIu64,
		stat_total(s) + s->gup_minor + s->gup_major, s->minor + s->gup_minor, s->major + s->gup_major, s->error,
		s->foreign);
	if (process)
		fprintf(f, ",\"gup_residual_minor\":%" PRId64 ",\"gup_residual_major\":%" PRId64,
			(int64_t)s->gup_minor, (int64_t)s->gup_major);
}

static void put_mode(FILE *f, const struct fault_stat *s)
{
	fprintf(f, ",\"mode\":{\"user\":%" PRIu64 ",\"kernel\":%" PRIu64 ",\"gup\":%" PRIu64 "},",
		s->mode[MMT_MODE_USER], s->mode[MMT_MODE_KERNEL], s->mode[MMT_MODE_GUP]);
}

static void put_latency(FILE *f, const struct fault_stat *s)
{
	uint64_t max = stat_max(s);

	if (!max)
		fputs(",\"latency_ns\":null", f);
	else
		fprintf(f, ",\"latency_ns\":{\"p50\":%" PRIu64 ",\"p99\":%" PRIu64 ",\"max\":%" PRIu64 "}",
			stat_quantile(s, -1, 0.5), stat_quantile(s, -1, 0.99), max);
}

static void put_parts(FILE *f, const struct vma *v)
{
	const struct parts *p = &v->parts;

	if (!p->count) {
		fputs(",\"kind\":null,\"kind_source\":null,\"parts\":[]", f);
		return;
	}
	fprintf(f, ",\"kind\":\"%s\",\"kind_source\":\"%s\",\"parts\":[", kind_of(v), kind_source_name(p->source));
	for (unsigned i = 0; i < p->count; i++)
		fprintf(f, "%s{\"kind\":\"%s\",\"start\":\"0x%" PRIx64 "\",\"end\":\"0x%" PRIx64 "\"}", i ? "," : "",
			kind_name(p->part[i].kind), p->part[i].start, p->part[i].end);
	fputc(']', f);
}

static void put_pid(FILE *f, const struct process *p)
{
	if (p->merged)
		fprintf(f, "\"proc\":%u,\"pid\":null,", p->id);
	else
		fprintf(f, "\"proc\":%u,\"pid\":%d,", p->id, p->pid);
}

static void put_vma(const struct report *r, struct vma *v)
{
	FILE *f = r->out;
	char perm[5];

	kind_perm(v, perm);
	fprintf(f, "{\"type\":\"vma\",\"t\":%" PRIu64 ",", r->now_ns);
	put_pid(f, v->mm->proc);
	fprintf(f, "\"vma\":%u,", v->id);
	if (v->sum)
		fprintf(f, "\"merged\":%" PRIu32 ",", v->merged);
	if (v->known) {
		fprintf(f, "\"start\":\"0x%llx\",\"end\":\"0x%llx\",\"perm\":\"%s\",\"offset\":\"0x%llx\",\"ino\":\"%llu\",",
			v->v.start, v->v.end, perm, v->v.kind & MMT_VMA_FILE ? v->v.pgoff << 12 : 0, v->v.ino);
	} else {
		fputs("\"start\":null,\"end\":null,\"perm\":null,\"offset\":null,\"ino\":null,", f);
	}
	if (v->known || v->mm->launcher || v->sum)
		put_name(f, "name", v->name);
	else
		fputs("\"name\":null", f);
	put_parts(f, v);
	fprintf(f, ",\"live\":%s,", v->live ? "true" : "false");
	if (v->rss == RSS_UNKNOWN)
		fputs("\"rss\":null,", f);
	else
		fprintf(f, "\"rss\":%" PRIu64 ",\"rss_age_ns\":%" PRIu64 ",", v->rss,
			r->now_ns > v->rss_time ? r->now_ns - v->rss_time : 0);
	put_faults(f, &v->faults, false);
	fputc('}', f);
	put_mode(f, &v->faults);
	put_classes(f, &v->faults);
	put_latency(f, &v->faults);
	fputs("}\n", f);
	v->changed = false;
}

static void put_process(const struct report *r, struct process *p)
{
	FILE *f = r->out;
	char comm[17] = "";

	memcpy(comm, p->comm, sizeof(p->comm));
	fprintf(f, "{\"type\":\"process\",\"t\":%" PRIu64 ",", r->now_ns);
	put_pid(f, p);
	if (p->merged)
		fprintf(f, "\"merged\":%" PRIu32 ",\"start_time\":null,", p->merged);
	else
		fprintf(f, "\"start_time\":%" PRIu64 ",", p->start_time);
	put_name(f, "comm", comm);
	fprintf(f, ",\"live\":%s,", p->dead ? "false" : "true");
	put_faults(f, &p->faults, true);
	fputc('}', f);
	put_mode(f, &p->faults);
	put_classes(f, &p->faults);
	put_latency(f, &p->faults);
	fputs("}\n", f);
	p->changed = false;
}

void json_start(const struct report *r)
{
	FILE *f = r->out;

	fprintf(f, "{\"type\":\"start\",\"schema\":1,\"version\":\"%s\",", MMTRACE_VERSION);
	put_name(f, "kernel", r->kernel);
	fputs(",\"target\":{", f);
	put_name(f, "text", r->target);
	fprintf(f, "},\"backend\":{\"fault\":\"%s\"},\"latency_span\":\"%s\",\"t0_unix_ns\":%" PRIu64 ",\"unknown\":{",
		r->backend, r->span, r->t0_unix_ns);
	if (r->lacks[0])
		put_name(f, "gup", r->lacks);
	if (!r->peek)
		fprintf(f, "%s\"class\":\"page-table entries cannot be read here\"", r->lacks[0] ? "," : "");
	fputs("}}\n", f);
	fflush(f);
}

static int put_rows(const struct report *r, bool all)
{
	size_t n;
	struct vma **v = session_vmas(r->session, &n);
	int rows = 0;

	for (struct process *p = r->session->processes; p; p = p->next)
		if (all || p->changed) {
			put_process(r, p);
			rows++;
		}
	for (size_t i = 0; i < n; i++)
		if (all || v[i]->changed) {
			put_vma(r, v[i]);
			rows++;
		}
	free(v);
	return rows;
}

void json_merged(const struct report *r, const char *what, uint32_t id, uint32_t into)
{
	fprintf(r->out, "{\"type\":\"merged\",\"t\":%" PRIu64 ",\"%s\":%" PRIu32 ",\"into\":%" PRIu32 "}\n", r->now_ns, what,
		id, into);
}

void json_rows(struct report *r)
{
	r->rows += put_rows(r, false);
}

void json_tick(struct report *r)
{
	json_rows(r);
	fprintf(r->out, "{\"type\":\"tick\",\"t\":%" PRIu64 ",\"rows\":%d}\n", r->now_ns, r->rows);
	r->rows = 0;
	fflush(r->out);
}

static void put_losses(const struct report *r, enum loss_group group)
{
	const char *sep = "";

	for (int i = 0; i < MMT_LOSS_COUNT; i++) {
		if (loss_texts[i].group != group || i == MMT_LOSS_ABANDONED)
			continue;
		fprintf(r->out, "%s\"%s\":%" PRIu64, sep, loss_texts[i].key, r->losses[i]);
		sep = ",";
	}
}

static void put_overhead(FILE *f, const struct report *r)
{
	char more[128] = "";
	int n = 0;

	if (r->level)
		n = snprintf(more, sizeof(more), ",\"loss_pct\":%.2f,\"level\":\"%s\"", r->loss_pct, r->level);
	if (r->sample_max > 1)
		snprintf(more + n, sizeof(more) - (size_t)n, ",\"sample\":%u,\"sample_max\":%u", r->sample, r->sample_max);
	overhead_json(f, &r->overhead, more);
}

void json_end(const struct report *r)
{
	FILE *f = r->out;

	put_rows(r, true);
	fprintf(f, "{\"type\":\"end\",\"t\":%" PRIu64 ",", r->now_ns);
	put_faults(f, &r->session->faults, true);
	fprintf(f, ",\"abandoned\":%" PRIu64, r->losses[MMT_LOSS_ABANDONED]);
	if (r->kernel_known)
		fprintf(f, ",\"kernel_minor\":%" PRIu64 ",\"kernel_major\":%" PRIu64, r->kernel_minor, r->kernel_major);
	fputc('}', f);
	put_mode(f, &r->session->faults);
	put_classes(f, &r->session->faults);
	put_latency(f, &r->session->faults);
	fputs(",\"events\":{", f);
	put_losses(r, LOSS_EVENTS);
	fputs("},\"detail_lost\":{", f);
	put_losses(r, LOSS_DETAIL);
	fputs("},\"lost\":{", f);
	put_losses(r, LOSS_LOST);
	fprintf(f, ",\"probe_missed\":%" PRIu64 ",\"decode_error\":%" PRIu64 "},", r->bpf_misses,
		r->session->decode_error);
	put_overhead(f, r);
	fputs("}\n", f);
	fflush(f);
}
