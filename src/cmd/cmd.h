/* SPDX-License-Identifier: GPL-2.0 */
/* The commands.  Each gets its own argument vector (argv[0] = its name) and
 * returns the program's exit status. */
#ifndef CMD_CMD_H
#define CMD_CMD_H

struct command {
	const char *name, *help;
	int (*run)(int argc, char **argv);
};
extern const struct command commands[];
extern const int command_count;

#define COMMAND(name, help) int cmd_##name(int argc, char **argv);
#include "cmd/commands.def"
#undef COMMAND

#endif
