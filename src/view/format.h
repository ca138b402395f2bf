/* SPDX-License-Identifier: GPL-2.0 */
/* Formats, and what they are given: what a command shows, and the view they write. */
#ifndef VIEW_FORMAT_H
#define VIEW_FORMAT_H

#include <stdio.h>

#include "base/json.h"
#include "view/field.h"

struct view;
struct text_page; /* view/format/text.h */
struct group;     /* view/group.h */

/* What an event names by a number: its row, the number, and what differs when the row does. */
struct introduced { const void *row; uint32_t number; uint64_t state; };

/* What a command shows. */
struct show {
	const char *command;
	const struct row_type *const *rows;   /* ends with NULL; the first is the main one */
	const struct row_type *const *others; /* take the place of the main one by --by and --table; NULL: none do */
	const struct row_type *const *events; /* ends with NULL; NULL: none */
	const struct row_type *main;          /* what CSV on stdout shows; NULL: the first event type, or the first row type */
	/* Is this input, which the model has had, an event to show? Its row type, and *row; else NULL. */
	const struct row_type *(*event)(const struct model *m, const struct input *in, const void **row);
	/* What the event, of that type, is about: shown before it unless it was, as an event of the type
	 * returned; NULL: nothing.  NULL: no event of this command is about anything. */
	const struct row_type *(*introduced)(const struct model *m, const struct row_type *type, const void *row,
					     struct introduced *out);
	bool whole_last; /* people see rows that add up to a whole at the end only, but for the main ones */
	const struct row_type *start,
		*end; /* fields of its first and last lines beyond the common ones; the row is the model */
	const struct row_type
		*merged; /* rows that the last INPUT_RETAIN merged into others, as events; NULL: none are */
	const struct row_type *(*merged_type)(const void *row); /* whose rows such an event is about */
	const struct text_page *page;         /* how tables look to people */
};

#define SHOW_ROWS_MAX 12
/* A show with another main row type, and room for its rows. */
struct show_by { struct show show; const struct row_type *rows[SHOW_ROWS_MAX]; };

struct view_options {
	const char *path;     /* file; NULL: stdout or stderr */
	const char *table;    /* row type, where a format shows one; NULL: the main one */
	const char *by;       /* "kind", "process,class": rows are grouped; NULL: not */
	const char *columns;  /* list of keys; NULL: the usual ones */
	const char *weight;   /* of call stacks; NULL: as the run has it */
	const char *sort;     /* key; NULL: the row type's */
	int top;              /* rows at most; 0: all; -1: not given */
	bool quiet;           /* no rows before the end */
	bool ascii;           /* the locale is not UTF-8 */
	bool terminal, redraw;
	int width, height;    /* of the terminal; 0: not limited */
};

/* A way to write down what is shown.  Each function may be NULL.  Where it writes is
 * v->out; whether writing failed is looked at by the caller. */
struct format {
	const char *name, *help;
	bool for_people;  /* words amid data are welcome: redrawn, cut to a terminal */
	bool changed;     /* between start and end it gets only rows that changed since it had them last */
	bool rewrites;    /* the file holds the last tick only, and is replaced as a whole */
	void (*start)(struct view *v);
	/* Rows come type by type; those of a tick hold until tick() or end() returns. */
	void (*row)(struct view *v, const struct row_type *type, const void *row);
	void (*event)(struct view *v, const struct row_type *type, const void *row);
	void (*tick)(struct view *v);
	void (*end)(struct view *v); /* last in any case; losses are in the model */
	void (*clean)(struct view *v);
};
extern const struct format *const formats[]; /* ends with NULL */
const struct format *format_find(const char *name); /* NULL: no such format */

struct view {
	const struct format *format;
	const struct show *show;
	const struct model *model;
	struct view_options opt;
	FILE *out;
	struct show_by selected; /* what show points to where --by or --table chose it */
	struct tick tick;     /* the moment that is being shown */
	uint64_t shown;       /* rows of this version and older ones were handed over */
	uint64_t rows;        /* handed over since the last tick */
	bool by_asked;        /* --by was given, be it by the name of a row type */
	struct group *group;  /* NULL: rows are not grouped */
	struct json json;     /* a line under way, for formats that write JSON */
	int err;              /* errno: a file of the format's own could not be written; 0: none failed */
	const char *err_type; /* that file is FILE.TYPE */
	struct introduced *known; /* by number: what was introduced last; NULL: nothing was */
	void *state;          /* the format's own; freed by view_free() after clean() */
};

/* show as --table TYPE and --by want it: either may name a row type that becomes the main one (*by
 * is NULL then); a type that alone has the labels of --by does, too. Returns show or &out->show. */
const struct show *show_select(struct show_by *out, const struct show *show, const char *table, const char **by);
/* The row type of a name among those of show, or NULL. */
const struct row_type *show_type(const struct show *show, const char *name);
/* What the first line of every format holds, and the last: rows of these are the model. */
extern const struct row_type row_start, row_end;

#endif
