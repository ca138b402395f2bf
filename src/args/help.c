/* SPDX-License-Identifier: GPL-2.0 */
/* --help and completion, from the table of options. */
#include <stdio.h>
#include <string.h>

#include "args/args.h"
#include "wire/hist.h"

#define COLUMN 27 /* where the help of an option begins */
#define WIDTH 80

static bool has(const struct option_row *row, enum command_id c)
{
	return row->commands >> c & 1;
}

/* Breaks text between words, with each further line set in; so it does at its own ends of lines. */
static void put_wrapped(const char *text, int column, int width)
{
	int room = width - column;

	while (*text) {
		int n = (int)strcspn(text, "\n");

		if (n > room) {
			n = room;
			while (n > 20 && text[n] != ' ')
				n--;
		}
		printf("%.*s\n", n, text);
		text += n;
		text += *text == ' ' || *text == '\n';
		if (*text)
			printf("%*s", column, "");
	}
}

static void put_option(const struct option_row *row)
{
	char text[80], letter[8] = "    ";
	const char *arg = row->arg ? row->arg : "";

	if (row->short_name)
		snprintf(letter, sizeof(letter), "-%c, ", row->short_name);
	snprintf(text, sizeof(text), "  %s--%s%s%s", letter, row->name, *arg && *arg != '[' ? " " : "", arg);
	printf("%-*s", COLUMN, text);
	if (strlen(text) >= COLUMN)
		printf("\n%*s", COLUMN, "");
	put_wrapped(row->help, COLUMN, WIDTH);
}

/* The words that name what hist counts. */
static void put_domains(void)
{
	static const struct { const char *key, *help; uint32_t flags; } domains[] = {
#define DOMAIN(NAME, n, key, flags, keys, free_keys, allocations, times, help, ...) { key, help, flags },
#include "wire/domains.def"
#undef DOMAIN
	};

	char reclaim[200] = "";
	int used = 0;

	puts("\nDomains (* by default):");
	for (size_t i = 0; i < sizeof(domains) / sizeof(domains[0]); i++) {
		printf("  %c %-10s ", domains[i].flags & HD_DEFAULT ? '*' : ' ', domains[i].key);
		put_wrapped(domains[i].help, 15, WIDTH);
		if (domains[i].flags & HD_RECLAIM)
			used += snprintf(reclaim + used, sizeof(reclaim) - (size_t)used, "%s%s", used ? " " : "", domains[i].key);
	}
	printf("    %-10s ", "reclaim");
	snprintf(reclaim + used, sizeof(reclaim) - (size_t)used, ": those that work here");
	put_wrapped(reclaim, 15, WIDTH);
}

static void put_named(const char *name, const char *help)
{
	printf("  %-10s ", name);
	put_wrapped(help, 13, WIDTH);
}

void args_help(enum command_id command)
{
	const struct command_text *t = &command_texts[command];
	char usage[200];
	bool runs = false;

	for (int i = 0; i < option_count; i++)
		runs |= has(&option_rows[i], command) && !strcmp(option_rows[i].name, "command");
	snprintf(usage, sizeof(usage), "Usage: mmtrace %s [OPTION...]%s%s", t->name, *t->words ? " " : "", t->words);
	put_wrapped(usage, 7, WIDTH + 1);
	if (runs)
		printf("       mmtrace %s [OPTION...] -- CMD ARGS\n", t->name);
	snprintf(usage, sizeof(usage), "%c%s.", t->help[0] - 'a' + 'A', t->help + 1);
	put_wrapped(usage, 0, WIDTH);
	put_wrapped(t->more, 0, WIDTH);
	if (command == COMMAND_HIST)
		put_domains();
	putchar('\n');
	for (int i = 0; i < option_count; i++)
		if (has(&option_rows[i], command))
			put_option(&option_rows[i]);
	if (command != COMMAND_LIVE)
		return;
	puts("\nCommands ('mmtrace COMMAND --help'):");
	for (int i = 0; i < COMMAND_COUNT; i++)
		put_named(command_texts[i].name, command_texts[i].help);
}

/* --- completion --- */

static void put_options_of(int command)
{
	for (int i = 0; i < option_count; i++)
		if (has(&option_rows[i], (enum command_id)command))
			printf(" --%s", option_rows[i].name);
}

/* Words of a command that are neither files nor times. */
static void put_words_of(int command)
{
	if (command == COMMAND_HIST)
		fputs(""
#define DOMAIN(NAME, n, key, ...) " " key
#include "wire/domains.def"
#undef DOMAIN
		      " reclaim", stdout);
	else if (command == COMMAND_LEAK)
		fputs(" kmalloc slab vmalloc page", stdout);
	else if (command == COMMAND_COMPLETION)
		fputs(" bash zsh fish", stdout);
}

/* After an option that wants a value no other option can come. */
static void put_valued(void)
{
	const char *separator = "\t";

	for (int i = 0; i < option_count; i++) {
		if (!option_rows[i].arg)
			continue;
		printf("%s--%s", separator, option_rows[i].name);
		if (option_rows[i].short_name)
			printf(" | -%c", option_rows[i].short_name);
		separator = " | ";
	}
	puts(") return ;;");
}

static void bash(void)
{
	puts("# bash completion of mmtrace\n_mmtrace() {\n"
	     "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} command=${COMP_WORDS[1]} options\n"
	     "\t[[ $COMP_CWORD = 1 || $command != -* ]] || command=live\n"
	     "\tCOMPREPLY=()\n\tcase $prev in\n"
	     "\t--format) mapfile -t COMPREPLY < <(compgen -W '"
#define FORMAT(name, help) #name " "
#include "args/formats.def"
#undef FORMAT
	     "' -- \"$cur\"); return ;;\n"
	     "\t-o | --output | --record | --btf | --cgroup) mapfile -t COMPREPLY < <(compgen -f -- \"$cur\"); return ;;\n"
	     "\t-p | --pid) mapfile -t COMPREPLY < <(compgen -W \"$(cd /proc && echo [0-9]*)\" -- \"$cur\"); return ;;\n"
	     "\t--by | -s | --sort | --columns | --table | -F | --faults) # mmtrace lists them itself\n"
	     "\t\tmapfile -t COMPREPLY < <(compgen -W \"$(mmtrace \"$command\" \"$prev\" help 2> /dev/null |\n"
	     "\t\t\twhile read -r key _; do [[ $key = *: || $key = KEY ]] || echo \"$key\"; done)\" -- \"$cur\"); return ;;\n"
	     "\t--also) compopt -o nospace; mapfile -t COMPREPLY < <(compgen -W '"
#define FORMAT(name, help) #name "= "
#include "args/formats.def"
#undef FORMAT
	     "' -- \"$cur\"); return ;;");
	put_valued();
	puts("\tesac\n\tcase $command in");
	for (int c = 1; c < COMMAND_COUNT; c++) {
		printf("\t%s) options='", command_texts[c].name);
		put_options_of(c);
		put_words_of(c);
		puts("' ;;");
	}
	printf("\t*) options='");
	put_options_of(COMMAND_LIVE);
	puts("' ;;\n\tesac");
	printf("\tif [[ $COMP_CWORD = 1 && $cur != -* ]]; then options='");
	for (int c = 0; c < COMMAND_COUNT; c++)
		printf(" %s", command_texts[c].name);
	puts("'; fi\n\tmapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$cur\")\n"
	     "\t[[ $command = replay && $cur != -* ]] && mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
	     "}\ncomplete -o bashdefault -F _mmtrace mmtrace");
}

/* Text in single quotes; brackets and colons mean something to zsh's _arguments. */
static void put_quoted(const char *text, const char *escaped)
{
	for (; *text; text++) {
		if (*text == '\'')
			fputs("'\\'", stdout);
		else if (strchr(escaped, *text))
			putchar('\\');
		putchar(*text);
	}
}

static void zsh(void)
{
	puts("#compdef mmtrace\n_mmtrace() {\n\tlocal -a commands=(");
	for (int c = 0; c < COMMAND_COUNT; c++) {
		printf("\t\t'%s:", command_texts[c].name);
		put_quoted(command_texts[c].help, ":");
		puts("'");
	}
	puts("\t)\n\tif (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then\n\t\t_describe command commands\n\t\treturn\n\tfi\n"
	     "\tcase $words[2] in");
	for (int c = 1; c <= COMMAND_COUNT; c++) {
		int command = c < COMMAND_COUNT ? c : COMMAND_LIVE; /* the default comes last */

		printf("\t%s) _arguments", c < COMMAND_COUNT ? command_texts[c].name : "*");
		for (int i = 0; i < option_count; i++) {
			if (!has(&option_rows[i], (enum command_id)command))
				continue;
			printf(" \\\n\t\t'--%s[", option_rows[i].name);
			put_quoted(option_rows[i].help, "[]:");
			printf("]%s'", option_rows[i].arg ? ":value:_files" : "");
		}
		puts(" '*:file:_files' ;;");
	}
	puts("\tesac\n}\n_mmtrace \"$@\"");
}

static void fish(void)
{
	puts("# fish completion of mmtrace\ncomplete -c mmtrace -f");
	for (int c = 0; c < COMMAND_COUNT; c++) {
		printf("complete -c mmtrace -n __fish_use_subcommand -a %s -d '", command_texts[c].name);
		put_quoted(command_texts[c].help, "");
		puts("'");
	}
	for (int i = 0; i < option_count; i++) {
		const struct option_row *row = &option_rows[i];

		printf("complete -c mmtrace -l %s", row->name);
		if (row->short_name)
			printf(" -s %c", row->short_name);
		printf("%s", row->arg ? " -r -F" : "");
		if (!has(row, COMMAND_LIVE)) {
			printf(" -n '__fish_seen_subcommand_from");
			for (int c = 0; c < COMMAND_COUNT; c++)
				if (has(row, (enum command_id)c))
					printf(" %s", command_texts[c].name);
			putchar('\'');
		}
		printf(" -d '");
		put_quoted(row->help, "");
		puts("'");
	}
}

int args_completion(const char *shell, struct error *e)
{
	static const struct {
		const char *name;
		void (*print)(void);
	} shells[] = { { "bash", bash }, { "zsh", zsh }, { "fish", fish } };

	for (size_t i = 0; shell && i < sizeof(shells) / sizeof(shells[0]); i++)
		if (!strcmp(shells[i].name, shell)) {
			shells[i].print();
			return 0;
		}
	return error_set(e, EXIT_USAGE, "mmtrace completion bash|zsh|fish", shell ? "no such shell" : "no shell is named",
			 "cannot print a completion script");
}
