/* SPDX-License-Identifier: GPL-2.0 */
/* `-- CMD`: a child that waits until it is traced and then becomes CMD. */
#ifndef CMD_LAUNCH_H
#define CMD_LAUNCH_H
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct launch {
	pid_t pid;
	int go, result; /* pipes: to let it exec, and errno of exec from it */
	bool ended;
	bool unknown;   /* somebody else collected it: no status, no counts */
	bool chld_ignored; /* by who started mmtrace: the command gets that back */
	int status;     /* of waitpid */
	uint64_t minflt, majflt; /* rusage at its end */
	uint64_t base_minflt, base_majflt; /* before the exec */
};

/* 0 or a negative errno. */
int launch_start(struct launch *l, char **command);
/* Lets it exec; returns 0, or the errno of exec (positive). */
int launch_go(struct launch *l);
/* Collects it if it has ended. */
void launch_reap(struct launch *l);
/* Exit status to pass on: as a shell's, 128+N for signal N; 1: not known. */
int launch_status(const struct launch *l);
#endif
