/* SPDX-License-Identifier: GPL-2.0 */
/* Options of the fault commands. */
#ifndef CMD_OPTIONS_H
#define CMD_OPTIONS_H
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "cmd/values.h"
#include "probe/probe.h"
#include "view/trace.h"

struct options {
	pid_t pids[TARGET_MAX];
	int pid_count;
	pid_t tids[TARGET_MAX];
	int tid_count;
	const char *cgroup; /* directory, or NULL */
	pid_t expand[TARGET_MAX]; /* processes whose VMAs -a and --cgroup show */
	int expand_count;
	char **command; /* NULL, or CMD ARGS NULL */
	char *shell[4]; /* command if it is one line for the shell */
	uint64_t duration_ns, interval_ns, count; /* 0: no limit; interval 1 s */
	double max_overhead; /* percent; 0: no limit */
	uint32_t sample;     /* 1 in so many minor faults; 0: all */
	int top;
	struct column_list columns;
	bool columns_help, classes_help, interval_given;
	const char *sort, *output;
	struct trace_filter filter; /* trace only */
	bool trace, json, quiet, verbose, strict, help, version;
	struct probe_options probe;
};

/* Parses; -1 and e filled on bad input. */
int options_parse(struct options *o, int argc, char **argv, struct error *e);
void options_help(void);
/* Among many processes only those that the user asked for show their VMAs. */
bool options_want_vmas(const struct options *o, pid_t pid);
/* live and trace are one command with two views. */
int fault_command(int argc, char **argv, bool trace);
#endif
