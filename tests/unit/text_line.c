/* SPDX-License-Identifier: GPL-2.0 */
/* src/view/format/text_line.c: what a terminal of some width shows. */
#include "view/format/text.h"

#include <stdlib.h>
#include <string.h>

#include "unit/check.h"

static void width_counts_characters(void)
{
	CHECK_EQ(text_width(""), 0);
	CHECK_EQ(text_width("abc"), 3);
	CHECK_EQ(text_width("a\u00e4\u20ac\U0001d11e"), 4);
}

static void a_name_keeps_its_end(void)
{
	char path[] = "/usr/lib/libc.so.6", wide[] = "\u00e4\u00f6\u00fc\u00e4\u00f6\u00fc", tiny[] = "abcdef";

	text_keep_end(path, 18);
	CHECK_STR(path, "/usr/lib/libc.so.6");
	text_keep_end(path, 12);
	CHECK_STR(path, "...libc.so.6");
	text_keep_end(wide, 5);
	CHECK_STR(wide, "...\u00f6\u00fc");
	text_keep_end(tiny, 3); /* no room for anything but the dots */
	CHECK_STR(tiny, "abcdef");
}

static void a_name_keeps_its_begin(void)
{
	char wide[] = "\u00e4\u00f6\u00fc\u00e4\u00f6\u00fc";

	text_keep_begin(wide, 6);
	CHECK_EQ(text_width(wide), 6);
	text_keep_begin(wide, 5);
	CHECK_STR(wide, "\u00e4\u00f6...");
}

/* What is printed to a terminal of that width. */
static char *printed(int width, bool wrap, const char *text)
{
	struct view v = { .opt.width = width };
	struct text x = { .view = &v };
	char *out = NULL;
	size_t size;

	v.out = open_memstream(&out, &size);
	if (wrap)
		text_wrap(&x, "%s", text);
	else
		text_line(&x, "%s", text);
	fclose(v.out);
	return out;
}

static void check_printed(int width, bool wrap, const char *text, const char *expected)
{
	char *out = printed(width, wrap, text);

	CHECK_STR(out, expected);
	free(out);
}

static void lines_are_cut_or_broken(void)
{
	check_printed(0, false, "as long as it is", "as long as it is\n");
	check_printed(5, false, "\u00e4\u00f6\u00fc 123", "\u00e4\u00f6\u00fc 1\n");
	check_printed(0, true, "as long as it is", "as long as it is\n");
	check_printed(24, true, "one line of twenty-four!", "one line of twenty-four!\n");
	check_printed(24, true, "one line of twenty-four and more", "one line of twenty-four\n    and more\n");
	check_printed(21, true, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaaaaaaa\n    aaaaaaaaa\n");
}

static void check_screen(int width, int height, const char *page, const char *expected)
{
	char *out = NULL, copy[64];
	size_t size;
	FILE *f = open_memstream(&out, &size);

	snprintf(copy, sizeof(copy), "%s", page);
	text_screen(f, copy, width, height);
	fclose(f);
	CHECK_STR(out, expected);
	free(out);
}

/* The cursor stands below the last line. */
static void a_screen_does_not_scroll(void)
{
	check_screen(0, 0, "one\ntwo\n", "one\ntwo\n");
	check_screen(2, 3, "one\n\u00e4\u00f6\u00fc\n", "on\n\u00e4\u00f6\n");
	check_screen(0, 3, "1\n2\n3\n", "1\n(2 more lines)\n");
	check_screen(0, 4, "1\n2\n3\n", "1\n2\n3\n");
	check_screen(0, 1, "1\n", "(1 more line)\n");
}

int main(void)
{
	RUN("text_line", width_counts_characters);
	RUN("text_line", a_name_keeps_its_end);
	RUN("text_line", a_name_keeps_its_begin);
	RUN("text_line", a_screen_does_not_scroll);
	RUN("text_line", lines_are_cut_or_broken);
	return check_bad;
}
