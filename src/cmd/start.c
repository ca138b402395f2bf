/* SPDX-License-Identifier: GPL-2.0 */
/* Finds the command that the command line names, checks what it says, runs it. */
#include "cmd/start.h"

#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/check.h"
#include "cmd/command.h"
#include "cmd/replay.h"
#include "cmd/schema.h"
#include "host/limits.h"

/* What is printed and done, without a run: true. */
static bool only_prints(const struct args *a, struct error *e)
{
	if (a->help) {
		args_help(a->command);
	} else if (a->version) {
		puts("mmtrace " MMTRACE_VERSION);
	} else if (a->command == COMMAND_COMPLETION) {
		args_completion(a->word_count == 1 ? a->words[0] : NULL, e);
	} else if (a->command == COMMAND_SCHEMA) {
		schema_print();
	} else if (a->fault.classes_help) {
		args_classes_help();
	} else {
		return false;
	}
	return true;
}

static int flush(struct error *e)
{
	if (!fflush(stdout) && !ferror(stdout))
		return 0;
	return errno == EPIPE ? 0 : error_set(e, EXIT_FAILED, "free space, or choose another file", strerror(errno),
					      "cannot write the output");
}

static int checked_run(struct args *a, struct error *e)
{
	bool replays = a->command == COMMAND_REPLAY;
	const struct command *c = replays ? replay_command(a, e) : commands[a->command];
	struct command replayed;
	char hint[80];

	if (!c)
		return EXIT_FAILED;
	if (replays) {
		replayed = *c;
		replayed.source = &source_replay;
		replayed.check = NULL;
		replayed.announce = NULL;
		c = &replayed;
	}
	if (check_help(a, c->show))
		return flush(e);
	if (c->choose)
		c->choose(a);
	if ((c->check && c->check(a, e)) || check_show(a, c->show, e)) {
		snprintf(hint, sizeof(hint), "'mmtrace %s --help' lists the options", command_texts[a->command].name);
		error_hint(e, hint);
		return EXIT_USAGE;
	}
	return run(c, a);
}

int start(int argc, char **argv)
{
	struct args *a = calloc(1, sizeof(*a));
	struct error e = { 0 };
	int status = EXIT_FAILED;

	setlocale(LC_CTYPE, "");
	if (a && limits_raise(&e) == 0 && args_parse(a, argc, argv, &e) == 0)
		status = only_prints(a, &e) ? flush(&e) : checked_run(a, &e);
	if (a && a->recording)
		fclose(a->recording);
	free(a);
	if (!e.code)
		return status;
	error_print(&e);
	return (int)e.code;
}
