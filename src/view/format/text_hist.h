/* SPDX-License-Identifier: GPL-2.0 */
/* The page of hist. */
#ifndef VIEW_FORMAT_TEXT_HIST_H
#define VIEW_FORMAT_TEXT_HIST_H

#include "view/format/text.h"
#include "view/rows/hist.h"

extern const struct text_page page_hist;

/* --- between the files of this page --- */

/* What the moment shows: the interval, or the whole run. */
const struct hist_snapshot *text_hist_shown(const struct text *x);
/* A histogram as bars, a line for each bucket. */
void text_bars(struct text *x, uint8_t domain, uint8_t op);
/* Where the sizes of a line lie: a small picture, or the bounds in plain text. */
const char *text_picture(struct text *x, const struct hist_line *l);
/* The rows of an event and operation, best first, with their keys. */
void text_hist_rows(struct text *x, uint8_t domain, uint8_t op);
/* Has it anything, or is it the main operation of a domain that is counted? */
bool text_hist_has(const struct text *x, uint8_t domain, uint8_t op);
/* Which columns rows have room for. */
struct hist_room { bool picture, waste; };
struct hist_room text_hist_columns(const struct text *x);
/* Rows of each table on a screen that is redrawn; 0: there is none. */
size_t text_hist_room(const struct text *x);
/* As "1.2k", a second; holds until the next tick. */
const char *text_hist_rate(struct text *x, uint64_t count);
bool text_oom(struct text *x, const struct row_type *type, const void *row);

#endif
