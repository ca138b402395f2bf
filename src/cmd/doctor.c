/* SPDX-License-Identifier: GPL-2.0 */
/* `mmtrace doctor`: tries every candidate of every hook. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/error.h"
#include "cmd/cmd.h"
#include "probe/hook.h"
#include "probe/rights.h"
#include "view/doctor.h"

static void read_line(const char *path, char *out, size_t size, const char *missing)
{
	FILE *f = fopen(path, "re");

	if (!f || !fgets(out, (int)size, f))
		snprintf(out, size, "%s", missing);
	out[strcspn(out, "\n")] = '\0';
	if (f)
		fclose(f);
}

int cmd_doctor(int argc, char **argv)
{
	struct trial *trials = calloc(candidate_count, sizeof(*trials));
	struct doctor_row *rows = calloc(candidate_count, sizeof(*rows));
	struct error e = { 0 };
	struct utsname uts;
	char lockdown[80], stats[80], rights[32];
	bool json = false, usable, have[HOOK_COUNT] = { false };

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--json")) {
			json = true;
		} else if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) {
			puts("Usage: mmtrace doctor [--json]\nTries every way to trace and says what works, what not, and why.\n"
			     "Exit status: 0 the main job can run, 3 the kernel cannot, 4 not permitted.");
			return EXIT_OK;
		} else {
			error_set(&e, EXIT_USAGE, "mmtrace doctor [--json]", "no such option", "bad option %s", argv[i]);
			error_print(&e);
			return e.code;
		}
	}
	if (!trials || !rows)
		return EXIT_FAILED;
	uname(&uts);
	read_line("/sys/kernel/security/lockdown", lockdown, sizeof(lockdown), "unknown: securityfs is not mounted");
	read_line("/proc/sys/kernel/bpf_stats_enabled", stats, sizeof(stats), "unknown");
	snprintf(rights, sizeof(rights), geteuid() ? "not root" : "root");
	hook_trials(NULL, false, trials);
	for (size_t i = 0; i < candidate_count; i++) {
		const struct candidate *c = &candidates[i];

		rows[i] = (struct doctor_row){ hooks[c->hook].key, hooks[c->hook].help, c->backend, c->provides, c->lacks,
					       trials[i].why, !trials[i].err, !trials[i].err && !have[c->hook] };
		have[c->hook] |= !trials[i].err;
	}
	usable = rights_check_namespace(&e) == 0;
	for (int h = 0; h < HOOK_COUNT; h++)
		usable &= have[h] || !hooks[h].needed || hooks[h].object != OBJECT_MMTRACE;
	{
		const struct doctor_fact facts[] = {
			{ "kernel", uts.release },
			{ "btf", access("/sys/kernel/btf/vmlinux", R_OK) ? "missing: give --btf FILE" : "/sys/kernel/btf/vmlinux" },
			{ "lockdown", lockdown },
			{ "rights", rights },
			{ "pids", e.code ? e.what : "of the initial namespace" },
			{ "bpf_stats", stats },
		};

		(json ? doctor_json : doctor_text)(facts, sizeof(facts) / sizeof(facts[0]), rows, (int)candidate_count, usable);
	}
	free(trials);
	free(rows);
	return usable ? EXIT_OK : geteuid() ? EXIT_NOT_PERMITTED : EXIT_KERNEL_CANNOT;
}
