/* SPDX-License-Identifier: GPL-2.0 */
/* What can be shown is described once: a row type and its fields.  Tables, JSON,
 * CSV, metrics, --columns, -s, --by, --table, docs/json.md read it. */
#ifndef VIEW_FIELD_H
#define VIEW_FIELD_H

#include "model/model.h"
#include "view/value.h"

/* How a value changes. */
enum flow {
	FLOW_FACT,   /* a name or a constant */
	FLOW_TOTAL,  /* since the start, only grows */
	FLOW_LEVEL,  /* as it is now */
	FLOW_CHANGE, /* since the start, signed */
	FLOW_RATE,   /* of the last interval: at the end of a run there is none */
};

/* What becomes of it when rows are grouped (--by). */
enum merge {
	MERGE_COMMON, /* kept where all rows have the same, else not known */
	MERGE_SUM,
	MERGE_MAX,
	MERGE_SPREAD, /* VALUE_QUANTILE: histograms are added */
	MERGE_NESTED, /* numbers of the same place are added; *_max: the greater */
	MERGE_NONE,   /* no meaning for a group */
};

/* Place in a table of people. */
enum rank {
	RANK_DATA = -1,   /* never: JSON, CSV and metrics only */
	RANK_NEEDED = 0,  /* always */
	/* 1 to 99: the lower, the sooner it has room */
	RANK_CLASS = 100, /* as a fault class: where it occurs, the commonest first */
	RANK_ASKED = 101, /* only if --columns names it */
};

enum show_as {
	SHOW_VALUE,
	SHOW_PER_SECOND, /* tables of an interval: `added` a second; at the end the value, title cut at '/' */
	SHOW_ADDED,      /* tables of an interval: `added` */
};

enum field_flag {
	FIELD_TABLE_ONLY = 1, /* not in JSON, CSV and metrics: drawn from other fields */
	FIELD_ZERO_GOES = 2,  /* where a table is too wide it goes first if it is 0 in all rows */
	FIELD_SAME_GOES = 16, /* the same if it says the same in all rows */
	FIELD_BLANK = 8,      /* where it has no value a table shows nothing, not "-" */
	FIELD_LAST = 32,      /* a long name: its column stands last in a table */
	FIELD_CUT_END = 128,  /* what has no room is cut at its end; as a rule at its beginning, as suits paths */
	FIELD_SHOWS = 64,     /* a row that has it is shown where the user sorts by it, quiet or not */
	FIELD_VOLATILE = 4,   /* a label of which there may be any number (pid, address), or that
			       * changes (trend): in metrics only with --by it */
};

struct tick;

struct field {
	const char *key;   /* for -s, --columns and --by; unique in its row type */
	/* In JSON, with units (rss_bytes, max_ns); dots make objects ("faults.minor"), whose
	 * fields stand together. NULL: the key. */
	const char *path;
	const char *title; /* of the column; NULL: none */
	const char *help;
	enum unit unit;
	int width;         /* of the column; below 0: to the left, and grows with what it holds */
	enum flow flow;
	enum merge merge;
	bool label;        /* rows can be grouped by it */
	const char *order; /* key of the field by which it is sorted; NULL: by itself */
	uint8_t show_as;   /* enum show_as */
	uint8_t flags;     /* enum field_flag */
	int8_t rank;       /* enum rank */
	int16_t arg;       /* get()'s own: lets many fields share a getter */
	struct value (*get)(const struct field *f, const void *row, const struct tick *t);
	struct value (*mark)(const struct field *f, const void *row,
			     const struct tick *t); /* text before it in a table: "~"; NULL */
	struct value (*added)(const struct field *f, const void *row, const struct tick *t); /* in the last interval; NULL */
};

/* Called for each row; rows hold until the model's next input. */
typedef void (*row_fn)(void *ctx, const void *row);

struct row_type {
	const char *name;  /* "vma": the type in JSON, a value of --table */
	const char *alias; /* another name of it for --by; NULL: none */
	const char *noun, *nouns; /* "VMA", "VMAs": "(12 more VMAs ...)" */
	const char *help;
	bool whole;        /* a table of it is never cut: it adds up */
	bool passing;      /* a row holds only while it is visited: they are for groups */
	bool urgent;       /* of events: each is written out at once, with -q too */
	const char *sort;  /* key of -s where none is given; "-key" reverses; NULL: in the order of each() */
	const char *sort_end; /* the same for the end of a run, where that is another; rows of which it is not known: sort */
	const char *
		tie; /* key by which rows of one value stand, the least first, "-KEY" the most; NULL: the first total, the most */
	const struct field *fields;
	int count;
	/* NULL: rows of this type are events, which come one by one. */
	void (*each)(const struct model *m, row_fn fn, void *ctx);
	/* When it changed last, as struct model's version; NULL: always. */
	uint64_t (*version)(const void *row);
	/* It is no more: what was a level of it (FLOW_LEVEL) is no part of a group's. NULL: rows do not go. */
	bool (*gone)(const void *row);
	/* Nothing happened there that a table should show; NULL: all are shown. */
	bool (*quiet)(const void *row, const struct tick *t);
};

#define FIELD_COUNT(fields) ((int)(sizeof(fields) / sizeof((fields)[0])))

/* Leading '-' of key is passed over. -1: no such field. */
int field_find(const struct row_type *type, const char *key, size_t len);
/* The field that is sorted by, if rows without events are shown for it (FIELD_SHOWS); sort may be NULL. */
const struct field *field_shows(const struct row_type *type, const char *sort);
/* The key of a field in JSON and CSV. */
const char *field_path(const struct field *f);

/* --- the moment that is shown --- */

struct scratch; /* memory that is given back at the next row */

struct tick {
	const struct model *model;
	uint64_t now_ns;      /* since the run began */
	uint64_t interval_ns; /* since the tick before; 0: at the end, or no interval */
	bool last;            /* the end of the run */
	bool grouped;         /* rows are looked at for groups: those of all processes count */
	bool ascii;           /* people who read this see ASCII only */
	struct scratch *scratch;
};

void *tick_alloc(const struct tick *t, size_t size); /* zeroed, aligned to 16 */
char *tick_printf(const struct tick *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A copy of what may lack its NUL. */
char *tick_text(const struct tick *t, const char *text, size_t max);

/* As text_escape(), or text_escape_ascii() where people see no more. */
char *tick_escaped(const struct tick *t, const char *text);

struct scratch *scratch_new(void);
void scratch_reset(struct scratch *s);
void scratch_free(struct scratch *s); /* takes NULL */

#endif
