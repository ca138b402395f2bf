/* SPDX-License-Identifier: GPL-2.0 */
#include "cmd/options.h"

#include <getopt.h>
#include <inttypes.h>
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
	     "  -p, --pid PID[,PID...]   processes to trace; their children are followed\n"
	     "  -t, --tid TID[,TID...]   only faults that these threads execute\n"
	     "      --cgroup PATH        processes of a cgroup (v2) and of those below it\n"
	     "  -a, --all                every process; live shows processes first\n"
	     "      --expand PID[,...]   with -a or --cgroup: the VMAs of these processes too\n"
	     "  -- CMD ARGS              start CMD and trace it from its first instruction\n"
	     "  -c, --command TEXT       the same for a line of the shell\n"
	     "  -d, --duration TIME      stop after 5s, 500ms, 2m\n"
	     "  -i, --interval TIME      time between tables (1s)\n"
	     "  -n, --top ROWS           rows at most (what fits the terminal, else 30; 0: all)\n"
	     "  -s, --sort KEY           any column: rate faults major size rss p99 addr ...; -KEY reverses\n"
	     "      --columns KEY,...    columns of the table of VMAs; 'help' lists them\n"
	     "      --json               JSON lines (schema 1)\n"
	     "  -F, --faults CLASS,...   trace: only faults of these classes\n"
	     "      --range START-END    trace: only faults at these addresses (hexadecimal)\n"
	     "  -o, --output FILE        write there\n"
	     "      --no-follow          leave children alone\n"
	     "      --backend HOOK=NAME  force a backend, e.g. fault=tracepoint\n"
	     "      --aggregate          count in the kernel, stream nothing (default with -a, --cgroup)\n"
	     "      --sample N           look at one in N minor faults; process totals stay exact\n"
	     "      --max-overhead PCT   aggregate, then sample, to cost the targets at most PCT % of their CPU\n"
	     "      --ring-size BYTES    data ring, a power of two (4M)\n"
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

int options_bad(struct error *e, const char *option, const char *value, const char *why)
{
	return error_set(e, EXIT_USAGE, HINT, why, "bad value '%s' of %s", value, option);
}

int options_ids(const char *list, const char *option, pid_t *out, int *count, struct error *e)
{
	char *copy = strdup(list), *save = NULL, *one;
	int err = 0;

	for (one = strtok_r(copy, ",", &save); one && !err; one = strtok_r(NULL, ",", &save)) {
		uint64_t v;

		if (!text_parse_u64(one, &v) || !v || v > 1u << 30)
			err = options_bad(e, option, one, "not a number of a process");
		else if (*count == TARGET_MAX)
			err = options_bad(e, option, one, "too many, 256 at most");
		else
			out[(*count)++] = (pid_t)v;
	}
	free(copy);
	return err || *count ? err : options_bad(e, option, list, "no number given");
}

static bool parse_range(const char *range, struct trace_filter *f)
{
	int used = 0;

	/* sscanf alone would take signs, spaces and whatever follows */
	return strspn(range, "0123456789abcdefABCDEFxX-") == strlen(range) && range[0] != '-' && !strstr(range, "--") &&
	       sscanf(range, "%" SCNx64 "-%" SCNx64 "%n", &f->from, &f->to, &used) == 2 && !range[used] && f->to > f->from;
}

int options_backend(const char *force[HOOK_COUNT], char *arg, struct error *e)
{
	char *name = strchr(arg, '=');

	if (!name)
		return options_bad(e, "--backend", arg, "it takes HOOK=NAME");
	*name++ = '\0';
	for (int h = 0; h < HOOK_COUNT; h++)
		if (!strcmp(hooks[h].key, arg)) {
			force[h] = name;
			return 0;
		}
	return error_set(e, EXIT_USAGE, "'mmtrace doctor' lists the hooks", "no such hook", "bad value '%s' of --backend", arg);
}

static int parse_numbers(struct options *o, int c, struct error *e)
{
	char *rest = NULL;
	uint64_t v;

	switch (c) {
	case 'd':
		return text_parse_duration(optarg, &o->duration_ns) ? 0 : options_bad(e, "-d", optarg, "not a duration like 5s");
	case 'i':
		return text_parse_duration(optarg, &o->interval_ns) ? 0 : options_bad(e, "-i", optarg, "not a duration like 5s");
	case 'n':
		if (!text_parse_u64(optarg, &v) || v > 1000000)
			return options_bad(e, "-n", optarg, "not a number of rows");
		o->top = (int)v;
		return 0;
	case OPT_SAMPLE:
		if (!text_parse_u64(optarg, &v) || !v || v > 65535)
			return options_bad(e, "--sample", optarg, "not a number from 1 to 65535");
		o->sample = (uint32_t)v;
		return 0;
	case OPT_LIMIT:
		o->max_overhead = strtod(optarg, &rest);
		return rest != optarg && !*rest && o->max_overhead > 0 && o->max_overhead <= 100
			       ? 0 : options_bad(e, "--max-overhead", optarg, "not a percentage above 0");
	case OPT_ROWS:
		if (!text_parse_u64(optarg, &v) || !v || v > 1u << 24)
			return options_bad(e, "--rows", optarg, "not a number of rows from 1 to 16777216");
		o->probe.rows = (uint32_t)v;
		return 0;
	default:
		if (!text_parse_bytes(optarg, &v) || v < 4096 || v > 1u << 30 || (v & (v - 1)))
			return options_bad(e, c == OPT_RING ? "--ring-size" : "--control-size", optarg,
				   "not a power of two from 4K to 1G");
		*(c == OPT_RING ? &o->probe.ring_bytes : &o->probe.control_bytes) = v;
		return 0;
	}
}

static int parse_one(struct options *o, int c, char **argv, struct error *e)
{
	switch (c) {
	case 'p': return options_ids(optarg, "-p", o->pids, &o->pid_count, e);
	case 't': return options_ids(optarg, "-t", o->tids, &o->tid_count, e);
	case 'd': case 'i': case 'n': case OPT_RING: case OPT_ROWS: case OPT_CONTROL: case OPT_SAMPLE: case OPT_LIMIT:
		return parse_numbers(o, c, e);
	case 'c':
		o->shell[0] = "/bin/sh";
		o->shell[1] = "-c";
		o->shell[2] = optarg;
		o->command = o->shell;
		return *optarg ? 0 : options_bad(e, "-c", optarg, "no command");
	case 's':
		o->sort = optarg;
		return sort_known(optarg) ? 0 : options_bad(e, "-s", optarg, "keys: any column, see --columns help");
	case 'F':
		return trace_classes(optarg, &o->filter.classes) ? 0 : options_bad(e, "-F", optarg, "classes: see mmtrace-trace(1)");
	case OPT_RANGE:
		return parse_range(optarg, &o->filter) ? 0 : options_bad(e, "--range", optarg, "not START-END in hexadecimal");
	case 'a': o->probe.scope = MMT_SCOPE_ALL; return 0;
	case OPT_CGROUP: o->cgroup = optarg; o->probe.scope = MMT_SCOPE_CGROUP; return 0;
	case OPT_EXPAND: return options_ids(optarg, "--expand", o->expand, &o->expand_count, e);
	case OPT_AGGREGATE: o->probe.aggregate = true; return 0;
	case OPT_COLUMNS:
		o->columns_help = !strcmp(optarg, "help");
		return o->columns_help || columns_parse(optarg, &o->columns)
			       ? 0 : options_bad(e, "--columns", optarg, "no such column, see --columns help");
	case 'o': o->output = optarg; return 0;
	case OPT_JSON: o->json = true; return 0;
	case OPT_NO_FOLLOW: o->probe.follow = false; return 0;
	case OPT_BACKEND: return options_backend(o->probe.force, optarg, e);
	case OPT_BTF: o->probe.btf = optarg; return 0;
	case OPT_STRICT: o->strict = true; return 0;
	case OPT_NO_COLOR: return 0;
	case 'q': o->quiet = true; return 0;
	case 'v': o->verbose = o->probe.verbose = true; return 0;
	case 'h': o->help = true; return 0;
	case OPT_VERSION: o->version = true; return 0;
	default:
		return error_set(e, EXIT_USAGE, HINT, c == ':' ? "its value is missing" : "no such option", "bad option %s",
				 argv[optind - 1]);
	}
}

static int parse_positional(struct options *o, int argc, char **argv, struct error *e)
{
	if (optind > 1 && optind <= argc && !strcmp(argv[optind - 1], "--") && optind < argc && o->command)
		return error_set(e, EXIT_USAGE, HINT, "-c cannot be joined with -- CMD", "two targets");
	if (optind > 1 && optind <= argc && !strcmp(argv[optind - 1], "--")) {
		o->command = optind < argc ? argv + optind : NULL;
		return o->command ? 0 : error_set(e, EXIT_USAGE, HINT, "no command follows '--'", "nothing to run");
	}
	if (optind < argc && !text_parse_duration(argv[optind], &o->interval_ns))
		return error_set(e, EXIT_USAGE, "a command to run follows '--'", "neither a command of mmtrace nor an interval",
				 "unknown word '%s'", argv[optind]);
	if (++optind < argc && (!text_parse_u64(argv[optind], &o->count) || !o->count))
		return options_bad(e, "COUNT", argv[optind], "not a number of intervals");
	if (++optind < argc)
		return error_set(e, EXIT_USAGE, HINT, "too many words", "unknown word '%s'", argv[optind]);
	return 0;
}

/* Exactly one kind of target; what follows from it. */
static int check_target(struct options *o, struct error *e)
{
	int kinds = (o->pid_count || o->tid_count) + (o->command != NULL) + (o->cgroup != NULL) +
		    (o->probe.scope == MMT_SCOPE_ALL);

	if (!kinds)
		return error_set(e, EXIT_USAGE, HINT, "give -p PID, -t TID, --cgroup PATH, -a or -- CMD", "no target");
	if (kinds > 1)
		return error_set(e, EXIT_USAGE, HINT, "-p and -t, --cgroup, -a and -- CMD exclude each other", "two targets");
	if (o->probe.aggregate && o->trace)
		return error_set(e, EXIT_USAGE, "leave --aggregate away", "trace shows single events", "nothing to show");
	if (o->max_overhead > 0 && o->trace)
		return error_set(e, EXIT_USAGE, "use live, or --sample", "trace shows single events", "cannot limit the overhead");
	o->probe.sampling = o->sample > 1 || o->max_overhead > 0;
	if (o->probe.scope != MMT_SCOPE_LIST && !o->trace)
		o->probe.aggregate = true;
	return 0;
}

int options_parse(struct options *o, int argc, char **argv, struct error *e)
{
	int c;

	*o = (struct options){ .trace = o->trace, .interval_ns = 1000000000, .top = -1, .sort = "rate", .probe.follow = true };
	opterr = 0;
	while ((c = getopt_long(argc, argv, "+:ac:p:t:d:i:n:s:o:F:qvh", longs, NULL)) != -1)
		if (parse_one(o, c, argv, e))
			return -1;
	if (o->help || o->version || o->columns_help)
		return 0;
	o->probe.calls = o->trace && !o->filter.classes;
	if (parse_positional(o, argc, argv, e))
		return -1;
	return check_target(o, e);
}
