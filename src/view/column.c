/* SPDX-License-Identifier: GPL-2.0 */
#include "view/column.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "model/kind.h"

#define RSS_FRESH_NS 2000000000ull
#define CLASS_WIDTH 7

static const struct column_info columns[COLUMN_COUNT] = {
#define COLUMN(NAME, key, title, width, unit, help) { key, title, width, unit, help },
#include "view/columns.def"
#undef COLUMN
#define CLASS(NAME, n, key, title, help) [COLUMN_CLASS + n] = { key, title, CLASS_WIDTH, "", help },
#include "wire/classes.def"
#undef CLASS
};

struct column_info column_get(enum column c)
{
	return columns[c];
}

enum column column_find(const char *key, size_t len)
{
	enum column c = 0;

	while (c < COLUMN_COUNT && (strlen(columns[c].key) != len || memcmp(columns[c].key, key, len)))
		c++;
	return c;
}

bool columns_parse(const char *list, struct column_list *out)
{
	*out = (struct column_list){ 0 };
	for (const char *s = list;; s++) {
		size_t len = strcspn(s, ",");
		enum column c = column_find(s, len);

		if (len == 7 && !memcmp(s, "classes", 7))
			c = COLUMN_COUNT; /* stands for those that occurred */
		else if (c == COLUMN_COUNT)
			return false;
		if (out->count == COLUMNS_MAX)
			return false;
		out->column[out->count++] = (uint8_t)c;
		s += len;
		if (!*s)
			return true;
	}
}

void columns_help(void)
{
	printf("%-12s %-8s %-6s %s\n", "KEY", "TITLE", "UNIT", "WHAT");
	for (enum column c = 0; c < COLUMN_COUNT; c++)
		printf("%-12s %-8s %-6s %s\n", columns[c].key, columns[c].title, columns[c].unit[0] ? columns[c].unit : "-",
		       columns[c].help);
	printf("%-12s %-8s %-6s %s\n", "classes", "-", "-", "those fault classes that occurred (--columns only)");
}

bool sort_known(const char *key)
{
	key += *key == '-';
	return column_find(key, strlen(key)) != COLUMN_COUNT;
}

const char *sort_without_rate(const char *key, bool rates)
{
	return rates || strcmp(key + (*key == '-'), "rate") ? key : *key == '-' ? "-faults" : "faults";
}

static bool is_text(enum column c)
{
	return !strcmp(columns[c].unit, "text");
}

/* What a number column holds; -1: not known. */
static double number(enum column c, const struct row *row)
{
	const struct vma *v = row->v;
	const struct fault_stat *s = &v->faults;

	if (c >= COLUMN_CLASS)
		return (double)stat_class_count(s, (int)c - COLUMN_CLASS);
	if (c == COLUMN_PID)
		return v->mm->proc->merged ? -1 : v->mm->proc->pid;
	if (c == COLUMN_VMA)
		return v->id;
	if (c == COLUMN_OFFSET)
		return v->v.kind & MMT_VMA_FILE ? (double)(v->v.pgoff << 12) : 0;
	if (c == COLUMN_SIZE)
		return v->known ? (double)(v->v.end - v->v.start) : -1;
	if (c == COLUMN_RSS)
		return v->rss == RSS_UNKNOWN ? -1 : (double)v->rss;
	if (c == COLUMN_FAULTS)
		return (double)stat_total(s);
	if (c == COLUMN_RATE)
		return (double)row->rate;
	if (c == COLUMN_MINOR || c == COLUMN_MAJOR)
		return (double)(c == COLUMN_MINOR ? s->minor : s->major);
	if (c == COLUMN_FOREIGN)
		return (double)s->foreign;
	if (c == COLUMN_GUP)
		return (double)s->mode[MMT_MODE_GUP];
	if (!stat_max(s))
		return -1;
	return c == COLUMN_MAX ? (double)stat_max(s) : (double)stat_quantile(s, -1, c == COLUMN_P50 ? 0.5 : 0.99);
}

static char *words(enum column c, const struct row *row, char *out, size_t size)
{
	const struct vma *v = row->v;
	char comm[17] = "", perm[5];

	if (c == COLUMN_ADDR) {
		if (v->mm->launcher || v->sum)
			snprintf(out, size, "-");
		else if (v->known)
			snprintf(out, size, "%llx-%llx", v->v.start, v->v.end);
		else
			snprintf(out, size, "%llx-?", v->v.anchor);
	} else if (c == COLUMN_PERM) {
		kind_perm(v, perm);
		snprintf(out, size, "%s", perm);
	} else if (c == COLUMN_COMM) {
		memcpy(comm, v->mm->proc->comm, sizeof(v->mm->proc->comm));
		return text_escape(out, size, comm);
	} else if (c == COLUMN_KIND) {
		return kind_text(v, out, size);
	} else if (c == COLUMN_SOURCE) {
		snprintf(out, size, "%s", kind_source_name(v->parts.source));
	} else {
		text_escape(out, size - 8, v->name[0] ? v->name : "-");
		if (v->sum)
			snprintf(out, size, "%s %" PRIu32 " mappings", v->name, v->merged);
		else if (!v->live)
			strcat(out, " (gone)");
	}
	return out;
}

char *column_text(enum column c, const struct report *r, const struct row *row, char *out, size_t size)
{
	double n;

	if (is_text(c))
		return words(c, row, out, size);
	n = number(c, row);
	if (n < 0) {
		snprintf(out, size, "-");
	} else if (!strcmp(columns[c].unit, "ns")) {
		text_ns(out, size, (uint64_t)n);
	} else if (c == COLUMN_RSS) {
		out[0] = '~'; /* read some time ago */
		text_bytes(r->now_ns - row->v->rss_time > RSS_FRESH_NS ? out + 1 : out, size - 1, (uint64_t)n);
	} else if (!strcmp(columns[c].unit, "bytes")) {
		text_bytes(out, size, (uint64_t)n);
	} else if (c == COLUMN_PID || c == COLUMN_VMA) {
		snprintf(out, size, "%.0f", n);
	} else {
		text_count(out, size, n);
	}
	return out;
}

struct order { enum column column; int sign; };

static int compare_text(enum column c, const struct row *x, const struct row *y)
{
	char a[4096], b[4096];

	if (c == COLUMN_ADDR)
		return x->v->v.start < y->v->v.start ? -1 : x->v->v.start > y->v->v.start;
	return strcmp(words(c, x, a, sizeof(a)), words(c, y, b, sizeof(b)));
}

static int compare(const void *a, const void *b, void *ctx)
{
	const struct row *x = a, *y = b;
	const struct order *o = ctx;
	uint64_t tx = stat_total(&x->v->faults), ty = stat_total(&y->v->faults);
	double nx, ny;
	int text;

	if (is_text(o->column)) {
		text = compare_text(o->column, x, y);
		if (text)
			return text * o->sign;
	} else {
		nx = number(o->column, x);
		ny = number(o->column, y);
		if (nx != ny)
			return (nx < ny ? 1 : -1) * o->sign;
	}
	if (tx != ty)
		return (tx < ty ? 1 : -1) * o->sign;
	return x->v->id < y->v->id ? -1 : 1;
}

void column_sort(const char *key, struct row *rows, size_t count)
{
	struct order o = { COLUMN_COUNT, *key == '-' ? -1 : 1 };

	key += *key == '-';
	o.column = column_find(key, strlen(key));
	qsort_r(rows, count, sizeof(*rows), compare, &o);
}
