/* SPDX-License-Identifier: GPL-2.0 */
/* Random command lines through src/args and what src/cmd/check.c says of tables: always the same
 * ones, MMT_LINES of them (1,000).  None may end badly or leak, and each refusal says why. */
#include "args/args.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "base/text.h"
#include "cmd/check.h"
#include "unit/check.h"
#include "view/shows.h"

#define WORDS 24
#define LONG 20000

static uint64_t seed = 88172645463325252ull;

static unsigned any(unsigned n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)(seed >> 20) % n;
}

static const char *const values[] = {
	"", "0", "1", "-1", "+5", "5s", "500ms", "0x10ms", "1e-300", "1e308s", "nan", "inf",
	"18446744073709551616", "2m", ".5", "..5", "5 s", "4096", "4K", "4Q", "1G", "1,2,3", "1,,2", ",", ",1",
	"1,", "999999999999", "help", "text", "json", "csv", "prometheus", "openmetrics", "json=", "=x",
	"json=/dev/null", "csv=a", "nosuch=b", "fault=tracepoint", "fault=", "=", "kmalloc=tracepoint", "cow",
	"cow,anon_write", "cow,", "0-1000", "1000-0", "-", "--", "fff-", "-fff", "pid", "comm", "kind",
	"kind,comm", "addr,name", "classes", "-faults", "rate", "vma", "process", "/", "/nonexistent/\n",
	"\033[31m", "\xff\xfe", "%s%n%d", "\t", "a b", "\xe2\x80\xae", "live", "kmalloc", "reclaim", "bash",
	"65535", "65536", "100", "100.1", "1e2", "0.0", "1048577", "2147483648", "4294967296", "'", "\"", "\\",
	"$(x)", "x86", "9", "99999999",
};

/* Letters, control bytes, a very long one, or a value that means something. */
static char *any_value(void)
{
	unsigned kind = any(12);
	char *text;
	size_t n;

	if (kind > 2)
		return strdup(values[any(sizeof(values) / sizeof(values[0]))]);
	n = kind ? any(40) : any(20) ? any(400) : LONG;
	text = malloc(n + 1);
	for (size_t i = 0; i < n; i++)
		text[i] = kind == 2 ? (char)(1 + any(255)) : "0123456789abcxyz,=-.%/"[any(22)];
	text[n] = '\0';
	return text;
}

/* An option as it may be written, sometimes spoilt; its value may become the next word. */
static char *any_option(char **value)
{
	const struct option_row *row = &option_rows[any((unsigned)option_count)];
	char *text = NULL, *v = any_value();
	int n;

	*value = NULL;
	switch (any(6)) {
	case 0: n = asprintf(&text, "--%s=%s", row->name, v); break;
	case 1: n = row->short_name ? asprintf(&text, "-%c%s", row->short_name, v) : asprintf(&text, "--%s", row->name); break;
	case 2: n = asprintf(&text, "--%.*s", 1 + (int)any(8), row->name); break; /* an abbreviation, perhaps of several */
	case 3: n = asprintf(&text, "-%c", 33 + (int)any(94)); break;
	default:
		n = row->short_name && any(2) ? asprintf(&text, "-%c", row->short_name) : asprintf(&text, "--%s", row->name);
		if (row->arg && any(8)) {
			*value = v;
			v = NULL;
		}
	}
	free(v);
	return n < 0 ? NULL : text;
}

static int any_line(char **argv)
{
	int argc = 0, most = 1 + (int)any(WORDS - 4);

	argv[argc++] = strdup("mmtrace");
	if (any(5))
		argv[argc++] = strdup(command_texts[any(COMMAND_COUNT)].name);
	while (argc < most) {
		char *value = NULL;

		argv[argc++] = any(4) ? any_option(&value) : any(12) ? any_value() : strdup("--");
		if (value)
			argv[argc++] = value;
	}
	argv[argc] = NULL;
	return argc;
}

static bool says(const struct error *e, const char *text)
{
	return strstr(e->what, text) || strstr(e->cause, text);
}

/* By its option or by how it begins, as it is shown. */
static bool names_an_argument(const struct error *e, char *const *words, int n)
{
	static const char *const whole[] = { "two targets", "nothing to run", "two intervals", "no option", "two formats" };
	char safe[64], begin[40];

	if (e->what[0] == '-') /* -s has no effect */
		return true;
	for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++)
		if (says(e, whole[i]))
			return true;
	for (int i = 0; i < option_count; i++) {
		snprintf(begin, sizeof(begin), "--%s", option_rows[i].name);
		if (says(e, begin))
			return true;
	}
	for (int i = 1; i < n; i++) {
		text_escape(safe, sizeof(safe), words[i]);
		snprintf(begin, sizeof(begin), "%.11s", safe);
		if (*begin ? says(e, begin) : strstr(e->what, "''") != NULL)
			return true;
		for (const char *c = words[i]; *words[i] == '-' && *c; c++) { /* a letter among others */
			snprintf(begin, sizeof(begin), "bad option -%s", text_escape(safe, sizeof(safe), (char[]){ *c, 0 }));
			if (!strcmp(e->what, begin))
				return true;
		}
	}
	return false;
}

static const struct show *show_of(enum command_id c)
{
	static const struct show *const shows[COMMAND_COUNT] = {
		[COMMAND_LIVE] = &show_live, [COMMAND_TRACE] = &show_trace, [COMMAND_HIST] = &show_hist, [COMMAND_LEAK] = &show_leak,
		[COMMAND_TOP] = &show_top, [COMMAND_LAYOUT] = &show_layout, [COMMAND_DOCTOR] = &show_doctor,
	};

	return shows[c];
}

static int refused, taken;

static void try_line(char **argv, int argc)
{
	struct args *a = calloc(1, sizeof(*a)); /* of its own size: what is written beyond is seen */
	struct error e = { 0 };
	char *words[WORDS + 1];
	int err;

	for (int i = 0; i < argc; i++)
		words[i] = strdup(argv[i]); /* the parser cuts some */
	err = args_parse(a, argc, argv, &e);
	if (!err && !a->help && !a->version && show_of(a->command))
		err = check_show(a, show_of(a->command), &e);
	refused += err != 0;
	taken += err == 0;
	CHECK(err == 0 || err == -1);
	CHECK(!err == !e.code);
	CHECK(!err || e.code == EXIT_USAGE || e.code == EXIT_FAILED);
	CHECK(!err || (e.what[0] && e.cause[0]));
	CHECK(!err || names_an_argument(&e, words, argc));
	if (err && !names_an_argument(&e, words, argc))
		printf("# says only: %s: %s\n", e.what, e.cause);
	for (int i = 0; i < argc; i++)
		free(words[i]);
	free(a);
}

static void random_lines_are_taken_or_told_why_not(void)
{
	const char *given = getenv("MMT_LINES");
	int lines = given ? atoi(given) : 1000;

	for (int i = 0; i < lines; i++) {
		char *argv[WORDS + 1], *mine[WORDS + 1];
		int argc = any_line(argv);

		memcpy(mine, argv, sizeof(mine)); /* getopt may set them in another order */
		try_line(argv, argc);
		for (int w = 0; w < argc; w++)
			free(mine[w]);
	}
	printf("# %d lines taken, %d refused\n", taken, refused);
	CHECK(taken > lines / 50 && refused > lines / 4);
}

int main(void)
{
	RUN("args", random_lines_are_taken_or_told_why_not);
	return check_bad;
}
