/* SPDX-License-Identifier: GPL-2.0 */
#include <fcntl.h>
#include <signal.h>

#include "cmd/start.h"

/* What is opened must not become stdout: a file would get the words. */
static void open_missing(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			(void)!open("/dev/null", O_RDWR); /* the lowest that is free: this one */
}

int main(int argc, char **argv)
{
	open_missing();
	signal(SIGPIPE, SIG_IGN); /* a closed pipe is an error of a write, seen there; */
	signal(SIGXFSZ, SIG_IGN); /* so is a file that may not grow further */
	return start(argc, argv);
}
