/* SPDX-License-Identifier: GPL-2.0 */
/* Tables for people.  The generic part draws any row type from its fields; a page
 * says what a command puts around and between (text_live.c, text_hist.c ...). */
#ifndef VIEW_FORMAT_TEXT_H
#define VIEW_FORMAT_TEXT_H

#include "view/format.h"

/* The rows of one type at one tick, in the order of each(). */
struct text_rows { const struct row_type *type; const void **row; size_t count, room; };

#define TEXT_SAID 4

struct text {
	struct view *view;
	const struct tick *t;
	struct text_rows *types; /* one for each row type of the command (or of --by) */
	int type_count;
	bool introduced; /* the next event is the first about its mapping */
	char *said[TEXT_SAID]; /* the last lines of urgent events: a screen that is redrawn keeps them */
	int said_count;
	struct group *family; /* of pages that group by themselves; NULL: none yet */
};

/* Each may be NULL. */
struct text_page {
	void (*titles)(struct text *x);  /* once, at the start: the line above events */
	void (*head)(struct text *x);    /* above the tables of a tick or of the end */
	void (*tables)(struct text *x);  /* NULL: text_table() of each row type that has rows or is the main one */
	void (*foot)(struct text *x);    /* below them; x->t->last: losses, own cost ... */
	/* An event in a look of its own; false: not shown. NULL: its fields, as columns of a fixed width. */
	bool (*event)(struct text *x, const struct row_type *type, const void *row);
	bool words_apart; /* what is said at the end goes to stderr: stdout has events alone */
};

/* The rows collected of a type; NULL: it is not shown. */
const struct text_rows *text_rows_of(const struct text *x, const struct row_type *type);
/* Sorted, cut to -n, columns fitted to the terminal, "(N more ...)" below. */
void text_table(struct text *x, const struct text_rows *rows);
/* The same with a row below that is their sum. */
void text_table_total(struct text *x, const struct text_rows *rows, const void *total);
/* Nothing happened there that a table should show, nor has it what the user sorts by. */
bool text_quiet(const struct text *x, const struct row_type *type, const void *row);
/* Rows sorted as the user asks, quiet ones left out; *count of them; freed by the caller. */
const void **text_sorted(struct text *x, const struct text_rows *rows, size_t *count);
/* The value of a field as people read it: units, escaped names, "-". Holds until the next tick. */
const char *text_value(struct text *x, const struct value *v, enum unit unit);
/* How many rows a table may have; 0: any number. */
size_t text_limit(const struct text *x);
/* A line, cut at the width of the terminal. */
void text_line(struct text *x, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A line, broken between words at the width of the terminal: nothing is lost. */
void text_wrap(struct text *x, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The same; all lines but the first are indented so far. */
void text_wrap_at(struct text *x, int indent, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Draws what put writes over the screen. */
void text_redraw(struct text *x, void (*put)(struct view *v));
/* Keeps the words of an event for the screens to come. */
void text_say(struct text *x, const struct row_type *type, const void *row);
/* What of a page fits the screen; takes it apart.  width or height 0: any. */
void text_screen(FILE *out, char *page, int width, int height);
/* " · ", or " | " where the locale is not UTF-8. */
const char *text_dot(const struct text *x);
/* "mmtrace itself: cpu 0.18s, rss 6.0M, ..." */
void text_overhead(struct text *x);
/* Above the tables, if there were processes that found no room: their numbers are in none. */
void text_incomplete(struct text *x, uint64_t left_out);
/* What of a name fits: its end ("...libc.so.6"), or its begin. In place. */
#define NAME_COLUMNS 255 /* a hostile path of 4 KiB, escaped, would be 16 KiB on each line */
void text_keep_end(char *text, int width);
void text_keep_begin(char *text, int width);
/* How many columns a terminal needs for UTF-8. */
int text_width(const char *text);

/* KEY TITLE UNIT WHAT of all fields that -s and --columns take; labels: only those of --by. */
void text_fields_help(const struct row_type *const *types, bool labels, FILE *f);

#endif
