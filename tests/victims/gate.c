/* SPDX-License-Identifier: GPL-2.0 */
/* A gate that stays shut: gate open|read FILE...  Whoever opens (or reads) one of the files waits, on whatever file
 * system it is, until this ends, at the end of stdin.  Says "shut". */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/fanotify.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	uint64_t events = argc > 2 && !strcmp(argv[1], "open") ? FAN_OPEN_PERM : FAN_ACCESS_PERM;
	int fd = fanotify_init(FAN_CLASS_CONTENT | FAN_CLOEXEC, O_RDONLY | O_LARGEFILE | O_CLOEXEC);
	char byte;

	for (int i = 2; i < argc; i++)
		if (fd < 0 || fanotify_mark(fd, FAN_MARK_ADD, events, AT_FDCWD, argv[i])) {
			perror("fanotify");
			return 1;
		}
	puts("shut");
	fflush(stdout);
	while (read(0, &byte, 1) > 0)
		;
	return 0;
}
