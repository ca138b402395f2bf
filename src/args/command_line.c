/* SPDX-License-Identifier: GPL-2.0 */
#include "args/args.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "args/parse.h"
#include "base/text.h"

#define C(ID) (1u << COMMAND_##ID)
#define FIRST_LONG 256 /* what getopt gives for row 0 */

const struct option_row option_rows[] = {
#define OPTION(letter, name, arg, parse, member, min, max, commands, help) \
	{ letter, name, arg, arg_##parse, offsetof(struct args, member), min, max, commands, help },
#include "args/options.def"
#undef OPTION
};
const int option_count = sizeof(option_rows) / sizeof(option_rows[0]);
#define ROWS (sizeof(option_rows) / sizeof(option_rows[0]))
_Static_assert(ROWS <= OPTION_ROWS, "struct args has room for each row");

const struct command_text command_texts[COMMAND_COUNT] = {
#define COMMAND(ID, name, words, help, more) [COMMAND_##ID] = { #name, words, help, more },
#include "args/commands.def"
#undef COMMAND
};

/* "[=...]": the value may be missing. */
static int argument_of(const struct option_row *row)
{
	return !row->arg ? no_argument : row->arg[0] == '[' ? optional_argument : required_argument;
}

static void getopt_tables(struct option longs[ROWS + 1], char shorts[2 * ROWS + 3])
{
	char *s = shorts;

	*s++ = '+'; /* words are looked at one by one, and "--" ends it all */
	*s++ = ':';
	for (size_t i = 0; i < ROWS; i++) {
		longs[i] = (struct option){ option_rows[i].name, argument_of(&option_rows[i]), NULL,
					    FIRST_LONG + (int)i };
		if (!option_rows[i].short_name)
			continue;
		*s++ = (char)option_rows[i].short_name;
		if (option_rows[i].arg)
			*s++ = ':';
	}
	longs[ROWS] = (struct option){ 0 };
	*s = '\0';
}

static int row_of(int c)
{
	if (c >= FIRST_LONG)
		return c - FIRST_LONG;
	for (size_t i = 0; i < ROWS; i++)
		if (option_rows[i].short_name == c)
			return (int)i;
	return -1;
}

/* What can be given more than once and adds up. */
static bool adds(const struct option_row *row)
{
	return row->parse == arg_ids || row->parse == arg_also || row->parse == arg_backend || row->parse == arg_flag;
}

static int not_its_own(const struct args *a, const struct option_row *row, struct error *e)
{
	char why[200];
	size_t n = (size_t)snprintf(why, sizeof(why), "%s does not have it; these do:", command_texts[a->command].name);

	for (int c = 0; c < COMMAND_COUNT && n < sizeof(why); c++)
		if (row->commands >> c & 1)
			n += (size_t)snprintf(why + n, sizeof(why) - n, " %s", command_texts[c].name);
	return error_set(e, EXIT_USAGE, NULL, why, "bad option --%s", row->name);
}

/* An option may have a row for some commands and another, with its own help, for others. */
static int row_for(const struct args *a, int index)
{
	for (size_t i = 0; i < ROWS; i++)
		if (option_rows[i].commands >> a->command & 1 && !strcmp(option_rows[i].name, option_rows[index].name))
			return (int)i;
	return index;
}

static int take(struct args *a, int found, struct error *e)
{
	int index = row_for(a, found);
	const struct option_row *row = &option_rows[index];

	if (!(row->commands >> a->command & 1))
		return not_its_own(a, row, e);
	if (a->given[index] && !adds(row) && row->arg)
		return error_set(e, EXIT_USAGE, "give it once", "only one value can count", "--%s is given twice", row->name);
	a->given[index] = true;
	return row->parse(row, optarg, (char *)a + row->member, e);
}

/* optopt is the letter, or, of a long one that wants a value, what getopt gives for it. */
static int bad_option(int c, char **argv, struct error *e)
{
	const char *why = c == ':' ? "its value is missing" : "no such option";
	char safe[16];

	if (optopt && optopt < FIRST_LONG) /* a byte above 127 is below 0 */
		return error_set(e, EXIT_USAGE, NULL, why, "bad option -%s",
				 text_escape(safe, sizeof(safe), (char[]){ (char)optopt, '\0' }));
	if (c == ':' && optopt >= FIRST_LONG)
		return error_set(e, EXIT_USAGE, NULL, why, "bad option --%s", option_rows[optopt - FIRST_LONG].name);
	return error_set(e, EXIT_USAGE, NULL, why, "bad option %s", argv[optind - 1]);
}

/* `-p $(pidof x)` makes three words of three processes. */
static int check_stray_pid(const struct args *a, char **words, struct error *e)
{
	const struct id_list *pids = &a->target.pids;
	char list[160];
	uint64_t v;
	int n;

	if (!pids->count || !text_parse_u64(words[0], &v) || v <= 60 || v > 1u << 30 || (kill((pid_t)v, 0) && errno == ESRCH))
		return 0;
	n = snprintf(list, sizeof(list), "to trace several: -p %d", pids->id[0]);
	for (int i = 0; words[i] && text_parse_u64(words[i], &v) && n < (int)sizeof(list) - 60; i++)
		n += snprintf(list + n, sizeof(list) - (size_t)n, ",%" PRIu64, v);
	snprintf(list + n, sizeof(list) - (size_t)n, "; for an interval say %.20ss", words[0]);
	return error_set(e, EXIT_USAGE, list, "a process has this number, and as an interval it is long",
			 "unclear word '%.40s'", words[0]);
}

static bool takes_interval(enum command_id c)
{
	return strstr(command_texts[c].words, "INTERVAL") != NULL;
}

/* Others than INTERVAL and COUNT. */
static bool takes_words(enum command_id c)
{
	return *command_texts[c].words && strncmp(command_texts[c].words, "[INTERVAL", 9);
}

static int unknown_word(const struct args *a, const char *word, struct error *e)
{
	char safe[80];

	text_escape(safe, sizeof(safe), word);
	if (a->command == COMMAND_LIVE)
		return error_set(e, EXIT_USAGE, "a command to run follows '--'", "neither a command of mmtrace nor an interval",
				 "unknown word '%s'", safe);
	return error_set(e, EXIT_USAGE, NULL,
			 *command_texts[a->command].words ? "it does not fit here" : "the command takes no words",
			 "unknown word '%s'", safe);
}

/* The words at argv[optind]: the command's own, INTERVAL, COUNT. */
static int parse_word(struct args *a, char **argv, struct error *e)
{
	struct time_args *t = &a->time;
	char *word = argv[optind];
	bool number = isdigit((unsigned char)*word) || *word == '.';

	if (takes_words(a->command) && (!takes_interval(a->command) || !number)) {
		if (a->word_count == WORDS_MAX)
			return error_set(e, EXIT_USAGE, NULL, "too many words", "unknown word '%.40s'", word);
		a->words[a->word_count++] = word;
		return 0;
	}
	if (!takes_interval(a->command) || !number || t->count)
		return unknown_word(a, word, e);
	if (t->interval_ns && args_given(a, "interval"))
		return error_set(e, EXIT_USAGE, "with a count too: 'INTERVAL COUNT', without -i",
				 "-i gives the interval already", "two intervals");
	if (t->interval_ns)
		return arg_number("COUNT", word, 1, UINT64_MAX, &t->count, e);
	if (check_stray_pid(a, argv + optind, e))
		return -1;
	return text_parse_duration(word, &t->interval_ns)
		       ? 0 : arg_bad(e, "INTERVAL", word, "not a duration above 0 like 5s, 500ms, 2m, 0.5");
}

static int parse_command(struct args *a, int argc, char **argv, struct error *e)
{
	if (!(option_rows[row_of('c')].commands >> a->command & 1))
		return error_set(e, EXIT_USAGE, NULL, "it traces no command", "unknown word '--'");
	if (a->target.command)
		return error_set(e, EXIT_USAGE, NULL, "-c cannot be joined with -- CMD", "two targets");
	a->target.command = optind < argc ? argv + optind : NULL;
	return a->target.command ? 0 : error_set(e, EXIT_USAGE, NULL, "no command follows '--'", "nothing to run");
}

/* Options may follow the words; what follows "--" is CMD's. */
static int parse_all(struct args *a, int argc, char **argv, struct error *e)
{
	struct option longs[ROWS + 1];
	char shorts[2 * ROWS + 3];

	getopt_tables(longs, shorts);
	opterr = 0;
	optind = 1;
	for (;;) {
		int c, before = optind;

		while ((c = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
			int row = row_of(c);

			if (row < 0)
				return bad_option(c, argv, e);
			if (take(a, row, e))
				return -1;
			before = optind;
		}
		if (a->help || a->version)
			return 0;
		if (optind > before) /* getopt took "--" */
			return parse_command(a, argc, argv, e);
		if (optind >= argc)
			return 0;
		if (parse_word(a, argv, e))
			return -1;
		optind++;
	}
}

/* Without the name of a command the first one is meant. */
static enum command_id command_of(const char *word)
{
	for (int i = 0; word && i < COMMAND_COUNT; i++)
		if (!strcmp(word, command_texts[i].name))
			return (enum command_id)i;
	return COMMAND_COUNT;
}

int args_parse(struct args *a, int argc, char **argv, struct error *e)
{
	enum command_id named = command_of(argc > 1 ? argv[1] : NULL);
	int skip = named < COMMAND_COUNT;
	char hint[80];

	*a = (struct args){ .command = skip ? named : COMMAND_LIVE, .argc = argc, .argv = argv, .show.top = -1 };
	if (parse_all(a, argc - skip, argv + skip, e) == 0) {
		a->time.interval_given = a->time.interval_ns != 0;
		a->show.format = a->show.format ? a->show.format : "text";
		return 0;
	}
	snprintf(hint, sizeof(hint), skip ? "'mmtrace %s --help' lists the options" : "'mmtrace --help' lists the options",
		 command_texts[a->command].name);
	return error_hint(e, hint);
}

bool args_given(const struct args *a, const char *name)
{
	for (size_t i = 0; i < ROWS; i++)
		if (a->given[i] && !strcmp(option_rows[i].name, name))
			return true;
	return false;
}

bool args_text(const struct args *a)
{
	return !strcmp(a->show.format, "text");
}

int args_useless(struct error *e, const char *option, const char *why)
{
	return error_set(e, EXIT_USAGE, "leave it away", why, "%s has no effect", option);
}
