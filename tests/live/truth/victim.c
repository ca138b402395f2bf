/* The victim: set up, become quiet, wait, do the operation, report.
 *
 * Nothing but the operation may fault while mmtrace is attached, so all that
 * the protocol uses is mapped beforehand, and the kernel's counters around the
 * waiting are compared too. */
#include "truth.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#define MADV_POPULATE_WRITE 23
#endif

struct report *report;

static int tell_fd = -1;

/* What was mapped before the case's own set-up. */
static struct {
	uint64_t start, end;
	int advice;
} warm[128];
static int warm_count;
static char maps_text[1 << 16];

void usage_read(struct usage *u)
{
	struct rusage self, children;

	getrusage(RUSAGE_SELF, &self);
	getrusage(RUSAGE_CHILDREN, &children);
	u->minor = self.ru_minflt;
	u->major = self.ru_majflt;
	u->cminor = children.ru_minflt;
	u->cmajor = children.ru_majflt;
}

static void announce(char byte)
{
	if (tell_fd >= 0 && write(tell_fd, &byte, 1) != 1)
		_exit(3);
}

static void hear(int fd)
{
	char byte;

	if (read(fd, &byte, 1) != 1)
		_exit(3);
}

void victim_skip(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(report->skip, sizeof(report->skip), format, args);
	va_end(args);
	announce('s');
	_exit(0);
}

void victim_fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(report->failure, sizeof(report->failure), format, args);
	va_end(args);
	announce('f');
	_exit(3);
}

/* One line of /proc/self/maps.  The vdso is left alone: a case calls it. */
static void warm_add(const char *line)
{
	uint64_t start, end;
	char perm[8], path[64] = "";

	if (warm_count == (int)(sizeof(warm) / sizeof(warm[0])))
		return;
	if (sscanf(line, "%lx-%lx %7s %*s %*s %*s %63s", &start, &end, perm, path) < 3)
		return;
	if (perm[0] != 'r' || !strncmp(path, "[v", 2))
		return;
	if (start == report->driver_start)
		return;
	warm[warm_count].start = start;
	warm[warm_count].end = end;
	warm[warm_count].advice = perm[1] == 'w' ? MADV_POPULATE_WRITE : MADV_POPULATE_READ;
	warm_count++;
}

static void warm_find(void)
{
	warm_count = 0;
	CHECK(read_text("/proc/self/maps", maps_text, sizeof(maps_text)));
	for (char *line = maps_text; line && *line;) {
		char *next = strchr(line, '\n');

		if (next)
			*next++ = 0;
		warm_add(line);
		line = next;
	}
}

/* Page tables for everything that existed before the case's set-up: after a
 * fork the file pages are missing and the private ones are write-protected. */
static void warm_up(void)
{
	for (int i = 0; i < warm_count; i++)
		madvise((void *)(uintptr_t)warm[i].start, warm[i].end - warm[i].start,
			warm[i].advice);
}

void victim_prepare(const struct truth_case *c)
{
	report->victim = getpid();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!(c->flags & CF_THP))
		prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
	stack_warm();
	warm_find();
	warm_up();
	c->setup();
	stack_warm();
	warm_up();
}

void victim_main(const struct truth_case *c, int from_driver, int to_driver)
{
	tell_fd = to_driver;
	victim_prepare(c);
	/* A dry run of every step that follows. */
	usage_read(&report->before);
	usage_read(&report->after);
	usage_read(&report->final);
	announce('d');
	hear(from_driver);

	warm_up();
	usage_read(&report->ready);
	announce('r');
	hear(from_driver);
	usage_read(&report->before);
	c->operate();
	usage_read(&report->after);
	if (c->flags & CF_EXIT)
		_exit(0);
	announce('o');
	hear(from_driver);
	usage_read(&report->final);
	if (c->finish)
		c->finish();
	announce('e');
	_exit(0);
}
