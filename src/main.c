/* SPDX-License-Identifier: GPL-2.0 */
/* Finds the command and runs it; anything else is for `live`. */
#include <signal.h>
#include <string.h>

#include "cmd/cmd.h"

int main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN); /* a closed pipe is an error of a write, seen there */
	for (int i = 0; argc > 1 && i < command_count; i++)
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].run(argc - 1, argv + 1);
	return cmd_live(argc, argv);
}
