/* SPDX-License-Identifier: GPL-2.0 */
#include "cmd/cmd.h"

const struct command commands[] = {
#define COMMAND(name, help) { #name, help, cmd_##name },
#include "cmd/commands.def"
#undef COMMAND
};
const int command_count = sizeof(commands) / sizeof(commands[0]);
