/* SPDX-License-Identifier: GPL-2.0 */
/* `mmtrace trace`: the live command with a line per event instead of a table. */
#include "cmd/cmd.h"
#include "cmd/options.h"

int cmd_trace(int argc, char **argv)
{
	return fault_command(argc, argv, true);
}
