/* SPDX-License-Identifier: GPL-2.0 */
/* Comma-separated values (RFC 4180).  One file holds one row type: stdout the one of
 * --table, else the main one; of --also csv=FILE and -o FILE the main one goes to FILE,
 * the others to FILE.TYPE.  All rows are written at each tick and at the end, with the
 * time in the column t; events as they come.  Lines end with LF alone: with CR before it,
 * sqlite3's .import would keep that in the last column; RFC 4180 readers take both. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/lines.h"
#include "view/format/csv.h"
#include "view/group.h"

struct sheet { const struct row_type *type; FILE *out; bool own; int *err; /* of its own file */ };
struct csv { struct sheet *sheets; int count; };

/* On stdout an event type is a table too where the command's main type is events. */
static bool is_main(const struct view *v, const struct row_type *type)
{
	if (v->group)
		return type == group_type(v->group);
	if (v->opt.table)
		return !strcmp(v->opt.table, type->name);
	if (v->show->main)
		return type == v->show->main;
	return type == (v->show->events ? v->show->events[0] : v->show->rows[0]);
}

/* The first is reported: of a full disk one is enough. */
static void failed(struct view *v, const struct row_type *type, int err)
{
	if (v->err)
		return;
	v->err = err ? err : EIO;
	v->err_type = type->name;
}

static FILE *sheet_file(struct view *v, const struct row_type *type, int *err)
{
	char *name = NULL;
	FILE *f = NULL;
	int fd = -1;

	if (!v->opt.path)
		return NULL;
	if (asprintf(&name, "%s.%s", v->opt.path, type->name) >= 0)
		fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd >= 0)
		f = lines_open(fd, err);
	if (!f)
		failed(v, type, errno);
	free(name);
	return f;
}

/* The sheet of a type, with its titles; NULL: this output does not hold it. */
static const struct sheet *sheet_of(struct view *v, const struct row_type *type)
{
	struct csv *csv = v->state = v->state ? v->state : xcalloc(1, sizeof(*csv));
	struct sheet *s;

	for (int i = 0; i < csv->count; i++)
		if (csv->sheets[i].type == type)
			return csv->sheets[i].out ? &csv->sheets[i] : NULL;
	csv->sheets = xreallocarray(csv->sheets, (size_t)csv->count + 1, sizeof(*csv->sheets));
	s = &csv->sheets[csv->count++];
	*s = (struct sheet){ .type = type, .out = v->out };
	if (!is_main(v, type)) {
		s->err = xcalloc(1, sizeof(*s->err));
		s->out = sheet_file(v, type, s->err);
		s->own = true;
	}
	if (!s->out)
		return NULL;
	csv_titles(s->out, type);
	return s;
}

static void start(struct view *v)
{
	if (v->group)
		sheet_of(v, group_type(v->group));
	for (const struct row_type *const *t = v->group ? NULL : v->show->rows; t && *t; t++)
		sheet_of(v, *t);
	for (const struct row_type *const *t = v->group ? NULL : v->show->events; t && *t; t++)
		sheet_of(v, *t);
}

static void row(struct view *v, const struct row_type *type, const void *row)
{
	const struct sheet *s = sheet_of(v, type);

	if (s)
		csv_line(v, s->out, type, row);
}

static void flush(struct view *v)
{
	struct csv *csv = v->state;

	fflush(v->out);
	for (int i = 0; csv && i < csv->count; i++)
		if (csv->sheets[i].own && csv->sheets[i].out && (fflush(csv->sheets[i].out) || ferror(csv->sheets[i].out)))
			failed(v, csv->sheets[i].type, *csv->sheets[i].err);
}

/* Some file systems say only now that there is no room. */
static void end(struct view *v)
{
	struct csv *csv = v->state;

	flush(v);
	for (int i = 0; csv && i < csv->count; i++) {
		struct sheet *s = &csv->sheets[i];

		if (s->own && s->out && fclose(s->out))
			failed(v, s->type, *s->err);
		if (s->own)
			s->out = NULL;
	}
}

static void clean(struct view *v)
{
	struct csv *csv = v->state;

	for (int i = 0; csv && i < csv->count; i++) {
		if (csv->sheets[i].own && csv->sheets[i].out)
			fclose(csv->sheets[i].out);
		free(csv->sheets[i].err);
	}
	if (csv)
		free(csv->sheets);
}

const struct format format_csv = {
	.name = "csv", .help = "comma-separated values (RFC 4180), one row type",
	.start = start, .row = row, .event = row, .tick = flush, .end = end, .clean = clean,
};
