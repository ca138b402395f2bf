/* SPDX-License-Identifier: GPL-2.0 */
/* Errors as values: what failed, why, and what the user can do.  Only src/cmd
 * prints them. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stddef.h>

/* Exit codes of the program. */
enum exit_code {
	EXIT_OK = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_KERNEL_CANNOT = 3,
	EXIT_NOT_PERMITTED = 4,
	EXIT_LOST = 5,
	EXIT_NOT_EXECUTABLE = 126,
	EXIT_NOT_FOUND = 127,
};

struct error {
	enum exit_code code; /* EXIT_OK: no error */
	char what[160];
	char cause[320];
	char hint[256];
};

/* Fills e and returns -1, so that a caller can `return error_set(...)`. */
int error_set(struct error *e, enum exit_code code, const char *hint, const char *cause, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
/* Gives e a hint if it has none; returns -1. */
int error_hint(struct error *e, const char *hint);
/* Exit code for an errno of a kernel call. */
enum exit_code error_code_of(int err);
/* A name for stderr: as text_escape(), or text_escape_ascii() where the locale says so. */
char *error_escape(char *out, size_t size, const char *text);
/* Writes `mmtrace: WHAT: CAUSE` and `hint: HINT` to stderr, escaped; nothing where stderr takes
 * nothing for a second. */
void error_print(const struct error *e);

#endif
