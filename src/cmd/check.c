/* SPDX-License-Identifier: GPL-2.0 */
#include "cmd/check.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "args/parse.h"
#include "base/text.h"
#include "view/format/text.h"
#include "view/group.h"

static bool is_help(const char *text)
{
	return text && !strcmp(text, "help");
}

static void types_help(const struct row_type *const *t)
{
	for (; t && *t; t++)
		printf("%-12s %s\n", (*t)->name, (*t)->help);
}

bool check_help(const struct args *a, const struct show *show)
{
	if (is_help(a->show.table)) {
		types_help(show->rows);
		types_help(show->others);
		return true;
	}
	if (!is_help(a->show.sort) && !is_help(a->show.columns) && !is_help(a->show.by))
		return false;
	text_fields_help(show->rows, is_help(a->show.by), stdout);
	if (show->others)
		text_fields_help(show->others, is_help(a->show.by), stdout);
	return true;
}

/* Of the row types of a command, the one that --table names, else the main one. */
static const struct row_type *chosen_type(const struct args *a, const struct show *show)
{
	return a->show.table ? show_type(show, a->show.table) : show->rows[0];
}

/* "classes" stands for those that occur, where rows have any. */
static bool is_column(const struct row_type *type, const char *key, size_t len)
{
	int found = len && *key != '-' ? field_find(type, key, len) : -1;

	if (found >= 0)
		return type->fields[found].title != NULL;
	for (int i = 0; len == 7 && !memcmp(key, "classes", 7) && i < type->count; i++)
		if (type->fields[i].rank == RANK_CLASS)
			return true;
	return false;
}

static int check_columns(const struct args *a, const struct row_type *type, struct error *e)
{
	size_t len;

	for (const char *rest = a->show.columns, *s; (s = text_element(&rest, &len));)
		if (!is_column(type, s, len))
			return arg_bad(e, "columns", a->show.columns, "no such column; '--columns help' lists them");
	return 0;
}

/* Devices, pipes and terminals may well be given twice. */
static bool same_file(const char *a, const char *b)
{
	struct stat x, y;
	bool there = !stat(a, &x), too = !stat(b, &y);

	if (!there || !too)
		return !there && !too && !strcmp(a, b);
	return S_ISREG(x.st_mode) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* Two that write to one file would both destroy it; so would a replay its own recording. */
static int check_files(const struct args *a, struct error *e)
{
	const char *path[ALSO_MAX + 3];
	char safe[256];
	int n = 0;

	path[n++] = a->show.output;
	path[n++] = a->show.record;
	path[n++] = a->command == COMMAND_REPLAY ? a->words[0] : NULL;
	for (int i = 0; i < a->show.also_count; i++)
		path[n++] = a->show.also[i].path;
	for (int i = 0; i < n; i++)
		for (int j = i + 1; j < n; j++)
			if (path[i] && path[j] && same_file(path[i], path[j]))
				return error_set(e, EXIT_USAGE, "give each a file of its own", "it is named twice",
						 "cannot use '%s'", error_escape(safe, sizeof(safe), path[i]));
	return 0;
}

/* Does any of the outputs show tables? */
static bool has_tables(const struct args *a)
{
	bool any = args_text(a);

	for (int i = 0; i < a->show.also_count; i++)
		any |= !strcmp(a->show.also[i].format, "text");
	return any;
}

static int check_tables(const struct args *a, struct error *e)
{
	static const char why[] = "only tables are sorted and cut: this format shows all rows";

	if (has_tables(a))
		return 0;
	if (a->show.columns)
		return args_useless(e, "--columns", "only tables have columns to choose");
	if (a->show.sort)
		return args_useless(e, "-s", why);
	return args_given(a, "top") ? args_useless(e, "-n", why) : 0;
}

int check_show(const struct args *a, const struct show *full, struct error *e)
{
	const char *by = a->show.by, *why;
	struct show_by selected;
	const struct show *show = show_select(&selected, full, a->show.table, &by);
	const struct row_type *type = chosen_type(a, show);

	if (!type)
		return arg_bad(e, "table", a->show.table, "no such row type; '--table help' lists them");
	if (a->show.table && strcmp(a->show.format, "csv") && !args_text(a) && !a->show.by && !a->show.also_count)
		return args_useless(e, "--table", "this format shows all row types");
	if (check_files(a, e))
		return -1;
	if (check_tables(a, e))
		return -1;
	if (a->show.columns && check_columns(a, type, e))
		return -1;
	if (a->show.sort && field_find(type, a->show.sort, strlen(a->show.sort)) < 0)
		return arg_bad(e, "sort", a->show.sort, "no such key; '-s help' lists them");
	if (type->passing && !by)
		return arg_bad(e, a->show.table ? "table" : "by", type->name, "such rows are many and small: --by KEY groups them");
	why = by ? group_refusal(full, type, by) : NULL;
	return why ? arg_bad(e, "by", a->show.by, why) : 0;
}

int check_target(const struct args *a, bool needed, struct error *e)
{
	const struct target_args *t = &a->target;
	int kinds = (t->pids.count || t->tids.count) + (t->command != NULL) + (t->cgroup != NULL) + t->all;

	if (needed && !kinds)
		return error_set(e, EXIT_USAGE, NULL, "give -p PID, -t TID, --cgroup DIR, -a or -- CMD", "no target");
	if (kinds > 1)
		return error_set(e, EXIT_USAGE, NULL, "-p and -t, --cgroup, -a and -- CMD exclude each other", "two targets");
	if (t->pids.count && t->tids.count)
		return error_set(e, EXIT_USAGE, "-t traces threads alone", "-p and -t exclude each other", "two targets");
	return 0;
}
