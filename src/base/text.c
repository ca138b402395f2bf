/* SPDX-License-Identifier: GPL-2.0 */
#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Length of the valid UTF-8 sequence at s, 0 if it is not one. */
static size_t utf8_length(const unsigned char *s)
{
	size_t n = s[0] < 0x80 ? 1 : s[0] >= 0xc2 && s[0] < 0xe0 ? 2 : (s[0] & 0xf0) == 0xe0 ? 3
		 : s[0] >= 0xf0 && s[0] < 0xf5 ? 4 : 0;

	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

/* C1 control characters and bidirectional overrides do harm on terminals. */
static bool utf8_harmful(const unsigned char *s, size_t n)
{
	if (n == 1)
		return s[0] < 0x20 || s[0] == 0x7f;
	if (n == 2)
		return s[0] == 0xc2 && s[1] < 0xa0;
	return n == 3 && s[0] == 0xe2 && ((s[1] == 0x80 && s[2] >= 0xa8 && s[2] <= 0xae) ||
					  (s[1] == 0x81 && s[2] >= 0xa6 && s[2] <= 0xa9));
}

char *text_escape(char *out, size_t size, const char *src)
{
	const unsigned char *s = (const unsigned char *)src;
	size_t used = 0;

	while (*s && used + 5 < size) {
		size_t n = utf8_length(s);

		if (n && !utf8_harmful(s, n)) {
			memcpy(out + used, s, n);
			used += n;
			s += n;
		} else {
			used += (size_t)snprintf(out + used, size - used, "\\x%02x", *s++);
		}
	}
	out[used] = '\0';
	return out;
}

char *text_json(char *out, size_t size, const char *src, bool *invalid)
{
	const unsigned char *s = (const unsigned char *)src;
	size_t used = 0;

	*invalid = false;
	while (*s && used + 8 < size) {
		size_t n = utf8_length(s);

		if (!n) {
			memcpy(out + used, "\xef\xbf\xbd", 3);
			used += 3;
			s++;
			*invalid = true;
		} else if (utf8_harmful(s, n)) {
			unsigned c = n == 1 ? s[0] : n == 2 ? (s[0] & 0x1fu) << 6 | (s[1] & 0x3fu)
					   : (s[0] & 0xfu) << 12 | (s[1] & 0x3fu) << 6 | (s[2] & 0x3fu);

			used += (size_t)snprintf(out + used, size - used, "\\u%04x", c);
			s += n;
		} else {
			if (*s == '"' || *s == '\\')
				out[used++] = '\\';
			memcpy(out + used, s, n);
			used += n;
			s += n;
		}
	}
	out[used] = '\0';
	return out;
}

char *text_bytes(char *out, size_t size, uint64_t bytes)
{
	static const char units[] = "BKMGTPE";
	double v = (double)bytes;
	int u = 0;

	while (v >= 1024 && units[u + 1]) {
		v /= 1024;
		u++;
	}
	snprintf(out, size, v < 10 && u && v != (double)(int)v ? "%.1f%c" : "%.0f%c", v, units[u]);
	return out;
}

char *text_count(char *out, size_t size, double n)
{
	if (n < 10000)
		snprintf(out, size, n < 10 && n != (double)(long)n ? "%.1f" : "%.0f", n);
	else if (n < 1e6)
		snprintf(out, size, "%.1fk", n / 1e3);
	else
		snprintf(out, size, "%.1fM", n / 1e6);
	return out;
}

char *text_ns(char *out, size_t size, uint64_t ns)
{
	double v = (double)ns;

	if (v < 1e3)
		snprintf(out, size, "%.0fns", v);
	else if (v < 1e6)
		snprintf(out, size, v < 1e4 ? "%.1fus" : "%.0fus", v / 1e3);
	else if (v < 1e9)
		snprintf(out, size, v < 1e7 ? "%.1fms" : "%.0fms", v / 1e6);
	else
		snprintf(out, size, "%.1fs", v / 1e9);
	return out;
}

bool text_parse_duration(const char *s, uint64_t *ns)
{
	char *end;
	double v;

	if (!s || ((*s < '0' || *s > '9') && *s != '.'))
		return false;
	v = strtod(s, &end);
	if (!strcmp(end, "ms"))
		v *= 1e6;
	else if (!strcmp(end, "us"))
		v *= 1e3;
	else if (!strcmp(end, "m"))
		v *= 60e9;
	else if (!strcmp(end, "h"))
		v *= 3600e9;
	else if (!*end || !strcmp(end, "s"))
		v *= 1e9;
	else
		return false;
	if (!(v >= 1) || v > 1e18) /* less than a nanosecond is no time at all */
		return false;
	*ns = (uint64_t)v;
	return true;
}

bool text_parse_u64(const char *s, uint64_t *out)
{
	char *end;

	if (!s || *s < '0' || *s > '9')
		return false;
	errno = 0;
	*out = strtoull(s, &end, 10);
	return !*end && !errno;
}

bool text_parse_bytes(const char *s, uint64_t *out)
{
	static const char units[] = "KMG";
	char *end;
	const char *u;
	int shift;

	if (!s || *s < '0' || *s > '9')
		return false;
	errno = 0;
	*out = strtoull(s, &end, 10);
	if (errno)
		return false;
	if (*end) {
		u = strchr(units, toupper((unsigned char)*end));
		if (!u || end[1])
			return false;
		shift = 10 * (int)(u - units + 1);
		if (*out > UINT64_MAX >> shift)
			return false;
		*out <<= shift;
	}
	return true;
}
