/* SPDX-License-Identifier: GPL-2.0 */
/* What the processes run; none of these returns. */
#ifndef OPENER_PROCESSES_H
#define OPENER_PROCESSES_H

#include <sys/types.h>

#include "opener/wire.h"

/* Starts the other two when mmtrace orders so, through its one socket.  Small, as it was forked early, so that
 * starting others copies little; it opens nothing, so that it cannot be stuck. */
_Noreturn void keeper_run(int orders, pid_t parent, const struct opener_service *service);
/* Takes requests, opens, passes on. */
_Noreturn void opener_run(int requests, int parser, pid_t parent, const struct opener_service *service);
/* Takes open files, answers what is in them. */
_Noreturn void parser_run(int files, int answers, pid_t parent, const struct opener_service *service);
/* The calling process is killed when its parent, which is parent, ends. */
void end_with(pid_t parent);

#endif
