/* SPDX-License-Identifier: GPL-2.0 */
#include "cmd/options.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cmd/cmd.h"
#include "view/report.h"

#define HINT "'mmtrace --help' lists the options"

enum {
	OPT_JSON = 256, OPT_COLUMNS, OPT_NO_FOLLOW, OPT_BACKEND, OPT_RING, OPT_BTF, OPT_STRICT, OPT_NO_COLOR, OPT_VERSION, OPT_RANGE,
	OPT_CGROUP, OPT_AGGREGATE, OPT_ROWS, OPT_CONTROL, OPT_EXPAND,
	OPT_SAMPLE, OPT_LIMIT,
};

static const struct option longs[] = {
	{ "pid", required_argument, NULL, 'p' },
	{ "tid", required_argument, NULL, 't' },
	{ "all", no_argument, NULL, 'a' },
	{ "cgroup", required_argument, NULL, OPT_CGROUP },
	{ "expand", required_argument, NULL, OPT_EXPAND },
	{ "aggregate", no_argument, NULL, OPT_AGGREGATE },
	{ "sample", required_argument, NULL, OPT_SAMPLE },
	{ "max-overhead", required_argument, NULL, OPT_LIMIT },
	{ "rows", required_argument, NULL, OPT_ROWS },
	{ "control-size", required_argument, NULL, OPT_CONTROL },
	{ "command", required_argument, NULL, 'c' },
	{ "duration", required_argument, NULL, 'd' },
	{ "interval", required_argument, NULL, 'i' },
	{ "top", required_argument, NULL, 'n' },
	{ "sort", required_argument, NULL, 's' },
	{ "columns", required_argument, NULL, OPT_COLUMNS },
	{ "faults", required_argument, NULL, 'F' },
	{ "range", required_argument, NULL, OPT_RANGE },
	{ "output", required_argument, NULL, 'o' },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "no-follow", no_argument, NULL, OPT_NO_FOLLOW },
	{ "backend", required_argument, NULL, OPT_BACKEND },
	{ "ring-size", required_argument, NULL, OPT_RING },
	{ "btf", required_argument, NULL, OPT_BTF },
	{ "strict", no_argument, NULL, OPT_STRICT },
	{ "no-color", no_argument, NULL, OPT_NO_COLOR },
	{ "quiet", no_argument, NULL, 'q' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ NULL, 0, NULL, 0 },
};

void options_help(void)
{
	puts("Usage: mmtrace [live|trace] -p PID[,PID...] | -t TID[,TID...] | --cgroup PATH | -a | -- CMD ARGS\n"
	     "               [INTERVAL [COUNT]]\n"
	     "Shows which mappings (VMAs) of a process fault, how, and what each fault costs.\n\n"
	     "  -p, --pid PID[,PID...]   processes to trace; children they make from now on are followed\n"
	     "  -t, --tid TID[,TID...]   only faults that these threads execute\n"
	     "      --cgroup PATH        processes of a cgroup (v2) and of those below it\n"
	     "  -a, --all                every process; live shows processes first\n"
	     "      --expand PID[,...]   with -a or --cgroup: the VMAs of these processes too\n"
	     "  -- CMD ARGS              start CMD and trace it from its first instruction\n"
	     "  -c, --command TEXT       the same for a line of the shell\n"
	     "  -d, --duration TIME      stop after 5s, 500ms, 2m\n"
	     "  -i, --interval TIME      time between tables (1s); with -- CMD tables are shown only if it is given\n"
	     "  -n, --top ROWS           rows at most (what fits the terminal, else 30; 0: all)\n"
	     "  -s, --sort KEY           any column: rate (default) faults major size rss p99 addr ...; -KEY reverses\n"
	     "      --columns KEY,...    columns of the table of VMAs; 'help' lists them\n"
	     "      --json               JSON lines (schema 1)\n"
	     "  -F, --faults CLASS,...   trace: only faults of these classes; 'help' lists them\n"
	     "      --range START-END    trace: only faults at these addresses (hexadecimal)\n"
	     "  -o, --output FILE        write there; with trace -- CMD events go to stderr otherwise\n"
	     "      --no-follow          leave children alone\n"
	     "      --backend HOOK=NAME  force a backend, e.g. fault=tracepoint\n"
	     "      --aggregate          count in the kernel, stream nothing (default with -a, --cgroup)\n"
	     "      --sample N           look at one in N minor faults; process totals stay exact\n"
	     "      --max-overhead PCT   aggregate, then sample, to cost the targets at most PCT % of their CPU\n"
	     "      --ring-size BYTES    data rings of all CPUs, a power of two (4M, 512K a CPU at least)\n"
	     "      --control-size BYTES control ring, a power of two (2M)\n"
	     "      --rows N             rows for what is counted in the kernel (16384; 65536 with -a, --cgroup)\n"
	     "      --btf FILE           BTF of the running kernel, if it has none itself\n"
	     "      --strict             exit 5 if anything was lost\n"
	     "      --no-color           plain text (there is no colour yet)\n"
	     "  -q, --quiet              only the summary at the end\n"
	     "  -v, --verbose            messages of libbpf\n"
	     "  -h, --help   --version\n\nCommands:");
	for (int i = 0; i < command_count; i++)
		printf("  %-10s %s\n", commands[i].name, commands[i].help);
}

static bool parse_range(const char *range, struct trace_filter *f)
{
	int used = 0;

	/* sscanf alone would take signs, spaces and whatever follows */
	return strspn(range, "0123456789abcdefABCDEFxX-") == strlen(range) && range[0] != '-' && !strstr(range, "--") &&
	       sscanf(range, "%" SCNx64 "-%" SCNx64 "%n", &f->from, &f->to, &used) == 2 && !range[used] && f->to > f->from;
}

static int parse_numbers(struct options *o, int c, struct error *e)
{
	char *rest = NULL;
	uint64_t v;

	switch (c) {
	case 'd': return value_duration("-d", optarg, &o->duration_ns, e);
	case 'i':
		o->interval_given = true;
		return value_duration("-i", optarg, &o->interval_ns, e);
	case 'n': return value_rows(optarg, &o->top, e);
	case OPT_SAMPLE:
		if (value_number("--sample", optarg, 1, 65535, &v, e))
			return -1;
		o->sample = (uint32_t)v;
		return 0;
	case OPT_LIMIT:
		o->max_overhead = strtod(optarg, &rest);
		return rest != optarg && !*rest && o->max_overhead > 0 && o->max_overhead <= 100
			       ? 0 : value_bad(e, "--max-overhead", optarg, "not a percentage above 0, 100 at most");
	case OPT_ROWS:
		if (value_number("--rows", optarg, 1, 1u << 24, &v, e))
			return -1;
		o->probe.rows = (uint32_t)v;
		return 0;
	default:
		if (!text_parse_bytes(optarg, &v) || v < 4096 || v > 1u << 30 || (v & (v - 1)))
			return value_bad(e, c == OPT_RING ? "--ring-size" : "--control-size", optarg,
					 "not a power of two from 4K to 1G");
		*(c == OPT_RING ? &o->probe.ring_bytes : &o->probe.control_bytes) = v;
		return 0;
	}
}

static int parse_one(struct options *o, int c, char **argv, struct error *e)
{
	switch (c) {
	case 'p': return value_ids("-p", optarg, o->pids, &o->pid_count, e);
	case 't': return value_ids("-t", optarg, o->tids, &o->tid_count, e);
	case 'd': case 'i': case 'n': case OPT_RING: case OPT_ROWS: case OPT_CONTROL: case OPT_SAMPLE: case OPT_LIMIT:
		return parse_numbers(o, c, e);
	case 'c':
		o->shell[0] = "/bin/sh";
		o->shell[1] = "-c";
		o->shell[2] = optarg;
		o->command = o->shell;
		return *optarg ? 0 : value_bad(e, "-c", optarg, "no command");
	case 's':
		o->sort = optarg;
		return sort_known(optarg) ? 0 : value_bad(e, "-s", optarg, "keys: any column, see --columns help");
	case 'F':
		o->classes_help = !strcmp(optarg, "help");
		return o->classes_help || trace_classes(optarg, &o->filter.classes)
			       ? 0 : error_set(e, EXIT_USAGE, "'mmtrace trace -F help' lists the classes", "no such class",
					       "bad value '%s' of -F", optarg);
	case OPT_RANGE:
		return parse_range(optarg, &o->filter) ? 0 : value_bad(e, "--range", optarg, "not START-END in hexadecimal");
	case 'a': o->probe.scope = MMT_SCOPE_ALL; return 0;
	case OPT_CGROUP: o->cgroup = optarg; o->probe.scope = MMT_SCOPE_CGROUP; return 0;
	case OPT_EXPAND: return value_ids("--expand", optarg, o->expand, &o->expand_count, e);
	case OPT_AGGREGATE: o->probe.aggregate = true; return 0;
	case OPT_COLUMNS:
		o->columns_help = !strcmp(optarg, "help");
		return o->columns_help || columns_parse(optarg, &o->columns)
			       ? 0 : value_bad(e, "--columns", optarg, "no such column, see --columns help");
	case 'o': o->output = optarg; return 0;
	case OPT_JSON: o->json = true; return 0;
	case OPT_NO_FOLLOW: o->probe.follow = false; return 0;
	case OPT_BACKEND: return value_backend(o->probe.force, OBJECT_MMTRACE, optarg, e);
	case OPT_BTF: o->probe.btf = optarg; return 0;
	case OPT_STRICT: o->strict = true; return 0;
	case OPT_NO_COLOR: return 0;
	case 'q': o->quiet = true; return 0;
	case 'v': o->verbose = o->probe.verbose = true; return 0;
	case 'h': o->help = true; return 0;
	case OPT_VERSION: o->version = true; return 0;
	default:
		return error_set(e, EXIT_USAGE, NULL, c == ':' ? "its value is missing" : "no such option", "bad option %s",
				 argv[optind - 1]);
	}
}

/* `-p $(pidof x)` makes three words of three processes. */
static int check_stray_pid(const struct options *o, char **words, struct error *e)
{
	uint64_t v;
	char list[160];
	int n;

	if (!o->pid_count || !text_parse_u64(words[0], &v) || v <= 60 || v > 1u << 30 || (kill((pid_t)v, 0) && errno == ESRCH))
		return 0;
	n = snprintf(list, sizeof(list), "to trace several: -p %d", o->pids[0]);
	for (int i = 0; words[i] && text_parse_u64(words[i], &v) && n < (int)sizeof(list) - 40; i++)
		n += snprintf(list + n, sizeof(list) - (size_t)n, ",%" PRIu64, v);
	snprintf(list + n, sizeof(list) - (size_t)n, "; for an interval say %ss", words[0]);
	return error_set(e, EXIT_USAGE, list, "a process has this number, and as an interval it is long", "unclear word '%s'",
			 words[0]);
}

/* The words at argv[optind]: INTERVAL, then COUNT; `words` were there before. */
static int parse_word(struct options *o, int words, char **argv, struct error *e)
{
	const char *word = argv[optind];

	if (words == 0) {
		if (check_stray_pid(o, argv + optind, e))
			return -1;
		o->interval_given = true;
		if (isdigit((unsigned char)*word) || *word == '.')
			return value_duration("INTERVAL", word, &o->interval_ns, e);
		return error_set(e, EXIT_USAGE, "a command to run follows '--'", "neither a command of mmtrace nor an interval",
				 "unknown word '%s'", word);
	}
	if (words > 1)
		return error_set(e, EXIT_USAGE, NULL, "too many words", "unknown word '%s'", word);
	return text_parse_u64(word, &o->count) && o->count ? 0 : value_bad(e, "COUNT", word, "not a number of intervals");
}

static int parse_command(struct options *o, int argc, char **argv, struct error *e)
{
	if (optind < argc && o->command)
		return error_set(e, EXIT_USAGE, NULL, "-c cannot be joined with -- CMD", "two targets");
	o->command = optind < argc ? argv + optind : NULL;
	return o->command ? 0 : error_set(e, EXIT_USAGE, NULL, "no command follows '--'", "nothing to run");
}

/* What would have no effect is refused. */
static int check_effect(struct options *o, struct error *e)
{
	const struct { bool wrong; const char *what, *cause, *hint; } rules[] = {
		{ o->pid_count && o->tid_count, "two targets", "-p and -t exclude each other", "-t traces threads alone" },
		{ !o->trace && o->filter.classes, "-F has no effect", "live counts all classes", "'mmtrace trace -F' chooses" },
		{ !o->trace && o->filter.to, "--range has no effect", "live shows all addresses", "'mmtrace trace --range' chooses" },
		{ o->expand_count && o->probe.scope == MMT_SCOPE_LIST, "--expand has no effect",
		  "VMAs are shown anyway but with -a and --cgroup", "leave it away" },
		{ o->trace && o->top >= 0, "-n has no effect", "trace shows no table", "use live" },
		{ o->trace && o->sort, "-s has no effect", "trace is in order of time", "use live" },
		{ o->trace && o->columns.count, "--columns has no effect", "trace shows no table", "use live" },
		{ o->json && o->columns.count, "--columns has no effect", "--json has all fields", "leave one of them away" },
		{ o->probe.aggregate && o->trace, "nothing to show", "trace shows single events", "leave --aggregate away" },
		{ o->max_overhead > 0 && o->trace, "cannot limit the overhead", "trace shows single events",
		  "use live, or --sample" },
		{ o->probe.scope != MMT_SCOPE_LIST && !o->trace && !o->json && o->sort && !sort_known_of_processes(o->sort),
		  "no such key of processes", "-a and --cgroup sort by pid, comm, faults, rate, minor, major, p50, p99, max or a class",
		  "'mmtrace trace -F help' lists the classes" },
	};

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (rules[i].wrong)
			return error_set(e, EXIT_USAGE, rules[i].hint, rules[i].cause, "%s", rules[i].what);
	return 0;
}

/* Exactly one kind of target; what follows from it. */
static int check_target(struct options *o, struct error *e)
{
	int kinds = (o->pid_count || o->tid_count) + (o->command != NULL) + (o->cgroup != NULL) +
		    (o->probe.scope == MMT_SCOPE_ALL);

	if (!kinds)
		return error_set(e, EXIT_USAGE, NULL, "give -p PID, -t TID, --cgroup PATH, -a or -- CMD", "no target");
	if (kinds > 1)
		return error_set(e, EXIT_USAGE, NULL, "-p and -t, --cgroup, -a and -- CMD exclude each other", "two targets");
	if (check_effect(o, e))
		return -1;
	if (!o->sort)
		o->sort = "rate";
	o->probe.sampling = o->sample > 1 || o->max_overhead > 0;
	if (o->probe.scope != MMT_SCOPE_LIST && !o->trace)
		o->probe.aggregate = true;
	return 0;
}

/* Options may follow the words; what follows "--" is CMD's. */
static int parse_all(struct options *o, int argc, char **argv, struct error *e)
{
	for (int words = 0;; words++) {
		int c, before = optind;

		while ((c = getopt_long(argc, argv, "+:ac:p:t:d:i:n:s:o:F:qvh", longs, NULL)) != -1) {
			if (parse_one(o, c, argv, e))
				return -1;
			before = optind;
		}
		if (o->help || o->version || o->columns_help || o->classes_help)
			return 0;
		if (optind > before) /* getopt took "--" */
			return parse_command(o, argc, argv, e);
		if (optind >= argc)
			return 0;
		if (parse_word(o, words, argv, e))
			return -1;
		optind++;
	}
}

static int parse(struct options *o, int argc, char **argv, struct error *e)
{
	if (parse_all(o, argc, argv, e))
		return -1;
	if (o->help || o->version || o->columns_help || o->classes_help)
		return 0;
	o->probe.each = o->trace;
	o->probe.calls = o->trace && !o->filter.classes;
	return check_target(o, e);
}

int options_parse(struct options *o, int argc, char **argv, struct error *e)
{
	*o = (struct options){ .trace = o->trace, .interval_ns = 1000000000, .top = -1, .probe.follow = true };
	opterr = 0;
	return parse(o, argc, argv, e) ? error_hint(e, HINT) : 0;
}

bool options_want_vmas(const struct options *o, pid_t pid)
{
	if (o->probe.scope == MMT_SCOPE_LIST)
		return true;
	for (int i = 0; i < o->expand_count; i++)
		if (o->expand[i] == pid)
			return true;
	return false;
}
