/* SPDX-License-Identifier: GPL-2.0 */
/* Between the files of the page of hist. */
#ifndef VIEW_FORMAT_TEXT_HIST_H
#define VIEW_FORMAT_TEXT_HIST_H

#include "view/format/text.h"
#include "view/rows/hist.h"

struct hist_page {
	struct text *x;
	const struct hist_model *m;
	const struct hist_snapshot *now; /* an interval, or the whole run */
};

/* Bars of all lines of a domain and op. */
void hist_put_histogram(const struct hist_page *p, uint8_t domain, uint8_t op);
/* Where a line's sizes lie: a small picture, or the bounds in plain text. */
void hist_picture(const struct hist_page *p, const struct hist_line *l, char *out, size_t size);
/* The rows of --by of a domain and op. */
void hist_put_lines(const struct hist_page *p, uint8_t domain, uint8_t op);
/* Bytes that are moved, not given: nothing is wasted. */
bool hist_wasteless(uint8_t domain);
/* "2500": a second of the interval. */
char *hist_rate(const struct hist_page *p, unsigned long long count, char *out, size_t size);

#endif
