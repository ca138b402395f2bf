/* SPDX-License-Identifier: GPL-2.0 */
/* The signals that end a run, and those that belong to a command under trace. */
#ifndef CMD_SIGNALS_H
#define CMD_SIGNALS_H

#include <stdbool.h>

#include "base/error.h"
#include "cmd/child.h"

/* Blocks the signals that end a run (SIGINT, SIGTERM, and SIGHUP unless it was ignored:
 * nohup) and SIGCHLD; they come by the descriptor that is returned.  To be called before
 * child_start(). -1: e is filled. */
int signals_open(struct error *e);
/* Takes what came; a command that has not ended (its pid is 0: there is none) gets it
 * instead. true: the run shall end. */
bool signals_read(int fd, struct child *command);
/* The same; *passed: something that ends a run came, for whomever. */
bool signals_take(int fd, struct child *command, bool *passed);
/* Waits for the end of the command. */
void signals_await(int fd, struct child *command);

#endif
