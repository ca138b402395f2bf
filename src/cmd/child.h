/* SPDX-License-Identifier: GPL-2.0 */
/* `-- CMD`: a child that waits until it is traced and then becomes CMD. */
#ifndef CMD_CHILD_H
#define CMD_CHILD_H
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct child {
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
int child_start(struct child *c, char **command);
/* Notes its faults so far; they are not the command's. */
void child_baseline(struct child *c);
/* Lets it exec: whether it did is known when `result` can be read, which may be never (a file that does not answer). */
void child_go(struct child *c);
/* Waits for that: 0, or the errno of exec (positive). */
int child_result(struct child *c);
/* Collects it if it has ended. */
void child_reap(struct child *c);
/* Exit status to pass on: as a shell's, 128+N for signal N; 1: not known. */
int child_status(const struct child *c);
#endif
