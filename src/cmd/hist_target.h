/* SPDX-License-Identifier: GPL-2.0 */
/* Whom `mmtrace hist` counts: checked before anything is attached. */
#ifndef CMD_HIST_TARGET_H
#define CMD_HIST_TARGET_H

#include "cmd/hist_options.h"

/* Checks the targets, opens the cgroup and names them all in text; -1 and e
 * filled if they cannot be counted. */
int hist_target_open(struct hist_options *o, char *text, size_t size, struct error *e);
/* Tells on stderr of processes below those chosen that exist already: only
 * children to come join by themselves. */
void hist_target_tell_children(const struct hist_options *o);

#endif
