/* SPDX-License-Identifier: GPL-2.0 */
#ifndef CMD_REPLAY_H
#define CMD_REPLAY_H

#include "cmd/command.h"

/* The command whose run the file named by the words holds, which a->recording is then; NULL and e. */
const struct command *replay_command(struct args *a, struct error *e);

#endif
