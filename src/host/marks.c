/* SPDX-License-Identifier: GPL-2.0 */
#include "host/marks.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Numbers of fields of stat, as proc(5) counts them. */
static const struct {
	int field;
	enum mmt_mark mark;
} stat_fields[] = {
	{ 26, MMT_MARK_START_CODE }, { 27, MMT_MARK_END_CODE }, { 28, MMT_MARK_START_STACK },
	{ 45, MMT_MARK_START_DATA }, { 46, MMT_MARK_END_DATA }, { 47, MMT_MARK_START_BRK },
	{ 48, MMT_MARK_ARG_START },  { 49, MMT_MARK_ARG_END },  { 50, MMT_MARK_ENV_START },
	{ 51, MMT_MARK_ENV_END },
};
static const struct {
	const char *key;
	enum mmt_mark mark;
} status_lines[] = {
	{ "VmSize", MMT_MARK_TOTAL_VM }, { "VmPeak", MMT_MARK_HIWATER_VM }, { "VmHWM", MMT_MARK_HIWATER_RSS },
	{ "VmData", MMT_MARK_DATA_VM },  { "VmStk", MMT_MARK_STACK_VM },    { "VmLck", MMT_MARK_LOCKED_VM },
	{ "VmPTE", MMT_MARK_PGTABLES },
};
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* To who may not look into the process the kernel shows addresses as 0, and two as 1. */
static int read_stat(pid_t pid, uint64_t mark[MMT_MARKS])
{
	char path[64], line[2048], *at;
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "re");
	if (!f)
		return -errno;
	n = fread(line, 1, sizeof(line) - 1, f);
	fclose(f);
	line[n] = '\0';
	at = strrchr(line, ')');
	for (int field = 3; at && (at = strchr(at, ' ')); field++) {
		uint64_t v;

		at++;
		for (size_t i = 0; i < COUNT(stat_fields); i++)
			if (stat_fields[i].field == field && sscanf(at, "%" SCNu64, &v) == 1 && v > 1)
				mark[stat_fields[i].mark] = v;
	}
	return 0;
}

/* Lines "Key:   123 kB". */
static int read_status(pid_t pid, void (*fn)(void *ctx, const char *key, uint64_t bytes), void *ctx)
{
	char path[64], line[256], key[32];
	uint64_t kib;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "re");
	if (!f)
		return -errno;
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "%31[^:]: %" SCNu64 " kB", key, &kib) == 2)
			fn(ctx, key, kib << 10);
	fclose(f);
	return 0;
}

static void on_mark(void *ctx, const char *key, uint64_t bytes)
{
	uint64_t *mark = ctx;

	for (size_t i = 0; i < COUNT(status_lines); i++)
		if (!strcmp(status_lines[i].key, key))
			mark[status_lines[i].mark] = bytes;
}

int marks_read(pid_t pid, uint64_t mark[MMT_MARKS])
{
	int err;

	for (int i = 0; i < MMT_MARKS; i++)
		mark[i] = MARK_UNKNOWN;
	err = read_stat(pid, mark);
	return err ? err : read_status(pid, on_mark, mark);
}

static void on_rss(void *ctx, const char *key, uint64_t bytes)
{
	static const char *const keys[] = { "RssFile", "RssAnon", "RssShmem", "VmSwap" };
	uint64_t *rss = ctx;

	for (size_t i = 0; i < COUNT(keys); i++)
		if (!strcmp(keys[i], key))
			rss[i] = bytes;
}

int marks_rss(pid_t pid, uint64_t rss[4])
{
	for (int i = 0; i < 4; i++)
		rss[i] = MARK_UNKNOWN;
	return read_status(pid, on_rss, rss);
}
