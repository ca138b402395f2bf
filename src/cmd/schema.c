/* SPDX-License-Identifier: GPL-2.0 */
/* `mmtrace schema`: the fields of all row types as Markdown tables. */
#include "cmd/schema.h"

#include <stdio.h>

#include "cmd/command.h"

static const char *unit_text(enum unit unit)
{
	static const char *const texts[] = {
		[UNIT_NONE] = "", [UNIT_COUNT] = "count", [UNIT_NUMBER] = "number", [UNIT_ID] = "number as a string",
		[UNIT_ADDRESS] = "hexadecimal, a string", [UNIT_BYTES] = "bytes", [UNIT_NS] = "ns", [UNIT_PERCENT] = "%",
		[UNIT_RATE] = "a second",
	};

	return texts[unit];
}

/* A bar would end the cell. */
static void put_help(const char *text)
{
	for (; *text; text++)
		printf(*text == '|' ? "\\%c" : "%c", *text);
}

static void put_fields(const struct row_type *type)
{
	for (int i = 0; type && i < type->count; i++) {
		const struct field *f = &type->fields[i];

		if (f->flags & FIELD_TABLE_ONLY)
			continue;
		printf("| %s | %s | ", field_path(f), unit_text(f->unit));
		put_help(f->help);
		puts(" |");
	}
}

static void put_type(const char *command, const struct row_type *type, bool timed)
{
	printf("\n#### %s: `%s`\n\n", command, type->name);
	if (type->help)
		printf("%s\n\n", type->help);
	puts("| key | unit | what |\n|---|---|---|");
	if (timed)
		puts("| t | ns | since t0 |");
	put_fields(type);
}

static void put_ends(const char *command, const struct row_type *own, const struct row_type *common, bool start)
{
	printf("\n#### %s: `%s`\n\n| key | unit | what |\n|---|---|---|\n%s", command, common->name,
	       start ? "" : "| t | ns | since t0 |\n");
	put_fields(start ? common : own);
	put_fields(start ? own : common);
}

void schema_print(void)
{
	for (int c = 0; c < COMMAND_COUNT; c++) {
		const struct show *show = commands[c] ? commands[c]->show : NULL;

		if (!show)
			continue;
		printf("\n### %s\n", show->command);
		put_ends(show->command, show->start, &row_start, true);
		for (const struct row_type *const *t = show->rows; *t; t++)
			put_type(show->command, *t, true);
		for (const struct row_type *const *t = show->others; t && *t; t++)
			put_type(show->command, *t, true);
		for (const struct row_type *const *t = show->events; t && *t; t++)
			put_type(show->command, *t, false);
		if (show->merged)
			put_type(show->command, show->merged, false);
		put_ends(show->command, show->end, &row_end, false);
	}
}
