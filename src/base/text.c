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

/* What does harm on a terminal or cannot be seen there: controls, line and paragraph separators, what turns the
 * direction of text, characters without width (joiners, fillers, variation selectors, tags).
 * Unicode 15.1, DerivedCoreProperties.txt: Default_Ignorable_Code_Point, and general categories Cc, Cf, Zl, Zp. */
static const struct { uint32_t from, to; } harmful[] = {
	{ 0x0, 0x1f }, { 0x7f, 0x9f }, { 0xad, 0xad }, { 0x34f, 0x34f }, { 0x600, 0x605 }, { 0x61c, 0x61c },
	{ 0x6dd, 0x6dd }, { 0x70f, 0x70f }, { 0x890, 0x891 }, { 0x8e2, 0x8e2 }, { 0x115f, 0x1160 }, { 0x17b4, 0x17b5 },
	{ 0x180b, 0x180f }, { 0x200b, 0x200f }, { 0x2028, 0x202e }, { 0x2060, 0x206f }, { 0x3164, 0x3164 },
	{ 0xfe00, 0xfe0f }, { 0xfeff, 0xfeff }, { 0xffa0, 0xffa0 }, { 0xfff0, 0xfffb }, { 0x110bd, 0x110bd },
	{ 0x110cd, 0x110cd }, { 0x13430, 0x1343f }, { 0x1bca0, 0x1bca3 }, { 0x1d173, 0x1d17a }, { 0xe0000, 0xe0fff },
};

/* Of a valid sequence of n bytes. */
static uint32_t utf8_code(const unsigned char *s, size_t n)
{
	uint32_t c = n == 1 ? s[0] : s[0] & (0xffu >> (n + 1));

	for (size_t i = 1; i < n; i++)
		c = c << 6 | (s[i] & 0x3fu);
	return c;
}

static bool is_harmful(uint32_t c)
{
	for (size_t i = 0; i < sizeof(harmful) / sizeof(harmful[0]); i++)
		if (c >= harmful[i].from && c <= harmful[i].to)
			return true;
	return false;
}

static char *escape(char *out, size_t size, const char *src, size_t longest)
{
	const unsigned char *s = (const unsigned char *)src;
	size_t used = 0;

	while (*s && used + 5 <= size) { /* the longest is \xNN or four bytes of UTF-8, and then the NUL */
		size_t n = utf8_length(s);

		if (n && n <= longest && !is_harmful(utf8_code(s, n))) {
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

char *text_escape(char *out, size_t size, const char *src)
{
	return escape(out, size, src, 4);
}

char *text_escape_ascii(char *out, size_t size, const char *src)
{
	return escape(out, size, src, 1);
}

/* As JSON has it: beyond the first plane two of them. */
static size_t json_code(char *out, size_t size, uint32_t c)
{
	if (c < 0x10000)
		return (size_t)snprintf(out, size, "\\u%04x", c);
	c -= 0x10000;
	return (size_t)snprintf(out, size, "\\u%04x\\u%04x", 0xd800 + (c >> 10), 0xdc00 + (c & 0x3ff));
}

char *text_json(char *out, size_t size, const char *src, bool *invalid)
{
	const unsigned char *s = (const unsigned char *)src;
	size_t used = 0;

	*invalid = false;
	while (*s && used + 13 <= size) { /* the longest is \uNNNN\uNNNN, and then the NUL */
		size_t n = utf8_length(s);

		if (!n) {
			memcpy(out + used, "\xef\xbf\xbd", 3);
			used += 3;
			s++;
			*invalid = true;
		} else if (is_harmful(utf8_code(s, n))) {
			used += json_code(out + used, size - used, utf8_code(s, n));
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

/* A number and its unit; v was divided so that it is below `step`, but what is
 * printed may be rounded up to it: then the next unit is meant. */
struct scaled { double v; int unit; };

static double rounded(double v, double below)
{
	return v < below ? (double)(long)(v * 10 + 0.5) / 10 : (double)(long)(v + 0.5);
}

/* below: numbers less than that have a digit behind the point, but of the first unit. */
static struct scaled scale(double v, double step, int units, double below)
{
	struct scaled s = { v, 0 };

	while (s.unit + 1 < units && (s.unit ? rounded(s.v, below) : s.v) >= step) {
		s.v /= step;
		s.unit++;
	}
	return s;
}

char *text_bytes(char *out, size_t size, uint64_t bytes)
{
	static const char units[] = "BKMGTPE";
	struct scaled s = scale((double)bytes, 1024, (int)sizeof(units) - 1, 10);
	bool whole = !s.unit || s.v >= 9.95 || s.v == (double)(int)s.v;

	snprintf(out, size, whole ? "%.0f%c" : "%.1f%c", s.v, units[s.unit]);
	return out;
}

char *text_count(char *out, size_t size, double n)
{
	static const char units[] = "kMGTPE";
	struct scaled s;

	if (n < 9999.5) {
		snprintf(out, size, n < 9.95 && n != (double)(long)n ? "%.1f" : "%.0f", n);
		return out;
	}
	s = scale(n / 1e3, 1e3, (int)sizeof(units) - 1, 1e3);
	if (!s.unit && rounded(s.v, 1e3) >= 1e3)
		s = (struct scaled){ s.v / 1e3, 1 };
	snprintf(out, size, "%.1f%c", s.v, units[s.unit]);
	return out;
}

char *text_ns(char *out, size_t size, uint64_t ns)
{
	static const char *const units[] = { "ns", "us", "ms", "s" };
	struct scaled s = scale((double)ns, 1e3, 4, 10);

	snprintf(out, size, s.unit && (s.v < 9.95 || s.unit == 3) ? "%.1f%s" : "%.0f%s", s.v, units[s.unit]);
	return out;
}

bool text_parse_duration(const char *s, uint64_t *ns)
{
	char *end;
	double v;

	/* strtod() alone would take signs, spaces, exponents and hexadecimal digits */
	if (!s || !strspn(s, "0123456789."))
		return false;
	v = strtod(s, &end);
	if (end != s + strspn(s, "0123456789."))
		return false;
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

const char *text_element(const char **rest, size_t *len)
{
	const char *one = *rest;

	*len = one ? strcspn(one, ",") : 0;
	*rest = one && one[*len] ? one + *len + 1 : NULL;
	return one;
}

bool text_has_element(const char *list, const char *word)
{
	size_t len;

	for (const char *s; (s = text_element(&list, &len));)
		if (len == strlen(word) && !memcmp(s, word, len))
			return true;
	return false;
}

uint64_t text_whole(double v)
{
	v = v < 0 ? -v : v;
	return v >= 0x1p64 ? UINT64_MAX : v > 0 ? (uint64_t)v : 0;
}
