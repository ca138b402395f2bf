/* SPDX-License-Identifier: GPL-2.0 */
/* Does a number that was read many times grow, and does it go on growing? */
#ifndef MODEL_TREND_H
#define MODEL_TREND_H

#include <stddef.h>

/* Fewer readings show nothing, nor do those of a shorter time, in seconds. */
#define TREND_MIN 10
#define TREND_MIN_TIME 2

enum trend_kind {
	TREND_UNKNOWN, /* too few readings */
	TREND_STEADY,  /* no change that chance does not explain */
	TREND_GROWS,   /* grows to the end: what a leak does */
	TREND_LEVELS,  /* grew, but less and less: what a cache that fills up does */
	TREND_FALLS,
	TREND_STEPS,   /* rose or fell once or twice and stood before and after: what something opened late does */
	TREND_SAWS,    /* rises and drops, again and again, to no new height: what a pool that is emptied does */
	TREND_KINDS
};
extern const char *const trend_keys[TREND_KINDS];

struct trend {
	double slope;      /* a second, least squares over all readings, or else over the later half, or from
			    * one end to the other: what goes the way that the trend does */
	double r2;         /* part of the variation that the line explains, 0 to 1 */
	double confidence; /* of grows and falls: that the later half has a trend at all, 1 - p of Mann-Kendall,
			    * two-sided; else 0 */
	enum trend_kind kind;
};

/* Readings in order of time, which is in seconds. */
void trend_fit(const double *time, const double *value, size_t n, struct trend *out);

#endif
