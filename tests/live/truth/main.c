/* truth: does mmtrace count what the kernel counts? */
#include "truth.h"

#include <fnmatch.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct truth_case *const tables[] = {
	cases_anon, cases_vma, cases_file, cases_shmem, cases_gup, cases_error, cases_fork,
	cases_thread, cases_huge, cases_uffd, cases_swap, cases_command,
};

static int passed, failed, skipped;

static void usage_print(FILE *to)
{
	fputs("usage: truth [OPTION]...\n\n"
	      "Holds mmtrace's fault counts against the kernel's, case by case.\n"
	      "mmtrace is found on PATH, or is $MMTRACE.\n\n"
	      "  --backend NAME     fentry or tracepoint (both, as far as the kernel lets us)\n"
	      "  --only GLOB        cases whose name matches\n"
	      "  --list             list the cases\n"
	      "  --self CASE|GLOB   run without mmtrace: what the kernel counts\n"
	      "  --keep             keep mmtrace's JSON and log files\n"
	      "  --dir DIR          scratch files; on a disk, for the cases that read one (/tmp)\n"
	      "  --start-limit SEC  how long mmtrace may take to attach (120)\n", to);
}

static const struct truth_case *case_named(const char *name)
{
	for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++)
		for (const struct truth_case *c = tables[t]; c->name; c++)
			if (!strcmp(c->name, name))
				return c;
	return NULL;
}

static void cases_list(void)
{
	for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++)
		for (const struct truth_case *c = tables[t]; c->name; c++)
			printf("%-28s %s\n", c->name, c->what);
}

static void outcome_print(const struct truth_case *c, const char *backend, enum outcome outcome,
	const struct verdict *verdict)
{
	const char *label = backend ? backend : "kernel";

	switch (outcome) {
	case OUT_OK:
		passed++;
		printf("ok - %s [%s]: %s\n", c->name, label, verdict->text);
		break;
	case OUT_SKIPPED:
		skipped++;
		printf("skip - %s: %s\n", c->name, verdict->text);
		break;
	case OUT_FAILED:
	case OUT_REFUSED:
	case OUT_DISTURBED:
		failed++;
		printf("not ok - %s [%s]: %s\n", c->name, label, verdict->text);
		break;
	}
	fflush(stdout);
}

/* All cases on one backend.  `optional`: the kernel may refuse the backend. */
static bool backend_run(const char *backend, const char *glob, bool optional,
	const struct options *o)
{
	struct verdict verdict;

	for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++) {
		for (const struct truth_case *c = tables[t]; c->name; c++) {
			if (glob && fnmatch(glob, c->name, 0))
				continue;
			enum outcome outcome = run_case(c, backend, o, &verdict);
			if (outcome == OUT_REFUSED && optional) {
				skipped++;
				printf("skip - backend %s: %s\n", backend, verdict.text);
				return false;
			}
			if (outcome != OUT_SKIPPED)
				optional = false;
			outcome_print(c, backend, outcome, &verdict);
		}
	}
	return true;
}

static int total_print(void)
{
	printf("%d passed, %d failed, %d skipped\n", passed, failed, skipped);
	return failed ? 1 : 0;
}

static int under_main(int argc, char **argv)
{
	const struct truth_case *c = argc == 4 ? case_named(argv[3]) : NULL;

	return c ? run_under(argv[2], c) : 2;
}

int main(int argc, char **argv)
{
	enum { OPT_BACKEND = 1, OPT_ONLY, OPT_LIST, OPT_SELF, OPT_KEEP, OPT_DIR, OPT_LIMIT };
	static const struct option longs[] = {
		{"backend", 1, 0, OPT_BACKEND}, {"only", 1, 0, OPT_ONLY}, {"list", 0, 0, OPT_LIST},
		{"self", 1, 0, OPT_SELF}, {"keep", 0, 0, OPT_KEEP}, {"dir", 1, 0, OPT_DIR},
		{"start-limit", 1, 0, OPT_LIMIT}, {"help", 0, 0, 'h'}, {0},
	};
	struct options o = {.dir = "/tmp", .start_limit = 120};
	const char *backend = NULL, *glob = NULL, *self = NULL;
	int opt;

	if (argc > 1 && !strcmp(argv[1], "--nop"))
		return 0;
	if (argc > 1 && !strcmp(argv[1], "--under"))
		return under_main(argc, argv);
	while ((opt = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
		switch (opt) {
		case OPT_BACKEND: backend = optarg; break;
		case OPT_ONLY: glob = optarg; break;
		case OPT_LIST: cases_list(); return 0;
		case OPT_SELF: self = optarg; break;
		case OPT_KEEP: o.keep = true; break;
		case OPT_DIR: o.dir = optarg; break;
		case OPT_LIMIT: o.start_limit = atof(optarg); break;
		case 'h': usage_print(stdout); return 0;
		default: usage_print(stderr); return 2;
		}
	}
	if (sysconf(_SC_PAGESIZE) != (long)PAGE) {
		printf("skip - all: pages are not 4096 bytes here\n");
		return 0;
	}
	signal(SIGPIPE, SIG_IGN);
	if (self) {
		backend_run(NULL, self, false, &o);
	} else if (backend) {
		backend_run(backend, glob, false, &o);
	} else {
		backend_run("fentry", glob, true, &o);
		backend_run("tracepoint", glob, false, &o);
	}
	return total_print();
}
