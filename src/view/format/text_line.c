/* SPDX-License-Identifier: GPL-2.0 */
/* Lines for people: on a terminal none is wider than it. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "view/format/text.h"

static bool begins_character(char c)
{
	return ((unsigned char)c & 0xc0) != 0x80;
}

int text_width(const char *text)
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

void text_keep_end(char *text, int width)
{
	int over = text_width(text) - width;
	size_t from;

	if (over <= 0 || width < 4)
		return;
	from = at_character(text, over + 3);
	memmove(text + 3, text + from, strlen(text + from) + 1);
	memcpy(text, "...", 3);
}

void text_keep_begin(char *text, int width)
{
	if (width >= 4 && text_width(text) > width)
		strcpy(text + at_character(text, width - 3), "...");
}

void text_screen(FILE *out, char *page, int width, int height)
{
	int lines = 0, n = 0, shown;

	for (const char *c = page; *c; c++)
		lines += *c == '\n';
	shown = !height || lines < height ? lines : height - 2; /* one for those left out, one for the cursor */
	for (char *line = page, *end; n < shown && (end = strchr(line, '\n')); line = end + 1, n++) {
		*end = '\0';
		if (width)
			line[at_character(line, width)] = '\0';
		fprintf(out, "%s\n", line);
	}
	if (n < lines)
		fprintf(out, "(%d more line%s)\n", lines - n, lines - n == 1 ? "" : "s");
}

static char *compose(const char *fmt, va_list ap)
{
	char *text = NULL;

	return vasprintf(&text, fmt, ap) < 0 ? NULL : text;
}

void text_line(struct text *x, const char *fmt, ...)
{
	int width = x->view->opt.width;
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = compose(fmt, ap);
	va_end(ap);
	if (!text)
		return;
	if (width)
		text[at_character(text, width)] = '\0';
	fprintf(x->view->out, "%s\n", text);
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

/* Takes text. */
static void wrap(struct text *x, int indent, char *text)
{
	int width = x->view->opt.width > indent + 16 ? x->view->opt.width : 0;
	char *rest;

	if (!text)
		return;
	rest = text + (width ? break_at(text, width) : strlen(text));
	fprintf(x->view->out, "%.*s\n", (int)(rest - text), text);
	while (*rest) {
		char *line = rest + (*rest == ' ');

		rest = line + break_at(line, width - indent);
		fprintf(x->view->out, "%*s%.*s\n", indent, "", (int)(rest - line), line);
	}
	free(text);
}

void text_wrap(struct text *x, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	wrap(x, 4, compose(fmt, ap));
	va_end(ap);
}

void text_wrap_at(struct text *x, int indent, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	wrap(x, indent, compose(fmt, ap));
	va_end(ap);
}

const char *text_dot(const struct text *x)
{
	return x->view->opt.ascii ? " | " : " \u00b7 ";
}
