/* SPDX-License-Identifier: GPL-2.0 */
/* src/args/parse.c: values at their bounds, and what is no value. */
#include "args/parse.h"

#include <stdlib.h>

#include "unit/check.h"

static const struct option_row row = { .name = "option", .min = 4096, .max = 1 << 20 };

/* On the heap: some are cut in two, and nothing may be read behind the end. */
static bool good(parse_fn *parse, const char *text, void *member)
{
	struct error e = { 0 };
	char *value = strdup(text);
	int err = parse(&row, value, member, &e);

	free(value);
	CHECK_EQ(err ? e.code : EXIT_USAGE, EXIT_USAGE); /* and it says so */
	return err == 0;
}

static bool ids(const char *text, struct id_list *out)
{
	*out = (struct id_list){ 0 };
	return good(arg_ids, text, out);
}

static void numbers_of_processes(void)
{
	struct id_list l;

	CHECK(ids("1", &l) && l.count == 1 && l.id[0] == 1);
	CHECK(ids("7,8,9", &l) && l.count == 3 && l.id[2] == 9);
	CHECK(ids("1073741824", &l) && l.id[0] == 1 << 30);
	CHECK(!ids("1073741825", &l) && !ids("0", &l) && !ids("-1", &l) && !ids("", &l) && !ids("1,", &l) && !ids(",1", &l));
	CHECK(!ids("1,,2", &l) && !ids("1 2", &l) && !ids("0x10", &l) && !ids("+1", &l) && !ids("99999999999999999999", &l));
}

static void more_processes_than_fit(void)
{
	char text[TARGET_MAX * 2 + 2] = "1";
	struct id_list l;

	for (int i = 1; i < TARGET_MAX; i++)
		strcat(text, ",1");
	CHECK(ids(text, &l) && l.count == TARGET_MAX);
	text[TARGET_MAX * 2 - 1] = ',';
	text[TARGET_MAX * 2] = '1';
	CHECK(!ids(text, &l));
}

static void powers_of_two_within_bounds(void)
{
	uint64_t v = 0;

	CHECK(good(arg_power, "4096", &v) && v == 4096);
	CHECK(good(arg_power, "64K", &v) && v == 65536);
	CHECK(good(arg_power, "1M", &v) && v == 1 << 20);
	CHECK(!good(arg_power, "2K", &v) && !good(arg_power, "2M", &v) && !good(arg_power, "12288", &v));
	CHECK(!good(arg_power, "0", &v) && !good(arg_power, "", &v));
}

static void numbers_within_bounds(void)
{
	uint32_t v = 0;

	CHECK(good(arg_u32, "4096", &v) && v == 4096);
	CHECK(good(arg_u32, "1048576", &v) && v == 1 << 20);
	CHECK(!good(arg_u32, "4095", &v) && !good(arg_u32, "1048577", &v) && !good(arg_u32, "18446744073709551616", &v));
}

static void percentages(void)
{
	static const struct option_row percent = { .name = "percent", .max = 100 };
	struct error e = { 0 };
	double v = 0;

	CHECK(!arg_percent(&percent, (char[]){ "100" }, &v, &e) && v == 100);
	CHECK(!arg_percent(&percent, (char[]){ "0.5" }, &v, &e) && v == 0.5);
	CHECK(arg_percent(&percent, (char[]){ "0" }, &v, &e) && arg_percent(&percent, (char[]){ "100.1" }, &v, &e));
	CHECK(arg_percent(&percent, (char[]){ "1e1" }, &v, &e) && arg_percent(&percent, (char[]){ "" }, &v, &e));
}

static void ranges_are_not_empty(void)
{
	struct address_range r = { 0 };

	CHECK(good(arg_range, "1000-2000", &r) && r.from == 0x1000 && r.to == 0x2000);
	CHECK(good(arg_range, "0x1000-0x1001", &r) && r.to == 0x1001);
	CHECK(!good(arg_range, "1000-1000", &r) && !good(arg_range, "2000-1000", &r) && !good(arg_range, "1000", &r));
	CHECK(!good(arg_range, "1000-10000000000000000", &r) && !good(arg_range, "11112222333344445-fffffffffffffffff", &r));
	CHECK(good(arg_range, "0-ffffffffffffffff", &r) && r.to == UINT64_MAX);
	CHECK(good(arg_address, "0xffffffffffffffff", &r.from) && r.from == UINT64_MAX);
	CHECK(!good(arg_address, "10000000000000000", &r.from) && !good(arg_address, "-1", &r.from));
	CHECK(!good(arg_address, " 1", &r.from) && !good(arg_address, "", &r.from) && !good(arg_address, "1g", &r.from));
	CHECK(!good(arg_range, "-1000-2000", &r) && !good(arg_range, "1000--2000", &r) && !good(arg_range, "1000-2000x", &r));
}

static void durations_are_above_zero(void)
{
	uint64_t v = 0;

	CHECK(good(arg_duration, "500ms", &v) && v == 500000000);
	CHECK(good(arg_duration, "0.5", &v) && v == 500000000);
	CHECK(!good(arg_duration, "0", &v) && !good(arg_duration, "-1", &v) && !good(arg_duration, "soon", &v));
}

int main(void)
{
	RUN("parse", numbers_of_processes);
	RUN("parse", more_processes_than_fit);
	RUN("parse", powers_of_two_within_bounds);
	RUN("parse", numbers_within_bounds);
	RUN("parse", percentages);
	RUN("parse", ranges_are_not_empty);
	RUN("parse", durations_are_above_zero);
	return check_bad;
}
