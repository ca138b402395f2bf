/* SPDX-License-Identifier: GPL-2.0 */
/* The processes whose kernel allocations hist and leak count. */
#ifndef CMD_CHOSEN_H
#define CMD_CHOSEN_H

#include <stdbool.h>
#include <stddef.h>

#include "cmd/launch.h"
#include "cmd/values.h"

struct chosen {
	pid_t pids[TARGET_MAX];
	int pid_count;
	char **command;     /* NULL, or CMD ARGS NULL */
	char *shell[4];     /* command if it is one line for the shell */
	const char *cgroup; /* directory, or NULL */
	bool follow;        /* children join */
};

/* -c TEXT. */
int chosen_shell(struct chosen *c, char *text, struct error *e);
/* After getopt_long() has taken all words before "--": those behind it are the command. */
int chosen_command(struct chosen *c, int argc, char **argv, struct error *e);
/* Do they exist, and may they be traced?  shows_pids: numbers of processes are
 * compared with what the kernel tells. -1: e is filled. */
int chosen_check(const struct chosen *c, bool shows_pids, struct error *e);
/* "pid 42", "cgroup /x", the command's name, "all processes". */
void chosen_name(const struct chosen *c, char *out, size_t size);
/* Tells on stderr of processes below those chosen that exist already: only
 * children to come join by themselves. */
void chosen_tell_children(const struct chosen *c);

#endif
