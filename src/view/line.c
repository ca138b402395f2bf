/* SPDX-License-Identifier: GPL-2.0 */
#include "view/line.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static bool begins_character(char c)
{
	return ((unsigned char)c & 0xc0) != 0x80;
}

int line_width(const char *text)
{
	int n = 0;

	for (; *text; text++)
		n += begins_character(*text);
	return n;
}

/* The byte where character n begins. */
static size_t at_character(const char *text, int n)
{
	size_t at = 0;

	for (; text[at]; at++)
		if (begins_character(text[at]) && n-- <= 0)
			break;
	return at;
}

void line_keep_end(char *text, int width)
{
	int over = line_width(text) - width;

	if (over <= 0 || width < 4)
		return;
	over += 3;
	memmove(text + 3, text + at_character(text, over), strlen(text + at_character(text, over)) + 1);
	memcpy(text, "...", 3);
}

void line_keep_begin(char *text, int width)
{
	if (width >= 4 && line_width(text) > width)
		strcpy(text + at_character(text, width - 3), "...");
}

static char *compose(const char *fmt, va_list ap)
{
	char *text = NULL;

	return vasprintf(&text, fmt, ap) < 0 ? NULL : text;
}

void line_put(const struct report *r, const char *fmt, ...)
{
	char *text;
	va_list ap;

	va_start(ap, fmt);
	text = compose(fmt, ap);
	va_end(ap);
	if (!text)
		return;
	if (r->width)
		text[at_character(text, r->width)] = '\0';
	fprintf(r->out, "%s\n", text);
	free(text);
}

/* Where to break text that is wider than `width`: after its last space there. */
static size_t break_at(const char *text, int width)
{
	size_t end = at_character(text, width), at = end;

	if (!text[end])
		return end;
	while (at && text[at] != ' ')
		at--;
	return at ? at : end;
}

void line_wrap(const struct report *r, const char *fmt, ...)
{
	char *text, *rest;
	va_list ap;

	va_start(ap, fmt);
	text = compose(fmt, ap);
	va_end(ap);
	if (!text)
		return;
	rest = text + (r->width > 20 ? break_at(text, r->width) : strlen(text));
	fprintf(r->out, "%.*s\n", (int)(rest - text), text);
	while (*rest) {
		char *line = rest + (*rest == ' ');

		rest = line + break_at(line, r->width - 4);
		fprintf(r->out, "    %.*s\n", (int)(rest - line), line);
	}
	free(text);
}
