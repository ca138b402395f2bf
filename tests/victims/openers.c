/* SPDX-License-Identifier: GPL-2.0 */
/* mmtrace's own side of src/opener, asked for files that hang, as BPF keeps it from being: openers FILE...
 * Maps each and says "mapped"; after a line it asks for its own program and for a file in turn, until all have an
 * answer, and says how those of the files ended and how many processes there were at most: "late 4 none 2 own 4
 * processes 6". */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "host/procfs.h"
#include "opener/opener.h"

#define FILES_MAX 16

static int late, none, own, most, ended;
static pid_t keeper;

static void count(void *ctx, pid_t pid, pid_t parent)
{
	*(int *)ctx += pid == keeper || parent == keeper;
}

static void on_end(void *ctx, const struct opener_request *r, enum opener_end end, const void *answer)
{
	const struct elf_answer *a = answer;
	int now = 0;

	(void)ctx;
	ended++;
	own += r->by == OPENER_BY_EXE && end == OPENER_ANSWERED && !a->head.error;
	late += r->by == OPENER_BY_RANGE && (end == OPENER_LATE || end == OPENER_DEVICE_LATE);
	none += r->by == OPENER_BY_RANGE && end == OPENER_NONE;
	procfs_processes(count, &now);
	most = now > most ? now : most;
}

static struct opener_request map(const char *path, unsigned number)
{
	struct opener_request r = { .what = OPENER_ELF_HEADERS, .by = OPENER_BY_RANGE, .pid = getpid(), .end = 4096 };
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *p = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);

	if (p == MAP_FAILED)
		exit(1);
	close(fd);
	r.start = (uint64_t)(uintptr_t)p;
	r.end = r.start + 4096;
	r.dev = r.ino = number + 1;
	return r;
}

int main(int argc, char **argv)
{
	struct opener *o = opener_start(&opener_elf_headers);
	struct opener_request r[FILES_MAX];
	char line[16];

	if (!o || argc > FILES_MAX)
		return 2;
	keeper = opener_keeper(o);
	for (int i = 1; i < argc; i++)
		r[i] = map(argv[i], (unsigned)i);
	puts("mapped");
	fflush(stdout);
	if (!fgets(line, sizeof(line), stdin))
		return 1;
	for (int i = 1; i < argc; i++) {
		struct opener_request self = { .what = OPENER_ELF_HEADERS, .by = OPENER_BY_EXE, .pid = getpid(), .dev = 1000,
					       .ino = (uint64_t)i };

		opener_ask(o, &self);
		opener_ask(o, &r[i]);
	}
	while (ended < 2 * (argc - 1)) /* as the main loop: often enough that it is not taken for having been away */
		opener_wait(o, 50000000, on_end, NULL);
	printf("late %d none %d own %d processes %d\n", late, none, own, most);
	fflush(stdout);
	opener_free(o);
	return 0;
}
