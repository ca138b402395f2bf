/* SPDX-License-Identifier: GPL-2.0 */
/* src/view/format/text_fit.c: which columns a table has. */
#include "view/format/text_fit.h"

#include <stdlib.h>

#include "unit/check.h"

#define MANY (FIT_MAX + 40)

static struct value get_arg(const struct field *f, const void *row, const struct tick *t)
{
	(void)row, (void)t;
	return value_uint((uint64_t)f->arg);
}

static int columns(struct fit *f, const struct row_type *type, const char *list, int width)
{
	static const struct row_type *rows[2];
	const struct show show = { .rows = rows };
	struct view view = { .show = &show, .opt = { .width = width, .columns = list }, .tick = { .scratch = scratch_new() } };
	struct text x = { .view = &view, .t = &view.tick };
	const void *row[] = { &show };
	const char **cells;

	rows[0] = type;
	cells = fit_columns(f, &x, type, row, 1, 1);
	free(cells);
	scratch_free(view.tick.scratch);
	return f->count;
}

/* A row type may have any number of fields, a table has FIT_MAX columns. */
static void more_fields_than_columns(void)
{
	static struct field fields[MANY];
	const struct row_type type = { .name = "many", .fields = fields, .count = MANY };
	struct fit f;

	for (int i = 0; i < MANY; i++)
		fields[i] = (struct field){ .key = i == MANY - 1 ? "last" : "other",
					    .title = "T",
					    .width = 3,
					    .rank = 1,
					    .get = get_arg,
					    .arg = (int16_t)i };
	CHECK_EQ(columns(&f, &type, NULL, 0), FIT_MAX);
	CHECK_EQ(columns(&f, &type, "last", 0), 1);
	CHECK(f.field[0] == &fields[MANY - 1]);
	CHECK_EQ(columns(&f, &type, NULL, 11), 3);
}

static void zeros_come_last_and_only_if_there_is_room(void)
{
	static const struct field fields[] = {
		{ .key = "name", .title = "N", .width = 3, .get = get_arg, .arg = 1 },
		{ .key = "zero", .title = "Z", .width = 3, .rank = 1, .flags = FIELD_ZERO_GOES, .get = get_arg, .arg = 0 },
		{ .key = "stays", .title = "S", .width = 3, .rank = 2, .get = get_arg, .arg = 0 },
		{ .key = "some", .title = "V", .width = 3, .rank = 2, .flags = FIELD_ZERO_GOES, .get = get_arg, .arg = 7 },
	};
	const struct row_type type = { .name = "few", .fields = fields, .count = FIELD_COUNT(fields) };
	struct fit f;

	CHECK_EQ(columns(&f, &type, NULL, 11), 3);
	CHECK(f.field[1] == &fields[2] && f.field[2] == &fields[3]);
	CHECK_EQ(columns(&f, &type, NULL, 15), 4);
	CHECK(f.field[1] == &fields[1]); /* in its place, where there is room */
}

/* Where a table is narrow it still says which faults there are. */
static void the_commonest_class_comes_before_what_can_go(void)
{
	static const struct field fields[] = {
		{ .key = "pid", .title = "P", .width = 3, .rank = 1, .flags = FIELD_SAME_GOES, .get = get_arg, .arg = 42 },
		{ .key = "name", .title = "N", .width = 3, .get = get_arg, .arg = 1 },
		{ .key = "rate", .title = "R", .width = 3, .rank = 1, .get = get_arg, .arg = 3 },
		{ .key = "rare", .title = "A", .width = 3, .rank = RANK_CLASS, .get = get_arg, .arg = 2 },
		{ .key = "common", .title = "B", .width = 3, .rank = RANK_CLASS, .get = get_arg, .arg = 9 },
	};
	const struct row_type type = { .name = "narrow", .fields = fields, .count = FIELD_COUNT(fields) };
	struct fit f;

	CHECK_EQ(columns(&f, &type, NULL, 7), 2);
	CHECK(f.field[0] == &fields[1] && f.field[1] == &fields[4]);
	CHECK_EQ(columns(&f, &type, NULL, 11), 3);
	CHECK(f.field[1] == &fields[2]); /* one pid in all rows goes before the rate */
	CHECK_EQ(columns(&f, &type, NULL, 0), 5);
}

int main(void)
{
	RUN("text fit", more_fields_than_columns);
	RUN("text fit", zeros_come_last_and_only_if_there_is_room);
	RUN("text fit", the_commonest_class_comes_before_what_can_go);
	return check_bad;
}
