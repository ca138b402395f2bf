/* mmtrace as a child: start it, see that it is attached, end it. */
#include "truth.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void pause_briefly(void)
{
	nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
}

static void tracer_exec(const struct tracer *t, const char *backend, pid_t target,
	char *const *command)
{
	const char *program = getenv("MMTRACE");
	char option[64], pid[16];
	char *argv[24];
	int n = 0, log = open(t->log, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (log >= 0)
		dup2(log, 2);
	if (!program || !*program)
		program = "mmtrace";
	snprintf(option, sizeof(option), "fault=%s", backend);
	snprintf(pid, sizeof(pid), "%d", (int)target);
	argv[n++] = (char *)(uintptr_t)program;
	argv[n++] = "--json";
	argv[n++] = "--by";
	argv[n++] = "vma";
	argv[n++] = "-o";
	argv[n++] = (char *)(uintptr_t)t->json;
	if (getenv("MMT_STACKS")) /* what is counted must not change with them */
		argv[n++] = "-U";
	argv[n++] = "--backend";
	argv[n++] = option;
	if (target) {
		argv[n++] = "-p";
		argv[n++] = pid;
	} else {
		argv[n++] = "--";
		while (*command && n < 23)
			argv[n++] = *command++;
	}
	argv[n] = NULL;
	execvp(program, argv);
	dprintf(2, "cannot run %s: %s\n", program, strerror(errno));
	_exit(127);
}

/* Traces `target`, or `command` if target is 0.  t->json and t->log are set. */
bool tracer_start(struct tracer *t, const char *backend, pid_t target, char *const *command)
{
	t->ended = false;
	unlink(t->json);
	t->pid = fork();
	if (!t->pid)
		tracer_exec(t, backend, target, command);
	return t->pid > 0;
}

static bool tracer_ended(struct tracer *t)
{
	if (!t->ended && waitpid(t->pid, &t->status, WNOHANG) == t->pid)
		t->ended = true;
	return t->ended;
}

/* Waits for a complete start line. */
bool tracer_ready(struct tracer *t, double limit)
{
	double end = now() + limit;

	while (now() < end && !tracer_ended(t)) {
		struct json_file file;

		if (json_file_read(&file, t->json)) {
			const char *newline = memchr(file.data, '\n', file.size);
			bool ready = newline && json_is((struct text){file.data, newline},
				"type", "start");

			json_file_free(&file);
			if (ready)
				return true;
		}
		pause_briefly();
	}
	return false;
}

/* What it was at when it did not end: its state, CPU time, and the kernel's part of its stack. */
static void tracer_look(struct tracer *t)
{
	char path[64], stat[512] = "", stack[400] = "";
	char *after, state = '?';
	unsigned long user = 0, system = 0;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)t->pid);
	read_text(path, stat, sizeof(stat));
	after = strrchr(stat, ')');
	if (after)
		sscanf(after + 1, " %c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %lu %lu", &state, &user, &system);
	snprintf(path, sizeof(path), "/proc/%d/stack", (int)t->pid);
	read_text(path, stack, sizeof(stack));
	for (char *c = stack; *c; c++)
		*c = *c == '\n' ? ' ' : *c;
	snprintf(t->where, sizeof(t->where), "state %c, %lu and %lu ticks of user and system time, at %s", state,
		user, system, stack);
}

/* False if it had to be killed. */
bool tracer_wait(struct tracer *t, double limit)
{
	double end = now() + limit;

	while (!tracer_ended(t)) {
		if (now() > end) {
			tracer_look(t);
			kill(t->pid, SIGKILL);
			waitpid(t->pid, &t->status, 0);
			t->ended = true;
			return false;
		}
		pause_briefly();
	}
	return true;
}

/* The first line it wrote to stderr. */
void tracer_log(const struct tracer *t, char *text, size_t size)
{
	if (!read_text(t->log, text, size))
		snprintf(text, size, "no log");
	text[strcspn(text, "\n")] = 0;
}

void tracer_discard(struct tracer *t, bool keep)
{
	if (t->pid > 0 && !t->ended)
		tracer_wait(t, 0);
	if (keep)
		return;
	unlink(t->json);
	unlink(t->log);
}
