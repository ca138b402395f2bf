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
/* ... and rise so often after the first third. */
#define RISES 3

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

void trend_fit(const double *time, const double *value, size_t n, struct trend *out)
{
	size_t half = n / 2;
	double early, late, ignored;
	int direction, whole;

	memset(out, 0, sizeof(*out));
	if (n < TREND_MIN || time[n - 1] - time[0] < TREND_MIN_TIME)
		return;
	out->slope = line_fit(time, value, n, &out->r2);
	early = line_fit(time, value, n - half, &ignored);
	late = line_fit(time + n - half, value + n - half, half, &ignored);
	out->confidence = mann_kendall(value + n - half, half, &direction);
	out->kind = TREND_STEADY;
	if (teeth(value, n) >= 2 && highest(value + n - n / 3, n / 3) <= highest(value, n - n / 3) * 1.1)
		out->kind = TREND_SAWS;
	else if (out->confidence >= SURE && direction < 0)
		out->kind = TREND_FALLS;
	else if (out->confidence >= SURE && late >= early * GOES_ON && goes_on(value, n))
		out->kind = TREND_GROWS;
	else if (mann_kendall(value, n, &whole) >= SURE && whole > 0)
		out->kind = rises(value, n, 1) < RISES ? TREND_STEPS : TREND_LEVELS;
	if (out->kind != TREND_GROWS && out->kind != TREND_FALLS)
		out->confidence = 0;
	else if ((out->slope < 0) != (out->kind == TREND_FALLS))
		out->slope = late;
}
