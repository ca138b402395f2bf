/* SPDX-License-Identifier: GPL-2.0 */
/* src/base/lines.c: what stands in the file at any moment. */
#include "base/lines.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "unit/check.h"

static char path[] = "/tmp/mmtrace-lines-XXXXXX";

static size_t in_file(char *out, size_t max)
{
	FILE *f = fopen(path, "r");
	size_t n = f ? fread(out, 1, max, f) : 0;

	if (f)
		fclose(f);
	return n;
}

static void a_file_never_ends_amid_a_line(void)
{
	static char text[1 << 20];
	size_t written = 0, seen;
	int err = 0;
	FILE *f;

	f = lines_open(mkstemp(path), &err);
	for (int i = 0; i < 20000; i++) {
		written += (size_t)fprintf(f, "%0*d\n", 1 + i * 7 % 40, i);
		if (i % 500)
			continue;
		fputs("half", f);
		fflush(f);
		seen = in_file(text, sizeof(text));
		CHECK(seen && text[seen - 1] == '\n');
		fputc('\n', f);
		written += 5;
	}
	fputs("the rest", f);
	CHECK(fclose(f) == 0);
	CHECK_EQ(in_file(text, sizeof(text)), written + 8);
	unlink(path);
}

static void a_full_disk_is_an_error(void)
{
	FILE *full = fopen("/dev/full", "w"), *f;
	int err = 0;

	f = full ? lines_open(dup(fileno(full)), &err) : NULL;

	if (!f)
		return;
	fputs("line\n", f);
	CHECK(fflush(f) != 0 && ferror(f));
	errno = 0;
	CHECK_EQ(err, ENOSPC);
	fclose(f);
	fclose(full);
}

int main(void)
{
	RUN("lines", a_file_never_ends_amid_a_line);
	RUN("lines", a_full_disk_is_an_error);
	return check_bad;
}
