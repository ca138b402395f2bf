/* SPDX-License-Identifier: GPL-2.0 */
/* Recordings: whole, damaged anywhere, of older versions; the file before it is begun. */
#include "record/record.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit/check.h"

static char path[] = "/tmp/mmtrace-record-XXXXXX";

static void fact(struct record_writer *w, const char *text, size_t size)
{
	struct input in = { .kind = INPUT_FACT, .body = (void *)(uintptr_t)text, .size = size };

	record_put(w, &in);
}

static void write_two(bool start)
{
	struct error e = { 0 };
	struct record_writer *w = record_create(path, &e);

	CHECK(w != NULL);
	fact(w, "run\0command\0live", 17);
	if (start)
		record_start(w);
	fact(w, "run\0version\0" "1", 14);
	CHECK(record_close(w, &e) == 0);
}

static size_t bytes_of(unsigned char *out, size_t max)
{
	FILE *f = fopen(path, "r");
	size_t n = f ? fread(out, 1, max, f) : 0;

	if (f)
		fclose(f);
	return n;
}

/* How a reader ends, and how many inputs it gets. */
static enum record_state end_of(const unsigned char *bytes, size_t size, int *inputs)
{
	FILE *f = fmemopen((void *)(uintptr_t)bytes, size, "r");
	enum record_state state = RECORD_DAMAGED;
	struct record_reader r;
	struct error e = { 0 };
	struct input in;

	*inputs = 0;
	if (record_open(&r, f, &e) == 0)
		while ((state = record_next(&r, &in)) == RECORD_INPUT)
			++*inputs;
	record_end(&r);
	fclose(f);
	return state;
}

static void every_changed_bit_is_seen(void)
{
	unsigned char bytes[4096];
	int inputs, unseen = 0;
	size_t size;

	write_two(true);
	size = bytes_of(bytes, sizeof(bytes));
	CHECK(end_of(bytes, size, &inputs) == RECORD_END && inputs == 2);
	for (size_t bit = 0; bit < size * 8; bit++) {
		/* but for the mark itself that there is a sum: without it the file is one of an older version */
		if (bit / 8 >= size - 12 && bit / 8 < size - 8)
			continue;
		bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
		unseen += end_of(bytes, size, &inputs) == RECORD_END;
		bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
	}
	CHECK(unseen == 0);
}

static void one_without_a_sum_is_read(void)
{
	unsigned char bytes[4096];
	int inputs;
	size_t size;

	write_two(true);
	size = bytes_of(bytes, sizeof(bytes));
	memset(bytes + size - 12, 0, 12); /* as version 0.1.0 first wrote it */
	CHECK(end_of(bytes, size, &inputs) == RECORD_END && inputs == 2);
}

static void a_file_stays_until_it_is_started(void)
{
	unsigned char bytes[4096];
	FILE *f = fopen(path, "w");

	fputs("old", f);
	fclose(f);
	write_two(false);
	CHECK(bytes_of(bytes, sizeof(bytes)) == 3 && !memcmp(bytes, "old", 3));
	unlink(path);
	write_two(false);
	CHECK(access(path, F_OK) != 0); /* nor is there one where none was */
	write_two(true);
	CHECK(bytes_of(bytes, sizeof(bytes)) > 64);
}

int main(void)
{
	int fd = mkstemp(path);

	if (fd < 0)
		return 1;
	close(fd);
	RUN("record", every_changed_bit_is_seen);
	RUN("record", one_without_a_sum_is_read);
	RUN("record", a_file_stays_until_it_is_started);
	unlink(path);
	return check_bad;
}
