/* SPDX-License-Identifier: GPL-2.0 */
/* The processes that the user named. */
#ifndef CMD_TARGETS_H
#define CMD_TARGETS_H

#include <stddef.h>

#include "cmd/options.h"

/* Can they be traced?  The processes of threads become targets too. */
int targets_check(struct options *o, struct error *e);
/* "pid 42", "cgroup /x", the command's name. */
void targets_name(const struct options *o, char *out, size_t size);
/* The same for people: "redis-server (pid 42)". */
void targets_title(const struct options *o, char *out, size_t size);
/* Says on stderr what children they have already: those are not followed. */
void targets_tell_children(const struct options *o);

#endif
