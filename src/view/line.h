/* SPDX-License-Identifier: GPL-2.0 */
/* Lines of the views for people: on a terminal none is wider than it. */
#ifndef VIEW_LINE_H
#define VIEW_LINE_H

#include "view/report.h"

/* How many characters a terminal shows of UTF-8. */
int line_width(const char *text);
/* Cuts text to `width` characters, its begin away ("...libc.so.6"). */
void line_keep_end(char *text, int width);
/* The same with its end away. */
void line_keep_begin(char *text, int width);
/* A line, cut at the width of the terminal: for what is drawn again and again. */
void line_put(const struct report *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A line, broken between words at the width of the terminal: nothing is lost. */
void line_wrap(const struct report *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
