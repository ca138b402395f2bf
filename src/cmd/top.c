/* SPDX-License-Identifier: GPL-2.0 */
/* `mmtrace top`: joins the rows in the kernel, the model and its view. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "cmd/cmd.h"
#include "cmd/cost.h"
#include "cmd/signals.h"
#include "cmd/values.h"
#include "probe/cgroup.h"
#include "probe/procfs.h"
#include "probe/top.h"
#include "view/top.h"

#define HINT "'mmtrace top --help' lists the options"
#define SECOND_NS 1000000000ull

struct top_command {
	struct top_probe_options probe_options;
	struct top_probe *probe;
	struct top *top;
	struct top_report report;
	struct utsname uts;
	sigset_t signals;
	pid_t pids[TARGET_MAX];
	int pid_count, top_rows; /* -1: as many as fit */
	const char *cgroup, *output;
	uint64_t duration_ns, interval_ns, count;
	uint64_t t0, last_shown;
	bool json, quiet, strict, help;
	char target[300];
};

enum { OPT_JSON = 256, OPT_CGROUP, OPT_CALLS, OPT_ROWS, OPT_BACKEND, OPT_BTF, OPT_STRICT };

static const struct option longs[] = {
	{ "pid", required_argument, NULL, 'p' },
	{ "cgroup", required_argument, NULL, OPT_CGROUP },
	{ "duration", required_argument, NULL, 'd' },
	{ "interval", required_argument, NULL, 'i' },
	{ "top", required_argument, NULL, 'n' },
	{ "sort", required_argument, NULL, 's' },
	{ "calls", no_argument, NULL, OPT_CALLS },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "output", required_argument, NULL, 'o' },
	{ "rows", required_argument, NULL, OPT_ROWS },
	{ "backend", required_argument, NULL, OPT_BACKEND },
	{ "btf", required_argument, NULL, OPT_BTF },
	{ "strict", no_argument, NULL, OPT_STRICT },
	{ "quiet", no_argument, NULL, 'q' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static void help(void)
{
	puts("Usage: mmtrace top [-p PID[,PID...] | --cgroup PATH] [INTERVAL [COUNT]]\n"
	     "Processes of the whole system, or those named: faults, memory, kernel allocations, time lost in reclaim.\n\n"
	     "  -p, --pid PID[,PID...]   only these processes\n"
	     "      --cgroup PATH        only processes of a cgroup (v2) and of those below it\n"
	     "  -d, --duration TIME      stop after 5s, 500ms, 2m\n"
	     "  -i, --interval TIME      time between tables (1s)\n"
	     "  -n, --top ROWS           rows at most; 0 = all\n"
	     "  -s, --sort KEY           a key below; a leading - reverses (minor)\n"
	     "      --calls              mmap_bytes and munmap_bytes even where fentry is refused, at the\n"
	     "                           price of some 50 ns for every system call of the host\n"
	     "      --json               JSON lines (docs/json.md)\n"
	     "  -o, --output FILE        write there\n"
	     "      --rows N             processes that fit between two tables (16384)\n"
	     "      --backend HOOK=NAME  force a backend\n"
	     "      --btf FILE           BTF of the running kernel, if it has none itself\n"
	     "      --strict             exit 5 if anything was lost\n"
	     "  -q, --quiet              only the summary at the end\n"
	     "  -v, --verbose            messages of libbpf\n"
	     "  -h, --help\n\nKeys:");
	for (int m = 0; m < TOP_METRICS; m++)
		printf("  %-14s %s\n", top_metrics[m].key, top_metrics[m].help);
}

static int parse_sort(struct top_command *c, struct error *e)
{
	c->report.reverse = *optarg == '-';
	c->report.sort = top_metric_find(optarg + c->report.reverse);
	return c->report.sort < TOP_METRICS ? 0 : value_bad(e, "-s", optarg, "no such key; 'mmtrace top --help' lists them");
}

static int parse_rows(struct top_command *c, struct error *e)
{
	uint64_t v;

	if (value_number("--rows", optarg, 1, 1u << 22, &v, e))
		return -1;
	c->probe_options.rows = (uint32_t)v;
	return 0;
}

static int parse_one(struct top_command *c, int option, char **argv, struct error *e)
{
	switch (option) {
	case 'p': return value_ids("-p", optarg, c->pids, &c->pid_count, e);
	case OPT_CGROUP: c->cgroup = optarg; return 0;
	case 'd': return value_duration("-d", optarg, &c->duration_ns, e);
	case 'i': return value_duration("-i", optarg, &c->interval_ns, e);
	case 'n': return value_rows(optarg, &c->top_rows, e);
	case OPT_ROWS: return parse_rows(c, e);
	case 's': return parse_sort(c, e);
	case OPT_CALLS: c->probe_options.calls = true; return 0;
	case OPT_JSON: c->json = true; return 0;
	case 'o': c->output = optarg; return 0;
	case OPT_BACKEND: return value_backend(c->probe_options.force, OBJECT_TOP, optarg, e);
	case OPT_BTF: c->probe_options.btf = optarg; return 0;
	case OPT_STRICT: c->strict = true; return 0;
	case 'q': c->quiet = true; return 0;
	case 'v': c->probe_options.verbose = true; return 0;
	case 'h': c->help = true; return 0;
	default:
		return error_set(e, EXIT_USAGE, NULL, option == ':' ? "its value is missing" : "no such option",
				 "bad option %s", argv[optind - 1]);
	}
}

static int parse_words(struct top_command *c, int argc, char **argv, struct error *e)
{
	if (optind < argc && !text_parse_duration(argv[optind], &c->interval_ns))
		return error_set(e, EXIT_USAGE, NULL, "not an interval like 2s", "unknown word '%s'", argv[optind]);
	if (++optind < argc && value_number("COUNT", argv[optind], 1, UINT64_MAX, &c->count, e))
		return -1;
	if (++optind < argc)
		return error_set(e, EXIT_USAGE, NULL, "too many words", "unknown word '%s'", argv[optind]);
	return 0;
}

static int parse(struct top_command *c, int argc, char **argv, struct error *e)
{
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":p:d:i:n:s:o:qvh", longs, NULL)) != -1)
		if (parse_one(c, option, argv, e))
			return -1;
	if (c->help)
		return 0;
	if (parse_words(c, argc, argv, e))
		return -1;
	if (c->pid_count && c->cgroup)
		return error_set(e, EXIT_USAGE, NULL, "-p and --cgroup exclude each other", "two targets");
	return 0;
}

static uint64_t now_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * SECOND_NS + (uint64_t)ts.tv_nsec;
}

/* --- a look --- */

static void on_row(void *ctx, const void *key, const void *row)
{
	top_look_row(ctx, key, row);
}

static void on_ended(void *ctx, const struct mmt_top_key *key)
{
	top_probe_forget(ctx, key);
}

static int look(struct top_command *c, struct error *e)
{
	const struct mmt_top_task *tasks;
	struct probe_cost cost;
	ssize_t n = top_probe_tasks(c->probe, &tasks);
	int err = n < 0 ? (int)n : 0;

	top_look_begin(c->top);
	for (ssize_t i = 0; i < n; i++)
		top_look_task(c->top, &tasks[i]);
	if (!err)
		err = top_probe_rows(c->probe, on_row, c->top);
	if (err)
		return error_set(e, error_code_of(err), NULL, strerror(-err), "cannot read the processes");
	top_look_end(c->top, on_ended, c->probe);
	top_probe_losses(c->probe, c->report.losses);
	top_probe_cost(c->probe, &cost);
	c->report.bpf_misses = cost.misses;
	cost_read(&c->report.overhead, &cost);
	c->report.now_ns = now_ns(CLOCK_MONOTONIC) - c->t0;
	return 0;
}

/* The terminal may have another size now. */
static void fit_terminal(struct top_command *c)
{
	struct winsize ws = { 0 };
	bool terminal = isatty(fileno(c->report.out)) && !c->json;

	if (terminal && ioctl(fileno(c->report.out), TIOCGWINSZ, &ws) == 0 && ws.ws_col)
		c->report.width = ws.ws_col;
	c->report.redraw = terminal;
	c->report.rows = c->top_rows >= 0 ? c->top_rows : terminal && ws.ws_row > 12 ? ws.ws_row - 5 : 30;
}

static void show(struct top_command *c)
{
	fit_terminal(c);
	c->report.interval_ns = c->report.now_ns - c->last_shown;
	c->last_shown = c->report.now_ns;
	if (!c->quiet)
		(c->json ? top_json_tick : top_table_tick)(&c->report);
	top_look_shown(c->top, false);
}

/* --- start --- */

static int check_targets(struct top_command *c, struct error *e)
{
	for (int i = 0; i < c->pid_count; i++)
		if (procfs_check_target(c->pids[i], e))
			return -1;
	c->probe_options.pids = c->pids;
	c->probe_options.pid_count = c->pid_count;
	c->probe_options.cgroup = -1;
	if (c->cgroup && (c->probe_options.cgroup = cgroup_open(c->cgroup, e)) < 0)
		return -1;
	if (c->cgroup)
		snprintf(c->target, sizeof(c->target), "cgroup %s", c->cgroup);
	else if (c->pid_count)
		snprintf(c->target, sizeof(c->target), "pid %d%s", c->pids[0], c->pid_count > 1 ? " ..." : "");
	else
		snprintf(c->target, sizeof(c->target), "all processes");
	return 0;
}

/* Which numbers this kernel cannot give. */
static void set_unknown(struct top_command *c)
{
	static const struct { enum hook_id hook; enum top_metric first, last; const char *why; } needs[] = {
		{ HOOK_TOP_CALLS, TOP_MMAP, TOP_MUNMAP, "where fentry is refused only with --calls" },
		{ HOOK_TOP_ALLOC, TOP_KMEM, TOP_PAGES_COUNT, "no hook on allocations works here: 'mmtrace doctor'" },
		{ HOOK_TOP_RECLAIM, TOP_RECLAIM, TOP_MEMCG_COUNT, "no hook on reclaim works here: 'mmtrace doctor'" },
		{ HOOK_TOP_COMPACT, TOP_COMPACT, TOP_COMPACT_COUNT, "no hook on compaction works here: 'mmtrace doctor'" },
		{ HOOK_TOP_SWAPIN, TOP_SWAP_INS, TOP_SWAP_INS, "needs fentry, which this kernel refuses: 'mmtrace doctor'" },
	};

	for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++)
		for (int m = needs[i].first; m <= (int)needs[i].last; m++)
			if (!top_probe_backend(c->probe, needs[i].hook))
				c->report.unknown[m] = needs[i].why;
}

static void set_backends(struct top_command *c)
{
	int used = 0;

	for (int h = 0; h < HOOK_COUNT && used < TOP_BACKENDS; h++) {
		const struct candidate *chosen = top_probe_backend(c->probe, h);

		if (!chosen)
			continue;
		c->report.backends[used].hook = hooks[h].key;
		c->report.backends[used++].name = chosen->backend;
	}
}

static int begin(struct top_command *c, struct error *e)
{
	c->report.out = stdout;
	if (c->output && !(c->report.out = fopen(c->output, "we")))
		return error_set(e, EXIT_FAILED, NULL, strerror(errno), "cannot write to '%s'", c->output);
	if (check_targets(c, e))
		return -1;
	signals_block(&c->signals);
	c->probe = top_probe_open(&c->probe_options, e);
	if (!c->probe || top_probe_attach(c->probe, e))
		return -1;
	uname(&c->uts);
	c->top = top_new();
	c->t0 = now_ns(CLOCK_MONOTONIC);
	set_unknown(c);
	set_backends(c);
	c->report.top = c->top;
	c->report.target = c->target;
	c->report.kernel = c->uts.release;
	c->report.t0_unix_ns = now_ns(CLOCK_REALTIME);
	if (look(c, e))
		return -1;
	top_look_shown(c->top, false);
	if (c->json)
		top_json_start(&c->report);
	return 0;
}

/* --- run --- */

static bool all_ended(const struct top_command *c)
{
	struct top_process **list;
	size_t n = top_list(c->top, &list);
	bool any = !c->pid_count;

	for (size_t i = 0; i < n; i++)
		any |= !list[i]->ended && !list[i]->special;
	free(list);
	return !any;
}

/* Waits until t; true if a signal ended the wait. */
static bool wait_until(const sigset_t *signals, uint64_t t)
{
	uint64_t now = now_ns(CLOCK_MONOTONIC), left = t > now ? t - now : 0;
	struct timespec ts = { .tv_sec = (time_t)(left / SECOND_NS), .tv_nsec = (long)(left % SECOND_NS) };

	return sigtimedwait(signals, NULL, &ts) > 0;
}

static int run(struct top_command *c, struct error *e)
{
	uint64_t end = c->duration_ns ? c->t0 + c->duration_ns : ~0ull, next = c->t0, ticks = 0;

	for (;;) {
		next += c->interval_ns;
		if (next < now_ns(CLOCK_MONOTONIC)) /* we are late: no bunch of looks */
			next = now_ns(CLOCK_MONOTONIC) + c->interval_ns;
		if (wait_until(&c->signals, next < end ? next : end) || now_ns(CLOCK_MONOTONIC) >= end)
			return 0;
		if (look(c, e))
			return -1;
		show(c);
		if ((c->count && ++ticks >= c->count) || all_ended(c) || ferror(c->report.out))
			return 0;
	}
}

/* The last look comes before detaching: who ends later was met by it. */
static int finish(struct top_command *c, struct error *e)
{
	if (look(c, e))
		return -1;
	top_probe_detach(c->probe);
	top_look_shown(c->top, true);
	fit_terminal(c);
	c->report.interval_ns = 0;
	(c->json ? top_json_end : top_table_end)(&c->report);
	if (fflush(c->report.out) || ferror(c->report.out))
		return errno == EPIPE ? EXIT_OK
				      : error_set(e, EXIT_FAILED, "free space, or choose another file", strerror(errno),
						  "cannot write the output");
	return c->strict && top_report_lost(&c->report) ? EXIT_LOST : EXIT_OK;
}

int cmd_top(int argc, char **argv)
{
	struct top_command *c = calloc(1, sizeof(*c));
	struct error e = { 0 };
	int status = 0;

	if (!c)
		return EXIT_FAILED;
	c->interval_ns = SECOND_NS;
	c->top_rows = -1;
	c->report.sort = TOP_MINOR;
	if (parse(c, argc, argv, &e)) {
		error_hint(&e, HINT);
	} else {
		if (c->help)
			help();
		else if (begin(c, &e) == 0 && run(c, &e) == 0)
			status = finish(c, &e);
	}
	if (e.code) {
		error_print(&e);
		status = e.code;
	}
	top_probe_free(c->probe);
	top_free(c->top);
	free(c);
	return status;
}
