/* SPDX-License-Identifier: GPL-2.0 */
/* src/base/text.c: hostile names, and numbers at their borders. */
#include "base/text.h"

#include <stdlib.h>

#include "unit/check.h"

static const char *escaped(const char *src)
{
	static char out[4096];

	return text_escape(out, sizeof(out), src);
}

static const char *json(const char *src, bool *invalid)
{
	static char out[4096];

	return text_json(out, sizeof(out), src, invalid);
}

static void plain_text_stays(void)
{
	CHECK_STR(escaped(""), "");
	CHECK_STR(escaped("/usr/lib/a b.so"), "/usr/lib/a b.so");
	CHECK_STR(escaped("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80"),
		  "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80");
}

static void control_characters_are_escaped(void)
{
	char one[2] = "", want[8];

	for (int c = 1; c < 0x20; c++) {
		one[0] = (char)c;
		snprintf(want, sizeof(want), "\\x%02x", c);
		CHECK_STR(escaped(one), want);
	}
	CHECK_STR(escaped("\x7f"), "\\x7f");
	CHECK_STR(escaped("a\033[31mb\n"), "a\\x1b[31mb\\x0a");
	CHECK_STR(escaped("\xc2\x9b" "31m"), "\\xc2\\x9b31m"); /* CSI as one C1 character */
	CHECK_STR(escaped("\xe2\x80\xae" "fdp.exe"), "\\xe2\\x80\\xaefdp.exe"); /* right to left override */
	CHECK_STR(escaped("\xe2\x81\xa6"), "\\xe2\\x81\\xa6");
}

static void invalid_utf8_is_escaped(void)
{
	CHECK_STR(escaped("\xff"), "\\xff");
	CHECK_STR(escaped("\x80"), "\\x80");
	CHECK_STR(escaped("\xc0\x80"), "\\xc0\\x80");             /* overlong NUL */
	CHECK_STR(escaped("\xe0\x80\x9b"), "\\xe0\\x80\\x9b");    /* overlong escape */
	CHECK_STR(escaped("\xf0\x80\x80\x9b"), "\\xf0\\x80\\x80\\x9b");
	CHECK_STR(escaped("\xed\xa0\x80"), "\\xed\\xa0\\x80");    /* surrogate */
	CHECK_STR(escaped("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80"); /* beyond U+10FFFF */
	CHECK_STR(escaped("\xf5\x80\x80\x80"), "\\xf5\\x80\\x80\\x80");
	CHECK_STR(escaped("\xe2\x82"), "\\xe2\\x82");             /* cut at the end */
	CHECK_STR(escaped("\xf0\x9f\x98"), "\\xf0\\x9f\\x98");
	CHECK_STR(escaped("\xc3("), "\\xc3(");
}

/* Nothing that cannot be seen, or moves what can, reaches a terminal. */
static void invisible_characters(void)
{
	static const struct { const char *text, *escaped, *json; } t[] = {
		{ "a\u200bb", "a\\xe2\\x80\\x8bb", "a\\u200bb" },          /* zero width space */
		{ "\ufeff", "\\xef\\xbb\\xbf", "\\ufeff" },
		{ "\U000e0041", "\\xf3\\xa0\\x81\\x81", "\\udb40\\udc41" },  /* a tag */
		{ "\u00ad\u3164", "\\xc2\\xad\\xe3\\x85\\xa4", "\\u00ad\\u3164" }, /* soft hyphen, filler */
		{ "\U0001f600\u00e9", "\U0001f600\u00e9", "\U0001f600\u00e9" },
	};
	char out[64];
	bool invalid;

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		CHECK_STR(text_escape(out, sizeof(out), t[i].text), t[i].escaped);
		CHECK_STR(text_json(out, sizeof(out), t[i].text, &invalid), t[i].json);
		CHECK(!invalid);
	}
	CHECK_STR(text_escape_ascii(out, sizeof(out), "na\u00efve"), "na\\xc3\\xafve");
}

/* Every size of room on the heap, where a sanitizer sees a byte too far. */
static void room_is_never_exceeded(void)
{
	static const char src[] = "a\n\xff\xf0\x9f\x98\x80\"\\\x01z";

	for (size_t size = 1; size < 64; size++) {
		char *out = malloc(size);
		bool invalid;

		CHECK(strlen(text_escape(out, size, src)) < size);
		CHECK(strlen(text_json(out, size, src, &invalid)) < size);
		free(out);
	}
}

/* What callers reckon with: four bytes for each one, and the NUL. */
static void four_bytes_each_hold_all(void)
{
	static const char *const names[] = { "", "a", "\n", "ab\n", "\xff\xff", "\u200b", "\U0001f600" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t size = 4 * strlen(names[i]) + 1;
		char *out = malloc(size);

		CHECK_STR(text_escape(out, size, names[i]), escaped(names[i]));
		free(out);
	}
}

static void lists(void)
{
	static const struct { const char *list, *elements; } t[] = {
		{ NULL, "" }, { "", "<>" }, { "a", "<a>" }, { "a,bc", "<a><bc>" }, { "a,,b,", "<a><><b><>" },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		char all[64] = "";
		size_t len;

		for (const char *rest = t[i].list, *one; (one = text_element(&rest, &len));)
			snprintf(all + strlen(all), sizeof(all) - strlen(all), "<%.*s>", (int)len, one);
		CHECK_STR(all, t[i].elements);
	}
}

static void json_strings(void)
{
	bool invalid = true;

	CHECK_STR(json("a\"b\\c", &invalid), "a\\\"b\\\\c");
	CHECK(!invalid);
	CHECK_STR(json("\n\t\033\x7f", &invalid), "\\u000a\\u0009\\u001b\\u007f");
	CHECK(!invalid);
	CHECK_STR(json("\xe2\x82\xac", &invalid), "\xe2\x82\xac");
	CHECK(!invalid);
	/* the same string to a program, and no harm on a terminal */
	CHECK_STR(json("\xc2\x9b" "31m\xe2\x80\xae\xe2\x81\xa6", &invalid), "\\u009b31m\\u202e\\u2066");
	CHECK(!invalid);
	CHECK_STR(json("x\xffy", &invalid), "x\xef\xbf\xbdy");
	CHECK(invalid);
	CHECK_STR(json("\xed\xa0\x80", &invalid), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
	CHECK(invalid);
}

static void sizes_in_words(void)
{
	static const struct { uint64_t n; const char *text; } t[] = {
		{ 0, "0B" }, { 1, "1B" }, { 1023, "1023B" }, { 1024, "1K" }, { 1536, "1.5K" }, { 4096, "4K" },
		{ 10 << 10, "10K" }, { 1 << 20, "1M" }, { 1ull << 30, "1G" }, { 1ull << 40, "1T" },
		{ 1ull << 50, "1P" }, { 1ull << 60, "1E" }, { UINT64_MAX, "16E" },
	};
	char out[16];

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		CHECK_STR(text_bytes(out, sizeof(out), t[i].n), t[i].text);
}

static void counts_in_words(void)
{
	static const struct { double n; const char *text; } t[] = {
		{ 0, "0" }, { 1, "1" }, { 9.5, "9.5" }, { 950, "950" }, { 9999, "9999" }, { 10000, "10.0k" },
		{ 12345, "12.3k" }, { 999900, "999.9k" }, { 1e6, "1.0M" }, { 22.26e6, "22.3M" },
	};
	char out[16];

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		CHECK_STR(text_count(out, sizeof(out), t[i].n), t[i].text);
	CHECK(strlen(text_count(out, sizeof(out), 18446744073709551615.0)) < sizeof(out));
}

static void times_in_words(void)
{
	static const struct { uint64_t ns; const char *text; } t[] = {
		{ 0, "0ns" }, { 1, "1ns" }, { 999, "999ns" }, { 1000, "1.0us" }, { 1500, "1.5us" }, { 9900, "9.9us" },
		{ 10000, "10us" }, { 999000, "999us" }, { 1000000, "1.0ms" }, { 10000000, "10ms" },
		{ 999000000, "999ms" }, { 1000000000, "1.0s" }, { 4290000000, "4.3s" },
	};
	char out[16];

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		CHECK_STR(text_ns(out, sizeof(out), t[i].ns), t[i].text);
	CHECK(strlen(text_ns(out, sizeof(out), UINT64_MAX)) < sizeof(out));
}

/* What is printed is never the step to the next unit: 1023.5K is 1.0M. */
static void what_is_rounded_up_to_the_next_unit(void)
{
	static const struct { uint64_t n; const char *text; } bytes[] = {
		{ 10188, "9.9K" }, { 10189, "10K" }, { 1047552, "1023K" }, { 1048063, "1023K" }, { 1048064, "1.0M" },
		{ (1 << 20) - 1, "1.0M" }, { (1 << 20) + 1, "1.0M" }, { (1ull << 30) - 1, "1.0G" }, { (1ull << 40) - 1, "1.0T" },
		{ (1ull << 50) - 1, "1.0P" }, { (1ull << 60) - 128, "1.0E" },
	}, ns[] = {
		{ 1049, "1.0us" }, { 9949, "9.9us" }, { 9950, "10us" }, { 999499, "999us" }, { 999500, "1.0ms" }, { 999600, "1.0ms" },
		{ 999960, "1.0ms" }, { 999999, "1.0ms" }, { 9949999, "9.9ms" }, { 9950000, "10ms" }, { 999499999, "999ms" },
		{ 999500000, "1.0s" }, { 999999999, "1.0s" }, { 999960000000, "1000.0s" },
	};
	static const struct { double n; const char *text; } counts[] = {
		{ 9.94, "9.9" }, { 9.96, "10" }, { 9999.4, "9999" }, { 9999.5, "10.0k" }, { 999949, "999.9k" }, { 999950, "1.0M" },
		{ 999960, "1.0M" }, { 999999, "1.0M" }, { 999949999, "999.9M" }, { 999950000, "1.0G" }, { 999999999, "1.0G" },
	};
	char out[16];

	for (size_t i = 0; i < sizeof(bytes) / sizeof(bytes[0]); i++)
		CHECK_STR(text_bytes(out, sizeof(out), bytes[i].n), bytes[i].text);
	for (size_t i = 0; i < sizeof(ns) / sizeof(ns[0]); i++)
		CHECK_STR(text_ns(out, sizeof(out), ns[i].n), ns[i].text);
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		CHECK_STR(text_count(out, sizeof(out), counts[i].n), counts[i].text);
}

static void real_numbers_as_whole_ones(void)
{
	CHECK_EQ(text_whole(0), 0);
	CHECK_EQ(text_whole(5.9), 5);
	CHECK_EQ(text_whole(-5.9), 5);
	CHECK_EQ(text_whole(0x1p64), UINT64_MAX);
	CHECK_EQ(text_whole(-1e300), UINT64_MAX);
	CHECK_EQ(text_whole(0.0 / 0.0), 0);
}

static void durations(void)
{
	static const struct { const char *text; uint64_t ns; } good[] = {
		{ "5", 5000000000 }, { "5s", 5000000000 }, { "500ms", 500000000 }, { "10us", 10000 }, { "2m", 120000000000 },
		{ "1h", 3600000000000 }, { "1.5", 1500000000 }, { ".5s", 500000000 }, { "0.001us", 1 },
	};
	static const char *const wrong[] = {
		"", "s", "-1", "+1", "0", "0s", "0.0001us", "1x", "1 s", " 1", "1s ", "5ss", "inf", "nan", "1e400", "1e30",
		".", "soon", "10000000000000h", "1ms2", "0x10ms", "5e3", "1e-300", "1.2.3", "1p3s",
	};
	uint64_t ns;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		ns = 0;
		CHECK(text_parse_duration(good[i].text, &ns));
		CHECK_EQ(ns, good[i].ns);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (text_parse_duration(wrong[i], &ns))
			check_that(false, __LINE__, wrong[i]);
	CHECK(!text_parse_duration(NULL, &ns));
}

static void numbers(void)
{
	static const char *const wrong[] = { "", "-1", "+1", " 1", "1 ", "0x10", "1.0", "18446744073709551616", "1k", "one" };
	uint64_t n;

	CHECK(text_parse_u64("0", &n) && n == 0);
	CHECK(text_parse_u64("18446744073709551615", &n) && n == UINT64_MAX);
	CHECK(text_parse_u64("007", &n) && n == 7);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (text_parse_u64(wrong[i], &n))
			check_that(false, __LINE__, wrong[i]);
	CHECK(!text_parse_u64(NULL, &n));
}

static void sizes(void)
{
	static const char *const wrong[] = {
		"", "-1", " 1", "4096 ", "4 ", "4KB", "4T", "4.5K", "K", "4\x0b", "18446744073709551616",
		"18446744073709551615K", "17179869184G", "99999999999999999999G", "4*",
	};
	uint64_t n;

	CHECK(text_parse_bytes("4096", &n) && n == 4096);
	CHECK(text_parse_bytes("64K", &n) && n == 65536);
	CHECK(text_parse_bytes("64k", &n) && n == 65536);
	CHECK(text_parse_bytes("4M", &n) && n == 4 << 20);
	CHECK(text_parse_bytes("1g", &n) && n == 1 << 30);
	CHECK(text_parse_bytes("18446744073709551615", &n) && n == UINT64_MAX);
	CHECK(text_parse_bytes("17179869183G", &n) && n == 17179869183ull << 30);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (text_parse_bytes(wrong[i], &n))
			check_that(false, __LINE__, wrong[i]);
}

int main(void)
{
	RUN("text", plain_text_stays);
	RUN("text", control_characters_are_escaped);
	RUN("text", invalid_utf8_is_escaped);
	RUN("text", room_is_never_exceeded);
	RUN("text", four_bytes_each_hold_all);
	RUN("text", lists);
	RUN("text", json_strings);
	RUN("text", sizes_in_words);
	RUN("text", counts_in_words);
	RUN("text", times_in_words);
	RUN("text", invisible_characters);
	RUN("text", what_is_rounded_up_to_the_next_unit);
	RUN("text", real_numbers_as_whole_ones);
	RUN("text", durations);
	RUN("text", numbers);
	RUN("text", sizes);
	return check_bad;
}
