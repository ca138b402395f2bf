/* SPDX-License-Identifier: GPL-2.0 */
#include "cmd/hist_options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define HINT "'mmtrace hist --help' lists domains, keys and options"

enum { OPT_BY = 256, OPT_CGROUP, OPT_MODULE, OPT_FREES, OPT_LOOK_THROUGH, OPT_ROWS, OPT_NO_FOLLOW, OPT_JSON, OPT_ASCII, OPT_BACKEND, OPT_BTF, OPT_STRICT };

static const struct option longs[] = {
	{ "by", required_argument, NULL, OPT_BY },
	{ "pid", required_argument, NULL, 'p' },
	{ "command", required_argument, NULL, 'c' },
	{ "cgroup", required_argument, NULL, OPT_CGROUP },
	{ "module", required_argument, NULL, OPT_MODULE },
	{ "min-size", required_argument, NULL, 'z' },
	{ "max-size", required_argument, NULL, 'Z' },
	{ "frees", no_argument, NULL, OPT_FREES },
	{ "look-through", no_argument, NULL, OPT_LOOK_THROUGH },
	{ "rows", required_argument, NULL, OPT_ROWS },
	{ "no-follow", no_argument, NULL, OPT_NO_FOLLOW },
	{ "interval", required_argument, NULL, 'i' },
	{ "duration", required_argument, NULL, 'd' },
	{ "top", required_argument, NULL, 'n' },
	{ "sort", required_argument, NULL, 's' },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "ascii", no_argument, NULL, OPT_ASCII },
	{ "output", required_argument, NULL, 'o' },
	{ "backend", required_argument, NULL, OPT_BACKEND },
	{ "btf", required_argument, NULL, OPT_BTF },
	{ "strict", no_argument, NULL, OPT_STRICT },
	{ "quiet", no_argument, NULL, 'q' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static const struct { const char *key, *help; bool by_default, sized; uint32_t keys; } domains[MMT_DOMAIN_COUNT] = {
#define DOMAIN(NAME, n, key, sized, timed, by_default, keys, help) [n] = { key, help, by_default, sized, keys },
#include "wire/domains.def"
#undef DOMAIN
};

static const struct { const char *key, *help; } keys[MMT_KEY_COUNT] = {
#define HIST_KEY(NAME, n, key, help) [n] = { key, help },
#include "wire/hist_keys.def"
#undef HIST_KEY
};

void hist_options_help(void)
{
	puts("Usage: mmtrace hist [DOMAIN...] [OPTION...] [INTERVAL [COUNT]]\n"
	     "       mmtrace hist [DOMAIN...] [OPTION...] -- CMD ARGS\n"
	     "Histograms of allocations by size, kept in the kernel; of the whole system unless\n"
	     "told otherwise. Ctrl-C ends with the summary.\n\nDomains (* by default):");
	for (int d = 0; d < MMT_DOMAIN_COUNT; d++)
		printf("  %c %-10s %s\n", domains[d].by_default ? '*' : ' ', domains[d].key, domains[d].help);
	puts("    reclaim    direct memcg kswapd compact swapout swapin: those that work here\n"
	     "\n      --by KEY[,KEY]       a row for each value of one or two of these:");
	for (int k = 0; k < MMT_KEY_COUNT; k++)
		printf("        %-10s %s\n", keys[k].key, keys[k].help);
	puts("  -p, --pid PID[,PID...]   only what these processes and their children allocate\n"
	     "      --no-follow          leave children alone\n"
	     "  -c, --command TEXT       as -- CMD, for a line of the shell\n"
	     "      --cgroup DIR         only processes below this cgroup (v2)\n"
	     "      --module NAME        only what the code of this kernel module asks for\n"
	     "  -z, --min-size BYTES     only sizes from here (of what has sizes)\n"
	     "  -Z, --max-size BYTES     only sizes up to here\n"
	     "      --frees              count frees too\n"
	     "      --look-through       for wrappers such as kmemdup the function that called them\n"
	     "                           (walks the stack for these, about 2 us each)\n"
	     "      --rows N             rows that the kernel keeps for --by (16384)\n"
	     "  -i, --interval TIME      tables of each 1s, 500ms... beside the summary; as INTERVAL\n"
	     "  -d, --duration TIME      stop after 5s, 500ms, 2m\n"
	     "  -n, --top ROWS           rows for each domain (20; 0: all)\n"
	     "  -s, --sort KEY           count, bytes (time lost too), waste (count; reclaim: time lost)\n"
	     "      --json               JSON lines (schema 1): totals since the start, at each interval\n"
	     "      --ascii              bars without Unicode\n"
	     "  -o, --output FILE        write there\n"
	     "      --backend HOOK=NAME  force a backend, e.g. vmalloc=fentry\n"
	     "      --btf FILE           BTF of the running kernel, if it has none itself\n"
	     "      --strict             exit 5 if an event was missed\n"
	     "  -q, --quiet              only the summary at the end\n"
	     "  -v, --verbose            messages of libbpf\n"
	     "  -h, --help");
}

static int parse_by(struct hist_options *o, const char *list, struct error *e)
{
	char *copy = strdup(list), *save = NULL;
	int n = 0, err = 0;

	for (char *one = strtok_r(copy, ",", &save); one && !err; one = strtok_r(NULL, ",", &save)) {
		uint8_t k = 0;

		while (k < MMT_KEY_COUNT && strcmp(keys[k].key, one))
			k++;
		if (k == MMT_KEY_COUNT)
			err = value_bad(e, "--by", one, "keys: site cache process order gfp node cgroup region migrate");
		else if (n == 2 || (n && o->kmem.config.by[0] == k))
			err = value_bad(e, "--by", list, "two different keys at most");
		else
			o->kmem.config.by[n++] = k;
	}
	free(copy);
	return err || n ? err : value_bad(e, "--by", list, "no key given");
}

static int parse_number(struct hist_options *o, int c, struct error *e)
{
	uint64_t v = 0;

	switch (c) {
	case 'i': return value_duration("-i", optarg, &o->interval_ns, e);
	case 'd': return value_duration("-d", optarg, &o->duration_ns, e);
	case 'z':
	case 'Z':
		if (value_bytes(c == 'z' ? "-z" : "-Z", optarg, &v, e))
			return -1;
		*(c == 'z' ? &o->kmem.config.size_min : &o->kmem.config.size_max) = v;
		return 0;
	case 'n': return value_rows(optarg, &o->top, e);
	default:
		if (value_number("--rows", optarg, 1, 1 << 22, &v, e))
			return -1;
		o->kmem.rows = (uint32_t)v;
		return 0;
	}
}

static int parse_one(struct hist_options *o, int c, char **argv, struct error *e)
{
	switch (c) {
	case OPT_BY: return parse_by(o, optarg, e);
	case 'p': return value_ids("-p", optarg, o->who.pids, &o->who.pid_count, e);
	case 'd': case 'i': case 'n': case 'z': case 'Z': case OPT_ROWS: return parse_number(o, c, e);
	case 's':
		o->sort_given = true;
		return hist_sort_parse(optarg, &o->sort) ? 0 : value_bad(e, "-s", optarg, "keys: count bytes waste");
	case 'c': return chosen_shell(&o->who, optarg, e);
	case OPT_CGROUP: o->who.cgroup = optarg; return 0;
	case OPT_MODULE: o->module = optarg; return 0;
	case OPT_FREES: o->kmem.frees = true; return 0;
	case OPT_LOOK_THROUGH: o->kmem.config.look_through = true; return 0;
	case OPT_NO_FOLLOW: o->who.follow = false; return 0;
	case OPT_JSON: o->json = true; return 0;
	case OPT_ASCII: o->ascii = true; return 0;
	case 'o': o->output = optarg; return 0;
	case OPT_BACKEND: return value_backend(o->kmem.force, OBJECT_HIST, optarg, e);
	case OPT_BTF: o->kmem.btf = optarg; return 0;
	case OPT_STRICT: o->strict = true; return 0;
	case 'q': o->quiet = true; return 0;
	case 'v': o->kmem.verbose = true; return 0;
	case 'h': o->help = true; return 0;
	default:
		return error_set(e, EXIT_USAGE, NULL, c == ':' ? "its value is missing" : "no such option", "bad option %s",
				 argv[optind - 1]);
	}
}

/* A word: a domain, or the interval, or the number of intervals. */
static int parse_word(struct hist_options *o, const char *word, struct error *e)
{
	for (int d = 0; d < MMT_DOMAIN_COUNT; d++)
		if (!strcmp(domains[d].key, word)) {
			o->named[d] = o->kmem.domain[d] = true;
			return 0;
		}
	if (!strcmp(word, "reclaim")) { /* a word for all that happens when memory runs short */
		o->group = true;
		return 0;
	}
	if (!o->interval_ns && text_parse_duration(word, &o->interval_ns))
		return 0;
	if (o->interval_ns && !o->count && text_parse_u64(word, &o->count) && o->count)
		return 0;
	return error_set(e, EXIT_USAGE, NULL, "neither a domain nor an interval and a count", "unknown word '%s'", word);
}

static uint32_t wanted_keys(const struct hist_options *o)
{
	uint32_t bits = 0;

	for (int i = 0; i < 2; i++)
		if (o->kmem.config.by[i] != MMT_KEY_NONE)
			bits |= HK_BIT(o->kmem.config.by[i]);
	if (o->module)
		bits |= HK_SITE;
	return bits;
}

/* Named domains must have the keys; of the others those that have them. */
static int choose_domains(struct hist_options *o, struct error *e)
{
	uint32_t wanted = wanted_keys(o);
	bool named = false, any = false;

	for (int d = 0; d < MMT_DOMAIN_COUNT; d++) {
		uint32_t missing = wanted & ~domains[d].keys;
		char list[128] = "";

		named |= o->named[d];
		if (!o->named[d] || !missing)
			continue;
		for (int k = 0; k < MMT_KEY_COUNT; k++)
			if (domains[d].keys & HK_BIT(k))
				snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%s", list[0] ? " " : "it has: ", keys[k].key);
		return error_set(e, EXIT_USAGE, NULL, list, "domain '%s' has no key '%s'", domains[d].key,
				 keys[__builtin_ctz(missing)].key);
	}
	for (int d = MMT_DOMAIN_DIRECT; d <= MMT_DOMAIN_SWAPIN && o->group; d++)
		any |= o->kmem.domain[d] |= !(wanted & ~domains[d].keys);
	for (int d = 0; d < MMT_DOMAIN_COUNT && !named && !o->group; d++)
		any |= o->kmem.domain[d] = domains[d].by_default && !(wanted & ~domains[d].keys);
	o->kmem.optional = !named || o->group;
	return named || any ? 0 : error_set(e, EXIT_USAGE, NULL, "no domain has both", "cannot split by these keys");
}

static int useless(struct error *e, const char *option, const char *why)
{
	return error_set(e, EXIT_USAGE, NULL, why, "%s would do nothing", option);
}

/* Options that nothing of what is counted heeds. */
static int check_use(const struct hist_options *o, struct error *e)
{
	bool sized = false, freed = false, by_site = (wanted_keys(o) & HK_SITE) != 0;
	bool limited = o->kmem.config.size_min || o->kmem.config.size_max != UINT64_MAX;

	for (int d = 0; d < MMT_DOMAIN_COUNT; d++) {
		sized |= o->kmem.domain[d] && domains[d].sized;
		freed |= o->kmem.domain[d] && kmem_counts_frees(d);
	}
	if (o->kmem.frees && !freed)
		return useless(e, "--frees", "of kmalloc, slab and page only frees are told");
	if (o->module && o->kmem.frees && o->kmem.domain[MMT_DOMAIN_PAGE])
		return error_set(e, EXIT_USAGE, "name other domains, or leave --frees or --module away",
				 "where pages are freed no site is told", "cannot choose frees by module");
	if (o->kmem.config.look_through && !by_site)
		return useless(e, "--look-through", "it is about sites: --by site");
	if (o->sort_given && o->kmem.config.by[0] == MMT_KEY_NONE)
		return useless(e, "-s", "it sorts rows: --by KEY");
	if (o->sort == HIST_BY_WASTE && !sized)
		return useless(e, "-s waste", "times have no waste");
	if (limited && !sized)
		return useless(e, "-z or -Z", "times have no size");
	if (limited && o->kmem.frees && o->kmem.domain[MMT_DOMAIN_KMALLOC])
		return error_set(e, EXIT_USAGE, "name other domains, or leave --frees or the size away", "kfree tells no size",
				 "cannot choose frees by size");
	return 0;
}

static int check(struct hist_options *o, struct error *e)
{
	if (o->kmem.config.size_min > o->kmem.config.size_max)
		return error_set(e, EXIT_USAGE, NULL, "-z is above -Z", "no size passes");
	o->kmem.config.filter_pid = o->who.pid_count || o->who.command;
	o->kmem.config.follow = o->who.follow;
	return choose_domains(o, e) ? -1 : check_use(o, e);
}

static int parse(struct hist_options *o, int argc, char **argv, struct error *e)
{
	int c;

	while ((c = getopt_long(argc, argv, "-:c:p:d:i:n:s:o:z:Z:qvh", longs, NULL)) != -1)
		if (c == 1 ? parse_word(o, optarg, e) : parse_one(o, c, argv, e))
			return -1;
	if (o->help)
		return 0;
	return chosen_command(&o->who, argc, argv, e) ? -1 : check(o, e);
}

int hist_options_parse(struct hist_options *o, int argc, char **argv, struct error *e)
{
	*o = (struct hist_options){ .top = 20, .who.follow = true, .kmem.cgroup_fd = -1 };
	o->kmem.config.by[0] = o->kmem.config.by[1] = MMT_KEY_NONE;
	o->kmem.config.size_max = UINT64_MAX;
	opterr = 0;
	return parse(o, argc, argv, e) ? error_hint(e, HINT) : 0;
}
