/* Runs one case: victim, mmtrace, comparison. */
#include "truth.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define VICTIM_LIMIT 120.0 /* seconds; emulated machines are slow */
#define TRACER_LIMIT VICTIM_LIMIT
#define COMMAND_STATUS 7

struct victim {
	pid_t pid;
	int to, from;
	struct rusage rusage;
	int status;
};

static bool report_make(const struct truth_case *c, const struct options *o)
{
	int flags = MAP_ANONYMOUS | MAP_SHARED;

	report = mmap(NULL, sizeof(*report), PROT_READ | PROT_WRITE, flags, -1, 0);
	if (report == MAP_FAILED)
		return false;
	/* Between guards, so that it is a VMA of its own in the victim, too. */
	char *p = mmap(NULL, (PAGES + 2) * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return false;
	mprotect(p + PAGE, PAGES * PAGE, PROT_READ | PROT_WRITE);
	madvise(p + PAGE, PAGES * PAGE, MADV_NOHUGEPAGE);
	report->driver_start = (uintptr_t)p + PAGE;
	snprintf(report->dir, sizeof(report->dir), "%s", o->dir);
	snprintf(report->file, sizeof(report->file), "%s/truth.%d.%s.data", report->dir,
		(int)getpid(), c->name);
	return true;
}

static void report_drop(void)
{
	unlink(report->file);
	munmap((void *)(uintptr_t)(report->driver_start - PAGE), (PAGES + 2) * PAGE);
	munmap(report, sizeof(*report));
}

static bool victim_start(struct victim *v, const struct truth_case *c)
{
	int to[2], from[2];

	*v = (struct victim){.to = -1, .from = -1};
	if (pipe2(to, O_CLOEXEC) || pipe2(from, O_CLOEXEC))
		return false;
	fflush(NULL);
	v->pid = fork();
	if (v->pid < 0)
		return false;
	if (!v->pid) {
		close(to[1]);
		close(from[0]);
		victim_main(c, to[0], from[1]);
	}
	close(to[0]);
	close(from[1]);
	v->to = to[1];
	v->from = from[0];
	return true;
}

/* Waits for one byte of the victim: 0 if it ended or the time is over. */
static char victim_hear(struct victim *v)
{
	struct pollfd p = {.fd = v->from, .events = POLLIN};
	char byte;

	if (poll(&p, 1, (int)(VICTIM_LIMIT * 1000)) <= 0 || read(v->from, &byte, 1) != 1)
		return 0;
	return byte;
}

static void victim_tell(struct victim *v)
{
	if (write(v->to, "g", 1) != 1)
		errno = 0; /* it ended; victim_hear() will say so */
}

static void victim_reap(struct victim *v)
{
	if (v->pid > 0) {
		kill(v->pid, SIGKILL);
		wait4(v->pid, &v->status, 0, &v->rusage);
	}
	v->pid = 0;
	close(v->to);
	close(v->from);
}

/* Why the victim did not say what was expected of it. */
static enum outcome victim_excuse(struct verdict *verdict)
{
	if (report->skip[0]) {
		snprintf(verdict->text, sizeof(verdict->text), "%s", report->skip);
		return OUT_SKIPPED;
	}
	verdict_fail(verdict, "victim: %s", report->failure[0] ? report->failure :
		"it ended or hung unexpectedly");
	return OUT_FAILED;
}

/* Operation, for all cases in which the victim lives on. */
static bool operate(struct victim *v, const struct truth_case *c)
{
	victim_tell(v);
	if (c->flags & CF_KILL) {
		for (int i = 0; i < 60; i++)
			pause_briefly();
		kill(v->pid, SIGKILL);
		return true;
	}
	if (c->flags & CF_EXIT)
		return victim_hear(v) == 0 && !report->failure[0];
	if (victim_hear(v) != 'o')
		return false;
	if (c->driver)
		c->driver();
	return true;
}

static void kernel_fill(const struct victim *v, const struct truth_case *c,
	struct kernel_counts *k)
{
	*k = (struct kernel_counts){0};
	if (c->flags & (CF_KILL | CF_EXIT)) {
		k->self_minor = v->rusage.ru_minflt - report->ready.minor;
		k->self_major = v->rusage.ru_majflt - report->ready.major;
		k->minor = k->self_minor;
		k->major = k->self_major;
		return;
	}
	k->self_minor = report->after.minor - report->before.minor;
	k->self_major = report->after.major - report->before.major;
	k->minor = k->self_minor;
	k->major = k->self_major;
	if (c->flags & CF_CHILDREN) {
		k->minor += report->after.cminor - report->before.cminor;
		k->major += report->after.cmajor - report->before.cmajor;
	}
}

/* The protocol itself must not fault, else the comparison means nothing. */
static bool quiet(const struct truth_case *c, struct verdict *verdict)
{
	long before = report->before.minor + report->before.major - report->ready.minor -
		report->ready.major;
	long after = report->final.minor + report->final.major - report->after.minor -
		report->after.major;

	if (c->flags & (CF_KILL | CF_EXIT))
		after = before = 0;
	if (before || after)
		verdict_fail(verdict, "victim: %ld faults before and %ld after the operation",
			before, after);
	return !before && !after;
}

/* Ends the victim: its last word, its rusage. */
static enum outcome victim_end(struct victim *v, const struct truth_case *c,
	struct verdict *verdict)
{
	if (!(c->flags & (CF_KILL | CF_EXIT))) {
		victim_tell(v);
		if (victim_hear(v) != 'e')
			return victim_excuse(verdict);
	}
	victim_reap(v);
	if (!quiet(c, verdict))
		return OUT_DISTURBED;
	return verdict->failed ? OUT_FAILED : OUT_OK;
}

/* Without mmtrace: what the kernel counts. */
static enum outcome run_alone(struct victim *v, const struct truth_case *c,
	struct verdict *verdict)
{
	struct kernel_counts k;

	if (!operate(v, c))
		return victim_excuse(verdict);
	enum outcome outcome = victim_end(v, c, verdict);
	if (outcome != OUT_OK)
		return outcome;
	kernel_fill(v, c, &k);
	check_definition(c, &k, verdict);
	if (verdict->failed)
		return OUT_DISTURBED;
	snprintf(verdict->text, sizeof(verdict->text), "kernel minor %ld major %ld (itself %ld and "
		"%ld) slots %ld %ld", k.minor, k.major, k.self_minor, k.self_major,
		report->slot[0], report->slot[1]);
	return OUT_OK;
}

static enum outcome tracer_refused(struct tracer *t, struct verdict *verdict)
{
	char log[300];

	tracer_log(t, log, sizeof(log));
	if (t->ended && WIFEXITED(t->status) &&
		(WEXITSTATUS(t->status) == 3 || WEXITSTATUS(t->status) == 4)) {
		snprintf(verdict->text, sizeof(verdict->text), "%s", log);
		return OUT_REFUSED;
	}
	verdict_fail(verdict, "mmtrace %s before its start line: %s",
		t->ended ? "ended" : "was silent", log);
	return OUT_FAILED;
}

static void check_tracer(struct tracer *t, bool in_time, int status, struct verdict *verdict)
{
	char log[300];

	if (in_time && WIFEXITED(t->status) && WEXITSTATUS(t->status) == status)
		return;
	tracer_log(t, log, sizeof(log));
	if (!in_time)
		verdict_fail(verdict, "mmtrace did not end (%s): %s", t->where, log);
	else if (WIFSIGNALED(t->status))
		verdict_fail(verdict, "mmtrace was killed by signal %d: %s", WTERMSIG(t->status),
			log);
	else
		verdict_fail(verdict, "mmtrace ended with %d, not %d: %s", WEXITSTATUS(t->status),
			status, log);
}

/* Pages of the machine that were moved, joined to huge ones or swapped out so far. */
static long pages_moved(void)
{
	static const char *const counters[] = {
		"\npgmigrate_success ", "\nthp_collapse_alloc ", "\nthp_split_page ", "\npswpout ", "\nnuma_pte_updates ",
	};
	static char text[1 << 16];
	long sum = 0;

	if (!read_text("/proc/vmstat", text, sizeof(text)))
		return 0;
	for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++) {
		const char *at = strstr(text, counters[i]);

		sum += at ? atol(at + strlen(counters[i])) : 0;
	}
	return sum;
}

static enum outcome run_traced(struct victim *v, const struct truth_case *c, struct tracer *t,
	const char *backend, const struct options *o, struct verdict *verdict)
{
	struct kernel_counts k;
	struct json_file file;
	long moved = pages_moved();

	if (!tracer_start(t, backend, v->pid, NULL) || !tracer_ready(t, o->start_limit))
		return tracer_refused(t, verdict);
	if (!operate(v, c))
		return victim_excuse(verdict);
	if (!(c->flags & (CF_KILL | CF_EXIT)))
		kill(t->pid, SIGINT);
	check_tracer(t, tracer_wait(t, TRACER_LIMIT), 0, verdict);
	enum outcome outcome = victim_end(v, c, verdict);
	if (outcome != OUT_OK)
		return outcome;
	kernel_fill(v, c, &k);
	if (!json_file_read(&file, t->json)) {
		verdict_fail(verdict, "cannot read %s", t->json);
		return OUT_FAILED;
	}
	if (!verdict->failed)
		outcome = check_case(c, backend, &file, &k, pages_moved() - moved, verdict);
	json_file_free(&file);
	return outcome;
}

/* mmtrace starts the command itself. */
static enum outcome run_command(const struct truth_case *c, struct tracer *t, const char *backend,
	struct verdict *verdict)
{
	static char self[] = "/proc/self/exe", under[] = "--under";
	char path[512] = {0}, name[64];
	char *command[] = {path, under, report->file, name, NULL};
	struct json_file file;

	/* /proc/self/exe would be mmtrace there. */
	if (readlink(self, path, sizeof(path) - 1) < 0)
		return OUT_FAILED;
	snprintf(name, sizeof(name), "%s", c->name);
	if (!tracer_start(t, backend, 0, command))
		return tracer_refused(t, verdict);
	bool in_time = tracer_wait(t, VICTIM_LIMIT);
	if (!tracer_ready(t, 0) && WIFEXITED(t->status) &&
		(WEXITSTATUS(t->status) == 3 || WEXITSTATUS(t->status) == 4))
		return tracer_refused(t, verdict);
	check_tracer(t, in_time, COMMAND_STATUS, verdict);
	if (!json_file_read(&file, t->json)) {
		verdict_fail(verdict, "cannot read %s", t->json);
		return OUT_FAILED;
	}
	check_command(&file, report->file, verdict);
	json_file_free(&file);
	return verdict->failed ? OUT_FAILED : OUT_OK;
}

/* The command: a root process that forks one which does the operation, and
 * writes what wait4() said of that one and the bounds of its own faults. */
int run_under(const char *path, const struct truth_case *c)
{
	struct usage start, end;
	struct rusage child;
	char text[256];

	usage_read(&start);
	report = mmap(NULL, sizeof(*report), PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_SHARED,
		-1, 0);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (report == MAP_FAILED || fd < 0)
		return 1;
	pid_t pid = fork();
	if (!pid) {
		victim_prepare(c);
		c->operate();
		_exit(0);
	}
	if (wait4(pid, NULL, 0, &child) != pid)
		return 1;
	usage_read(&end);
	int n = snprintf(text, sizeof(text), "%d %ld %ld %ld %ld %ld %ld\n", (int)getpid(),
		child.ru_minflt, child.ru_majflt, end.minor - start.minor, end.minor + 16,
		end.major - start.major, end.major + 4);
	if (write(fd, text, (size_t)n) != n)
		return 1;
	_exit(COMMAND_STATUS);
}

static enum outcome run_once(const struct truth_case *c, const char *backend, const struct options *o,
	struct verdict *verdict)
{
	struct tracer t = {0};
	struct victim v = {.to = -1, .from = -1};
	enum outcome outcome;

	*verdict = (struct verdict){0};
	if (!report_make(c, o)) {
		verdict_fail(verdict, "cannot map the report");
		return OUT_FAILED;
	}
	snprintf(t.json, sizeof(t.json), "%s/truth.%d.%s.%s.json", o->dir, (int)getpid(), c->name,
		backend ? backend : "-");
	snprintf(t.log, sizeof(t.log), "%s/truth.%d.%s.%s.log", o->dir, (int)getpid(), c->name,
		backend ? backend : "-");
	if ((c->flags & CF_COMMAND) && backend) {
		outcome = run_command(c, &t, backend, verdict);
	} else if (!victim_start(&v, c)) {
		verdict_fail(verdict, "cannot start a victim");
		outcome = OUT_FAILED;
	} else if (victim_hear(&v) != 'd' || (victim_tell(&v), victim_hear(&v)) != 'r') {
		outcome = victim_excuse(verdict);
	} else if (backend) {
		outcome = run_traced(&v, c, &t, backend, o, verdict);
	} else {
		outcome = run_alone(&v, c, verdict);
	}
	if (v.pid)
		victim_reap(&v);
	tracer_discard(&t, o->keep);
	report_drop();
	return outcome;
}

#define DISTURBED_TRIES 5

/* `backend` NULL: only the kernel. */
enum outcome run_case(const struct truth_case *c, const char *backend, const struct options *o,
	struct verdict *verdict)
{
	enum outcome outcome = OUT_DISTURBED;

	for (int i = 0; i < DISTURBED_TRIES && outcome == OUT_DISTURBED; i++)
		outcome = run_once(c, backend, o, verdict);
	return outcome;
}
