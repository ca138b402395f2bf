/* SPDX-License-Identifier: GPL-2.0 */
/* What a field of a row holds.  Nested values describe themselves to whoever
 * shows them, so that each format decides how they look. */
#ifndef VIEW_VALUE_H
#define VIEW_VALUE_H

#include <stdbool.h>
#include <stdint.h>

enum value_type {
	VALUE_NONE,     /* not known, or the row has no such thing */
	VALUE_BOOL,
	VALUE_UINT,
	VALUE_INT,
	VALUE_REAL,
	VALUE_TEXT,     /* as it is, not escaped */
	VALUE_QUANTILE, /* of a latency histogram: a number of ns */
	VALUE_NEST,
};

/* Latencies by half octaves of ns (mmt_latency_bucket()). */
#define SPREAD_BUCKETS 64
struct spread { uint64_t bucket[SPREAD_BUCKETS], total, max; };

struct tick;
struct nest;
struct value;
enum unit {
	UNIT_NONE,    /* text, yes or no */
	UNIT_COUNT,   /* how many */
	UNIT_NUMBER,  /* a number that names something, or is shown as it is: pid, CPU, order */
	UNIT_ID,      /* a name that is a large number: inode. A string in JSON, as it may have more than 53 bits */
	UNIT_ADDRESS, /* hexadecimal; a string in JSON */
	UNIT_BYTES,
	UNIT_NS,
	UNIT_PERCENT,
	UNIT_RATE,    /* a second */
};

/* Takes what a nested value holds, in order.  key is NULL in an array. */
struct nest_out {
	void (*open)(struct nest_out *o, const char *key, bool array);
	void (*value)(struct nest_out *o, const char *key, const struct value *v, enum unit unit);
	void (*close)(struct nest_out *o, bool array);
};

struct nest {
	void (*put)(const struct nest *n, struct nest_out *o); /* what is inside: not its own open and close */
	const void *data;     /* put()'s own */
	const struct tick *t; /* for put() */
	bool array;
};

struct value {
	enum value_type type;
	union {
		bool b;
		uint64_t u;
		int64_t i;
		double d;
		const char *text; /* holds until the next row */
		struct { const struct spread *spread; double q; /* above 1: the maximum */ } quantile;
		struct nest nest;
	};
};

static inline struct value value_none(void) { return (struct value){ .type = VALUE_NONE }; }
static inline struct value value_bool(bool b) { return (struct value){ .type = VALUE_BOOL, .b = b }; }
static inline struct value value_uint(uint64_t u) { return (struct value){ .type = VALUE_UINT, .u = u }; }
static inline struct value value_int(int64_t i) { return (struct value){ .type = VALUE_INT, .i = i }; }
static inline struct value value_real(double d) { return (struct value){ .type = VALUE_REAL, .d = d }; }
/* NULL: VALUE_NONE */
static inline struct value value_text(const char *text)
{
	return text ? (struct value){ .type = VALUE_TEXT, .text = text } : value_none();
}

/* A number to compare and to draw; NAN: it has none. */
double value_number(const struct value *v);
/* A quantile as a number of ns; false: nothing was timed. */
bool value_quantile(const struct value *v, uint64_t *ns);
/* Below, equal, above 0; what is not known is the least. */
int value_compare(const struct value *a, const struct value *b);

#endif
