/* SPDX-License-Identifier: GPL-2.0 */
/* Writes what the fuzzer starts from: seeds DIRECTORY. */
#include <stdio.h>

#include "golden/sample.h"

static int write_seed(const char *dir, int number, const void *bytes, size_t size)
{
	char path[4096];
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "%s/%03d", dir, number);
	f = fopen(path, "w");
	n = f ? fwrite(bytes, 1, size, f) : 0;
	return !f || fclose(f) || n != size;
}

/* Everything at once, and each part on its own. */
int main(int argc, char **argv)
{
	struct sample s = { .time = 1000000000 };
	int number = 0, bad = argc != 2;

	sample_first(&s);
	sample_second(&s);
	for (size_t at = 0; !bad && at < s.bytes.size; number++) {
		size_t size = 3 + (s.bytes.at[at + 1] | (size_t)s.bytes.at[at + 2] << 8);

		bad |= write_seed(argv[1], number, s.bytes.at + at, size);
		at += size;
	}
	bad = bad || write_seed(argv[1], number, s.bytes.at, s.bytes.size);
	bytes_free(&s.bytes);
	return bad;
}
