/* SPDX-License-Identifier: GPL-2.0 */
/* The lines of a CSV file. */
#include "view/format/csv.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "view/format/json.h"

/* Quoted where it must be; a quote within is doubled. */
static void put_quoted(FILE *f, const char *text)
{
	bool plain = !text[strcspn(text, ",\"\r\n")];

	if (!plain)
		fputc('"', f);
	for (; *text; text++) {
		if (*text == '"')
			fputc('"', f);
		fputc(*text, f);
	}
	if (!plain)
		fputc('"', f);
}

/* Names are whatever a process likes: control characters and what is no UTF-8 as \xNN. */
static void put_text(FILE *f, const char *text)
{
	size_t size = 4 * strlen(text) + 1;
	char *safe = xmalloc(size);

	put_quoted(f, text_escape(safe, size, text));
	free(safe);
}

/* As in JSON, but that text has no quotes of JSON's and what is not known is empty. */
static void put_cell(struct view *v, FILE *f, const struct value *value, enum unit unit)
{
	size_t len;

	if (value->type == VALUE_NONE)
		return;
	if (value->type == VALUE_TEXT) {
		put_text(f, value->text);
		return;
	}
	json_clear(&v->json);
	json_value(&v->json, NULL, value, unit);
	len = v->json.used;
	if (value->type != VALUE_NEST && len >= 2 && v->json.text[0] == '"') { /* an address, an inode */
		v->json.text[len - 1] = '\0';
		put_quoted(f, v->json.text + 1);
	} else if (strcmp(v->json.text, "null")) {
		put_quoted(f, v->json.text);
	}
}

/* "faults.minor" -> faults_minor: a name that databases take. */
void csv_titles(FILE *f, const struct row_type *type)
{
	if (type->each)
		fputs("t", f);
	for (int i = 0, any = type->each != NULL; i < type->count; i++) {
		const char *path = field_path(&type->fields[i]);

		if (type->fields[i].flags & FIELD_TABLE_ONLY)
			continue;
		if (any++)
			fputc(',', f);
		for (; *path; path++)
			fputc(*path == '.' ? '_' : *path, f);
	}
	fputc('\n', f);
}

void csv_line(struct view *v, FILE *out, const struct row_type *type, const void *row)
{
	if (type->each)
		fprintf(out, "%llu", (unsigned long long)v->tick.now_ns);
	for (int i = 0, any = type->each != NULL; i < type->count; i++) {
		const struct field *f = &type->fields[i];
		struct value value;

		if (f->flags & FIELD_TABLE_ONLY)
			continue;
		if (any++)
			fputc(',', out);
		value = f->get(f, row, &v->tick);
		put_cell(v, out, &value, f->unit);
	}
	fputc('\n', out);
	scratch_reset(v->tick.scratch);
}
