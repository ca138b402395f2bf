/* SPDX-License-Identifier: GPL-2.0 */
/* Checks for unit tests: a test is a function, RUN() prints its line. */
#ifndef UNIT_CHECK_H
#define UNIT_CHECK_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static int check_failed;   /* checks of the running test that did not hold */
static int check_bad;      /* exit status */

#define CHECK(cond) check_that(cond, __LINE__, #cond)
#define CHECK_EQ(got, want) check_equal((uint64_t)(got), (uint64_t)(want), __LINE__, #got)
#define CHECK_STR(got, want) check_string(got, want, __LINE__, #got)
#define RUN(area, fn) check_run(area, #fn, fn)

static inline void check_that(bool good, int line, const char *text)
{
	if (good)
		return;
	printf("# line %d: %s\n", line, text);
	check_failed++;
}

static inline void check_equal(uint64_t got, uint64_t want, int line, const char *text)
{
	if (got == want)
		return;
	printf("# line %d: %s is %llu (0x%llx), not %llu (0x%llx)\n", line, text, (unsigned long long)got,
	       (unsigned long long)got, (unsigned long long)want, (unsigned long long)want);
	check_failed++;
}

static inline void check_string(const char *got, const char *want, int line, const char *text)
{
	if (got && !strcmp(got, want))
		return;
	printf("# line %d: %s is '%s', not '%s'\n", line, text, got ? got : "(null)", want);
	check_failed++;
}

static inline void check_run(const char *area, const char *name, void (*fn)(void))
{
	check_failed = 0;
	fn();
	printf("%s - unit: %s: ", check_failed ? "not ok" : "ok", area);
	for (const char *c = name; *c; c++)
		putchar(*c == '_' ? ' ' : *c);
	putchar('\n');
	fflush(stdout);
	check_bad |= check_failed != 0;
}

#endif
