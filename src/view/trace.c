/* SPDX-License-Identifier: GPL-2.0 */
#include "view/trace.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "view/call.h"
#include "view/line.h"
#include "view/summary.h"

static const char *const class_keys[] = {
#define CLASS(NAME, n, key, title, help) [n] = key,
#include "wire/classes.def"
#undef CLASS
};
static const char *const mode_keys[] = { "user", "kernel", "gup" };

bool trace_classes(const char *list, uint32_t *bits)
{
	char *copy = strdup(list), *save = NULL;
	bool ok = copy != NULL;

	*bits = 0;
	for (char *one = ok ? strtok_r(copy, ",", &save) : NULL; one && ok; one = strtok_r(NULL, ",", &save)) {
		int c = 0;

		while (c < MMT_CLASS_COUNT && strcmp(class_keys[c], one))
			c++;
		ok = c < MMT_CLASS_COUNT;
		*bits |= 1u << (c & 31);
	}
	free(copy);
	return ok && *bits;
}

void trace_titles(const struct report *r)
{
	fprintf(r->out, "%12s %3s %7s %7s %-10s %-5s %-6s %16s %8s %s\n", "TIME", "CPU", "PID", "TID", "EVENT", "ACCT", "MODE",
		"ADDRESS", "LATENCY", "MAPPING");
}

void trace_classes_help(void)
{
	static const char *const helps[] = {
#define CLASS(NAME, n, key, title, help) [n] = help,
#include "wire/classes.def"
#undef CLASS
	};

	for (int c = 0; c < MMT_CLASS_COUNT; c++)
		printf("%-12s %s\n", class_keys[c], helps[c]);
}

void trace_end(const struct report *r)
{
	const struct fault_stat *s = &r->session->faults;

	line_put(r, "total: %" PRIu64 " minor, %" PRIu64 " major faults executed by the processes", s->minor + s->gup_minor,
		 s->major + s->gup_major);
	summary_residual(r, true);
	summary_lost(r);
	fflush(r->out);
}

static const char *accounted(const struct mmt_fault *f)
{
	return f->cls == MMT_CLASS_ERROR ? "-" : f->flags & MMT_FAULT_MAJOR ? "major" : "minor";
}

static void fault_text(const struct report *r, const struct mmt_fault *f, uint64_t t, const struct vma *v)
{
	char ns[16], name[4 * MMT_PATH_MAX];

	fprintf(r->out, "%12.6f %3u %7u %7u %-10s %-5s %-6s %16llx %8s ", (double)t / 1e9, f->head.cpu, f->head.tgid,
		f->head.tid, class_keys[f->cls], accounted(f), mode_keys[f->mode], f->addr,
		f->ns ? text_ns(ns, sizeof(ns), f->ns) : "-");
	if (v && v->mm->launcher)
		fprintf(r->out, "%s\n", v->name);
	else if (v && v->known)
		fprintf(r->out, "%llx-%llx %s\n", v->v.start, v->v.end,
			v->name[0] ? text_escape(name, sizeof(name), v->name) : "[anon]");
	else
		fputs("-\n", r->out);
}

static void fault_json(const struct report *r, const struct mmt_fault *f, uint64_t t, const struct vma *v)
{
	fprintf(r->out, "{\"type\":\"event\",\"t\":%llu,\"cpu\":%u,\"pid\":%u,\"tid\":%u,\"kind\":\"fault\",\"addr\":\"0x%llx\","
			"\"class\":\"%s\",\"major\":%s,\"mode\":\"%s\",\"ns\":",
		(unsigned long long)t, f->head.cpu, f->head.tgid, f->head.tid, f->addr, class_keys[f->cls],
		f->flags & MMT_FAULT_MAJOR ? "true" : "false", mode_keys[f->mode]);
	if (f->ns)
		fprintf(r->out, "%u", f->ns);
	else
		fputs("null", r->out);
	if (v)
		fprintf(r->out, ",\"vma\":%u}\n", v->id);
	else
		fputs(",\"vma\":null}\n", r->out);
}

static void life_line(const struct report *r, const struct mmt_head *h, uint64_t t, bool json, const char *kind, const char *text)
{
	char clean[1024];
	bool invalid;

	if (json)
		fprintf(r->out, "{\"type\":\"event\",\"t\":%llu,\"cpu\":%u,\"pid\":%u,\"tid\":%u,\"kind\":\"%s\",\"text\":\"%s\"}\n",
			(unsigned long long)t, h->cpu, h->tgid, h->tid, kind, text_json(clean, sizeof(clean), text, &invalid));
	else
		fprintf(r->out, "%12.6f %3u %7u %7u %-10s %s\n", (double)t / 1e9, h->cpu, h->tgid, h->tid, kind,
			text_escape(clean, sizeof(clean), text));
}

static void call_line(const struct report *r, const struct mmt_call *c, uint64_t t, const struct vma *v)
{
	char name[24], text[768], clean[4 * MMT_PATH_MAX];

	call_text(c, text, sizeof(text));
	fprintf(r->out, "%12.6f %3u %7u %7u %-10s %s", (double)t / 1e9, c->head.cpu, c->head.tgid, c->head.tid,
		call_name(c, name, sizeof(name)), text);
	if (v && v->known)
		fprintf(r->out, "  %llx-%llx %s", v->v.start, v->v.end,
			v->name[0] ? text_escape(clean, sizeof(clean), v->name) : "[anon]");
	fputc('\n', r->out);
}

static void call_json(const struct report *r, const struct mmt_call *c, uint64_t t, const struct vma *v)
{
	char name[24];

	fprintf(r->out, "{\"type\":\"event\",\"t\":%llu,\"cpu\":%u,\"pid\":%u,\"tid\":%u,\"kind\":\"%s\",\"args\":[",
		(unsigned long long)t, c->head.cpu, c->head.tgid, c->head.tid, call_name(c, name, sizeof(name)));
	for (int i = 0; i < call_args(c); i++)
		fprintf(r->out, "%s\"0x%llx\"", i ? "," : "", c->arg[i]);
	fprintf(r->out, "],\"ret\":\"%lld\",\"vma\":", (long long)c->ret);
	if (v)
		fprintf(r->out, "%u}\n", v->id);
	else
		fputs("null}\n", r->out);
}

/* Does the call touch the range asked for? Its first argument is an address
 * for all but shmat, whose result is. */
static bool call_passes(const struct trace_filter *f, const struct mmt_call *c)
{
	uint64_t from = c->ret >= 4096 ? (uint64_t)c->ret : c->arg[0], size = c->arg[1];

	if (f->classes)
		return false;
	if (!f->to)
		return true;
	return (from < f->to && from + size > f->from) || (c->arg[0] < f->to && c->arg[0] + size > f->from);
}

static bool passes(const struct trace_filter *f, const struct mmt_fault *fault)
{
	return (!f->classes || f->classes >> fault->cls & 1) && (!f->to || (fault->addr >= f->from && fault->addr < f->to));
}

void trace_record(const struct report *r, const struct trace_filter *f, bool json, uint64_t t0, const void *bytes, size_t size)
{
	const struct mmt_head *h = decode_record(bytes, size);
	const struct mmt_fault *fault = bytes;
	uint64_t t = h && h->time > t0 ? h->time - t0 : 0;
	char text[160];

	if (!h)
		return;
	if (h->kind == MMT_KIND_FAULT && fault->cls < MMT_CLASS_COUNT && fault->mode < MMT_MODE_COUNT && passes(f, fault)) {
		(json ? fault_json : fault_text)(r, fault, t, session_vma_of(r->session, fault));
	} else if (h->kind == MMT_KIND_CALL) {
		const struct mmt_call *c = bytes;

		if (call_passes(f, c))
			(json ? call_json : call_line)(r, c, t, c->sig ? session_vma_by_key(r->session, h->mm_id, c->sig, c->anchor) : NULL);
	} else if (h->kind == MMT_KIND_EXEC && !f->classes && !f->to) {
		snprintf(text, sizeof(text), "%.*s", MMT_NAME_LEN * 2, ((const struct mmt_exec *)bytes)->filename);
		life_line(r, h, t, json, "exec", text);
	} else if (h->kind == MMT_KIND_FORK && !f->classes && !f->to) {
		snprintf(text, sizeof(text), "%s of %u", ((const struct mmt_fork *)bytes)->thread ? "thread" : "child",
			 ((const struct mmt_fork *)bytes)->parent_tgid);
		life_line(r, h, t, json, "fork", text);
	} else if (h->kind == MMT_KIND_EXIT && !f->classes && !f->to) {
		life_line(r, h, t, json, "exit", ((const struct mmt_exit *)bytes)->group_dead ? "process" : "thread");
	}
}
