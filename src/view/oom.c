/* SPDX-License-Identifier: GPL-2.0 */
#include "view/oom.h"

#include <stdbool.h>
#include <string.h>

#include "base/text.h"

/* Names from the kernel end with NUL or at the end of their field. */
#define FIELD(out, field) do { memcpy(out, field, sizeof(field)); (out)[sizeof(field)] = '\0'; } while (0)

static const char *bytes_text(char *out, size_t size, uint64_t bytes)
{
	return bytes == MMT_OOM_UNKNOWN ? "-" : text_bytes(out, size, bytes);
}

void oom_text(FILE *f, const struct mmt_oom *o, const char *cause, uint64_t t0)
{
	char comm[17], by[17], group[65], a[80], b[80], c[300], n[9][16];

	FIELD(comm, o->comm);
	FIELD(by, o->by_comm);
	FIELD(group, o->cgroup);
	fprintf(f, "%12.6f oom kill: %u %s (uid %u), cause %s, asked for by %u %s; anon %s file %s shmem %s swap %s "
		   "page tables %s mapped %s, oom_score_adj %d; cgroup /%s, limit %s, uses %s; free %s\n",
		(double)(int64_t)(o->time - t0) / 1e9, o->pid, text_escape(a, sizeof(a), comm), o->uid, cause ? cause : "-",
		o->by_pid, text_escape(b, sizeof(b), by), text_bytes(n[0], 16, o->anon), text_bytes(n[1], 16, o->file),
		text_bytes(n[2], 16, o->shmem), text_bytes(n[3], 16, o->swap), text_bytes(n[4], 16, o->pgtables),
		text_bytes(n[5], 16, o->vsize), o->oom_score_adj, text_escape(c, sizeof(c), group),
		bytes_text(n[6], 16, o->cgroup_max), bytes_text(n[7], 16, o->cgroup_usage), bytes_text(n[8], 16, o->free));
	fflush(f);
}

static void put_string(FILE *f, const char *key, const char *text)
{
	char buf[512];
	bool invalid;

	fprintf(f, ",\"%s\":\"%s\"", key, text_json(buf, sizeof(buf), text, &invalid));
	if (!invalid)
		return;
	fprintf(f, ",\"%s_hex\":\"", key);
	for (const char *c = text; *c; c++)
		fprintf(f, "%02x", (unsigned char)*c);
	fputc('"', f);
}

static void put_bytes(FILE *f, const char *key, uint64_t bytes)
{
	if (bytes == MMT_OOM_UNKNOWN)
		fprintf(f, ",\"%s\":null", key);
	else
		fprintf(f, ",\"%s\":%llu", key, (unsigned long long)bytes);
}

void oom_json(FILE *f, const struct mmt_oom *o, const char *cause, uint64_t t0)
{
	char comm[17], by[17], group[65];

	FIELD(comm, o->comm);
	FIELD(by, o->by_comm);
	FIELD(group, o->cgroup);
	fprintf(f, "{\"type\":\"oom\",\"t\":%llu,\"pid\":%u,\"start_time\":%llu,\"uid\":%u",
		(unsigned long long)(o->time > t0 ? o->time - t0 : 0), o->pid, o->start_boottime, o->uid);
	put_string(f, "comm", comm);
	if (cause)
		put_string(f, "cause", cause);
	else
		fputs(",\"cause\":null", f);
	fprintf(f, ",\"by_pid\":%u", o->by_pid);
	put_string(f, "by_comm", by);
	put_bytes(f, "anon", o->anon);
	put_bytes(f, "file", o->file);
	put_bytes(f, "shmem", o->shmem);
	put_bytes(f, "swap", o->swap);
	put_bytes(f, "pgtables", o->pgtables);
	put_bytes(f, "vsize", o->vsize);
	fprintf(f, ",\"oom_score_adj\":%d", o->oom_score_adj);
	put_string(f, "cgroup", group);
	put_bytes(f, "cgroup_usage", o->cgroup_usage);
	put_bytes(f, "cgroup_max", o->cgroup_max);
	put_bytes(f, "free", o->free);
	fputs("}\n", f);
	fflush(f);
}
