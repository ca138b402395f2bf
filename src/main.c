/* SPDX-License-Identifier: GPL-2.0 */
/* Finds the command and runs it; anything else is for `live`. */
#include <fcntl.h>
#include <signal.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/output.h"

/* What is opened must not become stdout: a file would get the words. */
static void open_missing(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			(void)!open("/dev/null", O_RDWR); /* the lowest that is free: this one */
}

static int run(int argc, char **argv)
{
	for (int i = 0; argc > 1 && i < command_count; i++)
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].run(argc - 1, argv + 1);
	return cmd_live(argc, argv);
}

int main(int argc, char **argv)
{
	struct output out = { .f = stdout };
	struct error e = { 0 };
	int status;

	open_missing();
	signal(SIGPIPE, SIG_IGN); /* a closed pipe is an error of a write, seen there */
	status = run(argc, argv);
	if (status != EXIT_OK || !output_end(&out, &e))
		return status;
	error_print(&e);
	return e.code;
}
