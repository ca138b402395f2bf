/* SPDX-License-Identifier: GPL-2.0 */
#include "base/error.h"

#include <errno.h>
#include <langinfo.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

int error_set(struct error *e, enum exit_code code, const char *hint, const char *cause, const char *fmt, ...)
{
	va_list ap;

	e->code = code;
	va_start(ap, fmt);
	vsnprintf(e->what, sizeof(e->what), fmt, ap);
	va_end(ap);
	snprintf(e->cause, sizeof(e->cause), "%s", cause ? cause : "");
	snprintf(e->hint, sizeof(e->hint), "%s", hint ? hint : "");
	return -1;
}

int error_hint(struct error *e, const char *hint)
{
	if (!e->hint[0])
		snprintf(e->hint, sizeof(e->hint), "%s", hint);
	return -1;
}

enum exit_code error_code_of(int err)
{
	switch (err < 0 ? -err : err) {
	case EPERM:
	case EACCES:
		return EXIT_NOT_PERMITTED;
	case ENOSYS:
	case EOPNOTSUPP:
	case EINVAL:
	case ENOENT:
		return EXIT_KERNEL_CANNOT;
	default:
		return EXIT_FAILED;
	}
}

char *error_escape(char *out, size_t size, const char *text)
{
	return (strcmp(nl_langinfo(CODESET), "UTF-8") ? text_escape_ascii : text_escape)(out, size, text);
}

/* Where nobody takes what is written, a message would wait for ever. */
static bool is_read(int fd)
{
	struct pollfd p = { fd, POLLOUT, 0 };

	return poll(&p, 1, 1000) > 0;
}

void error_print(const struct error *e)
{
	char what[sizeof(e->what) * 4], cause[sizeof(e->cause) * 4];

	if (!is_read(STDERR_FILENO))
		return;
	fprintf(stderr, "mmtrace: %s%s%s\n", error_escape(what, sizeof(what), e->what), e->cause[0] ? ": " : "",
		error_escape(cause, sizeof(cause), e->cause));
	if (e->hint[0])
		fprintf(stderr, "hint: %s\n", e->hint);
}
