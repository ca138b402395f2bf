/* SPDX-License-Identifier: GPL-2.0 */
#include "cmd/leak_options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "view/leak.h"

#define HINT "'mmtrace leak --help' lists the options"
#define ENTRIES_MAX (1u << 26)

enum { OPT_OLDER = 256, OPT_SLAB, OPT_MODULE, OPT_NO_FOLLOW, OPT_SAMPLE, OPT_ENTRIES, OPT_JSON, OPT_BACKEND, OPT_BTF, OPT_STRICT };

static const struct option longs[] = {
	{ "pid", required_argument, NULL, 'p' },
	{ "command", required_argument, NULL, 'c' },
	{ "no-follow", no_argument, NULL, OPT_NO_FOLLOW },
	{ "duration", required_argument, NULL, 'd' },
	{ "interval", required_argument, NULL, 'i' },
	{ "older", required_argument, NULL, OPT_OLDER },
	{ "slab", required_argument, NULL, OPT_SLAB },
	{ "module", required_argument, NULL, OPT_MODULE },
	{ "min-size", required_argument, NULL, 'z' },
	{ "max-size", required_argument, NULL, 'Z' },
	{ "sample", required_argument, NULL, OPT_SAMPLE },
	{ "entries", required_argument, NULL, OPT_ENTRIES },
	{ "kernel-stacks", no_argument, NULL, 'K' },
	{ "top", required_argument, NULL, 'n' },
	{ "sort", required_argument, NULL, 's' },
	{ "output", required_argument, NULL, 'o' },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "backend", required_argument, NULL, OPT_BACKEND },
	{ "btf", required_argument, NULL, OPT_BTF },
	{ "strict", no_argument, NULL, OPT_STRICT },
	{ "quiet", no_argument, NULL, 'q' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

void leak_options_help(void)
{
	puts("Usage: mmtrace leak [kmalloc|slab|vmalloc|page]... [options] [INTERVAL [COUNT]]\n"
	     "       mmtrace leak [kmalloc|slab|vmalloc|page]... [options] -- CMD ARGS\n"
	     "Shows kernel memory that was allocated while tracing and not freed, by call site.\n"
	     "Domains: kmalloc and slab unless others are named; vmalloc and page (page\n"
	     "allocator) take a kernel stack, about 2 us, of each allocation.\n\n"
	     "  -p, --pid PID[,PID...]   only what these processes and their children allocate\n"
	     "      --no-follow          leave children alone\n"
	     "  -- CMD ARGS              start CMD and show what it leaves behind\n"
	     "  -c, --command TEXT       the same for a line of the shell\n"
	     "  -d, --duration TIME      stop after 5s, 500ms, 2m\n"
	     "  -i, --interval TIME      time between tables; without one a terminal gets one each\n"
	     "                           second, a file only the last\n"
	     "      --older TIME         show only allocations of at least this age\n"
	     "      --slab CACHE         only of this slab cache; kmalloc-N: kmalloc of N bytes\n"
	     "      --module NAME        only what the code of this kernel module asked for\n"
	     "  -z, --min-size BYTES     only allocations that take at least so much\n"
	     "  -Z, --max-size BYTES     ... at most so much\n"
	     "      --sample N           trace one of N addresses; counts are scaled up\n"
	     "      --entries N          allocations that the table holds (1048576: 96 MB)\n"
	     "  -K, --kernel-stacks      rows by kernel stack (about 2 us an allocation)\n"
	     "  -n, --top ROWS           rows at most (30; 0: all)\n"
	     "  -s, --sort KEY           bytes count age growth; -KEY reverses\n"
	     "      --json               JSON lines (schema 1)\n"
	     "  -o, --output FILE        write there\n"
	     "      --backend HOOK=NAME  force a backend, e.g. leak_vmalloc=fentry\n"
	     "      --btf FILE           BTF of the running kernel, if it has none itself\n"
	     "      --strict             exit 5 if allocations or frees went by unseen\n"
	     "  -q, --quiet              only the last table\n"
	     "  -v, --verbose            messages of libbpf\n"
	     "  -h, --help\n\n"
	     "TREND: grows (to the end, as a leak does; with the confidence that it is no chance),\n"
	     "levels (less and less, as a cache that fills up), steady, falls; - too short to tell.");
}

static int parse_sort(struct leak_command_options *o, const char *key, struct error *e)
{
	o->reverse = *key == '-';
	for (int i = 0; i < OUTSTANDING_SORTS; i++)
		if (!strcmp(outstanding_sort_keys[i], key + o->reverse)) {
			o->sort = i;
			return 0;
		}
	return value_bad(e, "-s", key, "keys: bytes count age growth");
}

static int parse_number(struct leak_command_options *o, int c, struct error *e)
{
	struct mmt_leak_config *config = &o->probe.config;
	uint64_t v = 0;

	switch (c) {
	case 'd': return value_duration("-d", optarg, &o->duration_ns, e);
	case 'i': return value_duration("-i", optarg, &o->interval_ns, e);
	case OPT_OLDER: return value_duration("--older", optarg, &o->older_ns, e);
	case 'n': return value_rows(optarg, &o->top, e);
	case 'z':
	case 'Z':
		if (value_bytes(c == 'z' ? "-z" : "-Z", optarg, &v, e))
			return -1;
		*(c == 'z' ? &config->min_bytes : &config->max_bytes) = v;
		return 0;
	case OPT_SAMPLE:
		if (value_number("--sample", optarg, 1, 1u << 20, &v, e))
			return -1;
		config->sample = (uint32_t)v;
		return 0;
	default:
		if (value_number("--entries", optarg, 1, ENTRIES_MAX, &v, e))
			return -1;
		o->probe.entries = (uint32_t)v;
		return 0;
	}
}

static int parse_one(struct leak_command_options *o, int c, char **argv, struct error *e)
{
	switch (c) {
	case 'p': return value_ids("-p", optarg, o->who.pids, &o->who.pid_count, e);
	case 'c': return chosen_shell(&o->who, optarg, e);
	case OPT_NO_FOLLOW: o->who.follow = false; return 0;
	case 'd': case 'i': case 'n': case 'z': case 'Z': case OPT_OLDER: case OPT_SAMPLE: case OPT_ENTRIES:
		return parse_number(o, c, e);
	case OPT_SLAB: o->slab = optarg; return 0;
	case OPT_MODULE: o->module = optarg; return 0;
	case 'K': o->probe.config.stacks = 1; return 0;
	case 's': return parse_sort(o, optarg, e);
	case 'o': o->output = optarg; return 0;
	case OPT_JSON: o->json = true; return 0;
	case OPT_BACKEND: return value_backend(o->probe.force, OBJECT_LEAK, optarg, e);
	case OPT_BTF: o->probe.btf = optarg; return 0;
	case OPT_STRICT: o->strict = true; return 0;
	case 'q': o->quiet = true; return 0;
	case 'v': o->probe.verbose = true; return 0;
	case 'h': o->help = true; return 0;
	default:
		return error_set(e, EXIT_USAGE, NULL, c == ':' ? "its value is missing" : "no such option", "bad option %s",
				 argv[optind - 1]);
	}
}

/* Bit of a domain; 0: no such word. */
static uint32_t domain_bit(const char *word)
{
	for (int d = 0; d < MMT_LEAK_DOMAINS; d++)
		if (!strcmp(leak_domain_keys[d], word))
			return 1u << d;
	return strcmp(word, "pages") ? 0 : 1u << MMT_LEAK_PAGE;
}

/* A domain, then the interval, then the number of intervals. */
static int parse_word(struct leak_command_options *o, const char *word, struct error *e)
{
	if (domain_bit(word)) {
		o->probe.config.domains |= domain_bit(word);
		return 0;
	}
	if (!o->interval_word && text_parse_duration(word, &o->interval_ns)) {
		o->interval_word = true;
		return 0;
	}
	if (o->interval_word && !o->count)
		return value_number("COUNT", word, 1, UINT64_MAX, &o->count, e);
	return error_set(e, EXIT_USAGE, NULL, "neither a domain (kmalloc slab vmalloc page) nor an interval and a count",
			 "unknown word '%s'", word);
}

static int parse(struct leak_command_options *o, int argc, char **argv, struct error *e)
{
	struct mmt_leak_config *config = &o->probe.config;
	int c;

	while ((c = getopt_long(argc, argv, "-:c:p:d:i:z:Z:Kn:s:o:qvh", longs, NULL)) != -1)
		if (c == 1 ? parse_word(o, optarg, e) : parse_one(o, c, argv, e))
			return -1;
	if (o->help)
		return 0;
	if (config->max_bytes && config->max_bytes < config->min_bytes)
		return error_set(e, EXIT_USAGE, NULL, "-Z is less than -z", "no size is left");
	if (!config->domains)
		config->domains = 1u << MMT_LEAK_KMALLOC | 1u << MMT_LEAK_SLAB;
	return chosen_command(&o->who, argc, argv, e);
}

int leak_options_parse(struct leak_command_options *o, int argc, char **argv, struct error *e)
{
	*o = (struct leak_command_options){ .probe.entries = LEAK_ENTRIES, .probe.config.sample = 1, .top = -1, .who.follow = true };
	opterr = 0;
	return parse(o, argc, argv, e) ? error_hint(e, HINT) : 0;
}
