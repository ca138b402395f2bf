/* SPDX-License-Identifier: GPL-2.0 */
/* `mmtrace doctor`: tries every candidate of every hook. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "cmd/cmd.h"
#include "probe/hook.h"
#include "probe/machine.h"
#include "probe/rights.h"
#include "view/doctor.h"

/* What would make a refused candidate work. */
static const char *remedy(const struct trial *t, bool rights)
{
	if (!t->err)
		return "";
	if ((t->err == -EPERM || t->err == -EACCES) && !rights)
		return "run it as root";
	if (t->err == -EPERM || t->err == -EACCES)
		return "refused in spite of all rights: by lockdown, a security module or the hypervisor; whoever runs the "
		       "machine can allow it";
	if (t->err == -ENOENT)
		return "needs another kernel, or its BTF by --btf FILE";
	return "needs another kernel";
}

static int parse(int argc, char **argv, bool *json, const char **btf, struct error *e)
{
	static const struct option longs[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "btf", required_argument, NULL, 'b' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "+:h", longs, NULL)) != -1) {
		if (c == 'j') {
			*json = true;
		} else if (c == 'b') {
			*btf = optarg;
		} else if (c == 'h') {
			puts("Usage: mmtrace doctor [--json] [--btf FILE]\nTries every way to trace and says what works, what not, "
			     "why, and what would help.\n"
			     "Exit status: 0 the main job can run, 3 the kernel cannot, 4 not permitted.");
			return 1;
		} else {
			return error_set(e, EXIT_USAGE, "mmtrace doctor [--json] [--btf FILE]",
					 c == ':' ? "its value is missing" : "no such option", "bad option %s", argv[optind - 1]);
		}
	}
	if (optind < argc)
		return error_set(e, EXIT_USAGE, "mmtrace doctor [--json] [--btf FILE]", "doctor takes no words",
				 "unknown word '%s'", argv[optind]);
	return 0;
}

/* Are there winners for all hooks that the per-VMA view needs? */
static bool fill_rows(const struct trial *trials, struct doctor_row *rows)
{
	bool usable = machine_reads_kernel(), rights = machine_has_rights(), have[HOOK_COUNT] = { false };

	for (size_t i = 0; i < candidate_count; i++) {
		const struct candidate *c = &candidates[i];
		bool works = !trials[i].err;

		rows[i] = (struct doctor_row){
			.hook = hooks[c->hook].key, .help = hooks[c->hook].help, .backend = c->backend,
			.provides = c->provides, .lacks = c->lacks, .why = trials[i].why,
			.program = works ? "" : trials[i].program, .remedy = remedy(&trials[i], rights),
			.works = works, .chosen = works && !have[c->hook],
		};
		have[c->hook] |= works;
	}
	for (int h = 0; h < HOOK_COUNT; h++)
		usable &= have[h] || !hooks[h].needed || hooks[h].object != OBJECT_MMTRACE;
	for (size_t i = 0; i < candidate_count; i++)
		rows[i].hopeless = !have[candidates[i].hook];
	return usable;
}

int cmd_doctor(int argc, char **argv)
{
	struct trial *trials = calloc(candidate_count, sizeof(*trials));
	struct doctor_row *rows = calloc(candidate_count, sizeof(*rows));
	struct machine_fact facts[MACHINE_FACTS];
	struct doctor_fact shown[MACHINE_FACTS];
	struct error e = { 0 }, nowhere; /* what it would say is among the facts */
	const char *btf = NULL;
	bool json = false, usable = false;
	int n, given = trials && rows ? parse(argc, argv, &json, &btf, &e) : -1;

	if (!given) {
		hook_trials(btf, false, trials);
		n = machine_facts(facts, btf);
		usable = fill_rows(trials, rows) && !rights_check_namespace(&nowhere);
		for (int i = 0; i < n; i++)
			shown[i] = (struct doctor_fact){ facts[i].key, facts[i].value, facts[i].remedy };
		(json ? doctor_json : doctor_text)(shown, n, rows, (int)candidate_count, usable);
	}
	free(trials);
	free(rows);
	if (e.code)
		error_print(&e);
	if (given)
		return given > 0 ? EXIT_OK : e.code ? e.code : EXIT_FAILED;
	return usable ? EXIT_OK : machine_has_rights() ? EXIT_KERNEL_CANNOT : EXIT_NOT_PERMITTED;
}
