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

enum { OPT_OLDER = 256, OPT_SLAB, OPT_SAMPLE, OPT_ENTRIES, OPT_JSON, OPT_BACKEND, OPT_BTF, OPT_STRICT };

static const struct option longs[] = {
	{ "pid", required_argument, NULL, 'p' },
	{ "duration", required_argument, NULL, 'd' },
	{ "interval", required_argument, NULL, 'i' },
	{ "older", required_argument, NULL, OPT_OLDER },
	{ "slab", required_argument, NULL, OPT_SLAB },
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
	     "Shows kernel memory that was allocated while tracing and not freed, by call site.\n"
	     "Domains: kmalloc and slab unless others are named; vmalloc and page (page\n"
	     "allocator) take a kernel stack, about 2 us, of each allocation.\n\n"
	     "  -p, --pid PID[,PID...]   only what these processes allocate\n"
	     "  -d, --duration TIME      stop after 5s, 500ms, 2m\n"
	     "  -i, --interval TIME      time between tables; without one a terminal gets one each\n"
	     "                           second, a file only the last\n"
	     "      --older TIME         show only allocations of at least this age\n"
	     "      --slab CACHE         only of this slab cache; kmalloc-N: kmalloc of N bytes\n"
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

static int bad(struct error *e, const char *option, const char *value, const char *why)
{
	return error_set(e, EXIT_USAGE, HINT, why, "bad value '%s' of %s", value, option);
}

static int parse_pids(struct leak_command_options *o, const char *list, struct error *e)
{
	char *copy = strdup(list), *save = NULL;
	int err = 0;

	for (char *one = strtok_r(copy, ",", &save); one && !err; one = strtok_r(NULL, ",", &save)) {
		uint64_t v;

		if (!text_parse_u64(one, &v) || !v || v > 1u << 30)
			err = bad(e, "-p", one, "not a number of a process");
		else if (o->pid_count == LEAK_PIDS)
			err = bad(e, "-p", one, "too many, 256 at most");
		else
			o->pids[o->pid_count++] = (pid_t)v;
	}
	free(copy);
	return err || o->pid_count ? err : bad(e, "-p", list, "no number given");
}

static int parse_sort(struct leak_command_options *o, const char *key, struct error *e)
{
	o->reverse = *key == '-';
	for (int i = 0; i < OUTSTANDING_SORTS; i++)
		if (!strcmp(outstanding_sort_keys[i], key + o->reverse)) {
			o->sort = i;
			return 0;
		}
	return bad(e, "-s", key, "keys: bytes count age growth");
}

static int parse_backend(struct leak_command_options *o, char *arg, struct error *e)
{
	char *name = strchr(arg, '=');

	if (!name)
		return bad(e, "--backend", arg, "it takes HOOK=NAME");
	*name++ = '\0';
	for (int h = 0; h < HOOK_COUNT; h++)
		if (!strcmp(hooks[h].key, arg) && hooks[h].object == OBJECT_LEAK) {
			o->probe.force[h] = name;
			return 0;
		}
	return error_set(e, EXIT_USAGE, "'mmtrace doctor' lists the hooks", "leak has no such hook",
			 "bad value '%s' of --backend", arg);
}

static int parse_time(const char *option, uint64_t *out, struct error *e)
{
	return text_parse_duration(optarg, out) ? 0 : bad(e, option, optarg, "not a duration like 5s");
}

static int parse_number(const char *option, uint64_t max, uint64_t *out, struct error *e)
{
	return text_parse_u64(optarg, out) && *out && *out <= max ? 0 : bad(e, option, optarg, "not a number in its range");
}

static int parse_bound(const char *option, uint64_t *out, struct error *e)
{
	return text_parse_bytes(optarg, out) ? 0 : bad(e, option, optarg, "not a size like 4096 or 4K");
}

static int parse_one(struct leak_command_options *o, int c, char **argv, struct error *e)
{
	struct mmt_leak_config *config = &o->probe.config;
	uint64_t v = 0;
	int err = 0;

	switch (c) {
	case 'p': return parse_pids(o, optarg, e);
	case 'd': return parse_time("-d", &o->duration_ns, e);
	case 'i': return parse_time("-i", &o->interval_ns, e);
	case OPT_OLDER: return parse_time("--older", &o->older_ns, e);
	case OPT_SLAB: o->slab = optarg; break;
	case 'z': err = parse_bound("-z", &v, e); config->min_bytes = v; break;
	case 'Z': err = parse_bound("-Z", &v, e); config->max_bytes = v; break;
	case OPT_SAMPLE: err = parse_number("--sample", 1u << 20, &v, e); config->sample = (uint32_t)v; break;
	case OPT_ENTRIES: err = parse_number("--entries", ENTRIES_MAX, &v, e); o->probe.entries = (uint32_t)v; break;
	case 'K': config->stacks = 1; break;
	case 'n':
		if (!text_parse_u64(optarg, &v) || v > 1000000)
			return bad(e, "-n", optarg, "not a number of rows");
		o->top = (int)v;
		break;
	case 's': return parse_sort(o, optarg, e);
	case 'o': o->output = optarg; break;
	case OPT_JSON: o->json = true; break;
	case OPT_BACKEND: return parse_backend(o, optarg, e);
	case OPT_BTF: o->probe.btf = optarg; break;
	case OPT_STRICT: o->strict = true; break;
	case 'q': o->quiet = true; break;
	case 'v': o->probe.verbose = true; break;
	case 'h': o->help = true; break;
	default:
		return error_set(e, EXIT_USAGE, HINT, c == ':' ? "its value is missing" : "no such option", "bad option %s",
				 argv[optind - 1]);
	}
	return err;
}

/* Bit of a domain; 0: no such word. */
static uint32_t domain_bit(const char *word)
{
	for (int d = 0; d < MMT_LEAK_DOMAINS; d++)
		if (!strcmp(leak_domain_keys[d], word))
			return 1u << d;
	return strcmp(word, "pages") ? 0 : 1u << MMT_LEAK_PAGE;
}

static int parse_words(struct leak_command_options *o, int n, char **words, struct error *e)
{
	uint32_t *domains = &o->probe.config.domains;
	int at = 0;

	while (at < n && domain_bit(words[at]))
		*domains |= domain_bit(words[at++]);
	if (!*domains)
		*domains = 1u << MMT_LEAK_KMALLOC | 1u << MMT_LEAK_SLAB;
	if (at < n && !text_parse_duration(words[at], &o->interval_ns))
		return error_set(e, EXIT_USAGE, HINT, "neither a domain (kmalloc slab vmalloc page) nor an interval",
				 "unknown word '%s'", words[at]);
	if (++at < n && (!text_parse_u64(words[at], &o->count) || !o->count))
		return bad(e, "COUNT", words[at], "not a number of intervals");
	if (++at < n)
		return error_set(e, EXIT_USAGE, HINT, "too many words", "unknown word '%s'", words[at]);
	return 0;
}

int leak_options_parse(struct leak_command_options *o, int argc, char **argv, struct error *e)
{
	const struct mmt_leak_config *config = &o->probe.config;
	int c;

	*o = (struct leak_command_options){ .probe.entries = LEAK_ENTRIES, .probe.config.sample = 1, .top = -1 };
	opterr = 0;
	while ((c = getopt_long(argc, argv, ":p:d:i:z:Z:Kn:s:o:qvh", longs, NULL)) != -1)
		if (parse_one(o, c, argv, e))
			return -1;
	if (o->help)
		return 0;
	if (config->max_bytes && config->max_bytes < config->min_bytes)
		return error_set(e, EXIT_USAGE, HINT, "-Z is less than -z", "no size is left");
	return parse_words(o, argc - optind, argv + optind, e);
}
