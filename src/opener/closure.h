/* SPDX-License-Identifier: GPL-2.0 */
/* The files that a command is going to execute, before it does: a process without capabilities maps the program,
 * its interpreter and the closure of its libraries, so that the kernel says which files they are, and
 * /proc/PID/map_files leads to them.  What it cannot find, or finds wrongly, is met later, as any other file. */
#ifndef OPENER_CLOSURE_H
#define OPENER_CLOSURE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct closure { pid_t pid; int ready; /* pipe */ };

/* command: as given to execvp().  false: it could not be started. */
bool closure_start(struct closure *c, const char *command);
/* Waits until all is mapped, ns at most. */
bool closure_wait(const struct closure *c, uint64_t ns);
/* Ends it; of one that was not started, nothing. */
void closure_end(struct closure *c);

#endif
