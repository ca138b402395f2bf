/* SPDX-License-Identifier: GPL-2.0 */
/* Slope by least squares; whether there is a trend by the Mann-Kendall test,
 * which asks only for the order of the readings, not for a straight line. */
#include "model/trend.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#define SURE 0.95
/* The later half must grow this much as fast as the earlier one. */
#define GOES_ON 0.5
/* ... and rise so often after the first third; falls likewise in the later half. */
#define RISES 3
/* A number that was another so often at most stood between two steps. */
#define STEPS 2

const char *const trend_keys[TREND_KINDS] = {
	[TREND_UNKNOWN] = "unknown", [TREND_STEADY] = "steady", [TREND_GROWS] = "grows",
	[TREND_LEVELS] = "levels", [TREND_FALLS] = "falls",	  [TREND_STEPS] = "steps", [TREND_SAWS] = "saws",
};

static double line_fit(const double *t, const double *v, size_t n, double *r2)
{
	double mt = 0, mv = 0, stt = 0, stv = 0, svv = 0;

	for (size_t i = 0; i < n; i++) {
		mt += t[i] / (double)n;
		mv += v[i] / (double)n;
	}
	for (size_t i = 0; i < n; i++) {
		stt += (t[i] - mt) * (t[i] - mt);
		stv += (t[i] - mt) * (v[i] - mv);
		svv += (v[i] - mv) * (v[i] - mv);
	}
	*r2 = stt > 0 && svv > 0 ? stv * stv / (stt * svv) : 0;
	return stt > 0 ? stv / stt : 0;
}

/* Sum over groups of m equal values of m(m-1)(2m+5). */
static double ties(const double *v, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++) {
		double m = 1;
		size_t j;

		for (j = 0; j < i && v[j] != v[i]; j++)
			;
		if (j < i)
			continue; /* counted with the first of its kind */
		for (j = i + 1; j < n; j++)
			m += v[j] == v[i];
		sum += m * (m - 1) * (2 * m + 5);
	}
	return sum;
}

/* 1 - p of the test, with the sign of the trend in *direction. */
static double mann_kendall(const double *v, size_t n, int *direction)
{
	double s = 0, m = (double)n, variance = (m * (m - 1) * (2 * m + 5) - ties(v, n)) / 18;

	for (size_t i = 0; i < n; i++)
		for (size_t j = i + 1; j < n; j++)
			s += (v[j] > v[i]) - (v[j] < v[i]);
	*direction = (s > 0) - (s < 0);
	if (!*direction || variance <= 0)
		return 0;
	return 1 - erfc(fabs(s - *direction) / sqrt(2 * variance));
}

/* How often it rose above all that was before, from reading `from` on. */
static size_t rises(const double *v, size_t n, size_t from)
{
	double top = v[0];
	size_t count = 0;

	for (size_t i = 1; i < n; i++) {
		count += i >= from && v[i] > top;
		top = v[i] > top ? v[i] : top;
	}
	return count;
}

/* How often it fell below all that was before, from reading `from` on. */
static size_t drops(const double *v, size_t n, size_t from)
{
	double low = v[0];
	size_t count = 0;

	for (size_t i = 1; i < n; i++) {
		count += i >= from && v[i] < low;
		low = v[i] < low ? v[i] : low;
	}
	return count;
}

/* How often it was another than at the reading before. */
static size_t changes(const double *v, size_t n)
{
	size_t count = 0;

	for (size_t i = 1; i < n; i++)
		count += v[i] != v[i - 1];
	return count;
}

static double highest(const double *v, size_t n)
{
	double top = v[0];

	for (size_t i = 1; i < n; i++)
		top = v[i] > top ? v[i] : top;
	return top;
}

/* Drops of half the range and more, each after at least TOOTH rises. */
#define TOOTH 2
static size_t teeth(const double *v, size_t n)
{
	double top = highest(v, n), low = top;
	size_t count = 0, up = 0;

	for (size_t i = 0; i < n; i++)
		low = v[i] < low ? v[i] : low;
	if (top - low < top / 2)
		return 0; /* a ripple */
	for (size_t i = 1; i < n; i++) {
		up += v[i] > v[i - 1];
		if (v[i - 1] - v[i] < (top - low) / 2)
			continue;
		count += up >= TOOTH;
		up = 0;
	}
	return count;
}

/* A leak goes on: the confidence of the test alone would call one step one. */
static bool goes_on(const double *v, size_t n)
{
	return rises(v, n, n / 3) >= RISES && rises(v, n, n - n / 3) >= 1;
}

/* So do falls. */
static bool falls_on(const double *v, size_t n)
{
	return drops(v + n - n / 2, n / 2, 0) >= RISES;
}

static int sign_of(double x)
{
	return (x > 0) - (x < 0);
}

/* Where a trend goes; 0: nowhere in particular. */
static int direction_of(enum trend_kind kind, const double *v, size_t n)
{
	switch (kind) {
	case TREND_GROWS: case TREND_LEVELS: return 1;
	case TREND_FALLS: return -1;
	case TREND_STEPS: return sign_of(v[n - 1] - v[0]);
	case TREND_UNKNOWN: case TREND_STEADY: case TREND_SAWS: case TREND_KINDS: break;
	}
	return 0;
}

/* A line through all readings may go the other way than what they do: the slope is that of the
 * later half then, or of the later half's or the run's ends, whichever goes with the trend. */
static double slope_choose(const struct trend *t, double late, const double *time, const double *v, size_t n)
{
	size_t half = n - n / 2;
	const double slopes[] = { t->slope, late, (v[n - 1] - v[half]) / (time[n - 1] - time[half]),
				  (v[n - 1] - v[0]) / (time[n - 1] - time[0]) };
	int direction = direction_of(t->kind, v, n);

	if (!direction)
		return t->kind == TREND_STEPS ? 0 : t->slope;
	for (size_t i = 0; i < sizeof(slopes) / sizeof(slopes[0]); i++)
		if (sign_of(slopes[i]) == direction)
			return slopes[i];
	return 0;
}

static enum trend_kind kind_of(const double *v, size_t n, double early, double late, double confidence, int direction)
{
	int whole;

	if (changes(v, n) && changes(v, n) <= STEPS)
		return TREND_STEPS;
	if (teeth(v, n) >= 2 && highest(v + n - n / 3, n / 3) <= highest(v, n - n / 3) * 1.1)
		return TREND_SAWS;
	if (confidence >= SURE && direction < 0 && falls_on(v, n))
		return TREND_FALLS;
	if (confidence >= SURE && direction > 0 && late >= early * GOES_ON && goes_on(v, n))
		return TREND_GROWS;
	if (mann_kendall(v, n, &whole) >= SURE && whole > 0)
		return rises(v, n, 1) < RISES ? TREND_STEPS : TREND_LEVELS;
	return TREND_STEADY;
}

void trend_fit(const double *time, const double *value, size_t n, struct trend *out)
{
	size_t half = n / 2;
	double early, late, ignored;
	int direction;

	memset(out, 0, sizeof(*out));
	if (n < TREND_MIN || time[n - 1] - time[0] < TREND_MIN_TIME)
		return;
	out->slope = line_fit(time, value, n, &out->r2);
	early = line_fit(time, value, n - half, &ignored);
	late = line_fit(time + n - half, value + n - half, half, &ignored);
	out->confidence = mann_kendall(value + n - half, half, &direction);
	out->kind = kind_of(value, n, early, late, out->confidence, direction);
	if (out->kind != TREND_GROWS && out->kind != TREND_FALLS)
		out->confidence = 0;
	out->slope = slope_choose(out, late, time, value, n);
}
