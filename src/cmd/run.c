/* SPDX-License-Identifier: GPL-2.0 */
/* The one loop: inputs come from a source, the recording and the model get each,
 * the outputs are shown what is true then. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include "base/clock.h"
#include "base/text.h"
#include "cmd/child.h"
#include "cmd/command.h"
#include "cmd/outputs.h"
#include "cmd/signals.h"
#include "probe/rights.h"
#include "record/record.h"

#define DRAIN_NS 50000000ull /* rings are emptied at least this often where a source does not say */
#define NEVER UINT64_MAX
/* However short the run is, and after a signal: a child may take so long to execute its command, or to end. */
#define EXEC_NS CLOCK_SECOND_NS
#define OUTPUTS_POLLED 16 /* others are pushed at each drain */

struct run {
	const struct command *c;
	struct args *a;
	struct model *m;
	struct source *s;
	struct outputs out;
	struct record_writer *record;
	struct child child;
	int signals;
	uint64_t next_tick, end, ticks;
	bool stop, output_failed, lingers;
};

/* Tracing has begun: the files may lose what they hold. */
static void start_files(struct run *r)
{
	record_start(r->record);
	outputs_start(&r->out);
}

/* --- one input --- */

static int on_input(void *ctx, const struct input *in)
{
	const struct row_type *type = NULL;
	struct run *r = ctx;
	const void *row;

	if (r->record)
		record_put(r->record, in);
	if (in->kind != INPUT_RECORD && !input_head(in)) { /* damaged: the model counts it, and nothing comes of it */
		model_input(r->m, in);
		return 0;
	}
	if (in->kind == INPUT_RETAIN)
		outputs_before_retain(&r->out);
	model_input(r->m, in);
	if (in->kind == INPUT_CLOCK && r->c->source->replay)
		outputs_start(&r->out);
	if (r->c->show->event)
		type = r->c->show->event(r->m, in, &row);
	if (type)
		outputs_event(&r->out, type, row);
	if (in->kind == INPUT_RETAIN)
		outputs_after_retain(&r->out);
	else if (in->kind == INPUT_TICK)
		(r->m->ended ? outputs_end : outputs_tick)(&r->out);
	r->stop |= type && outputs_failed(&r->out);
	return 0;
}

static void emit_tick(struct run *r, uint64_t now, bool last)
{
	struct input_tick tick = { .now = now, .flags = last ? INPUT_TICK_LAST : 0 };

	emit(r->s, INPUT_TICK, &tick, sizeof(tick), NULL, 0);
}

static void emit_retain(struct run *r, uint64_t now, bool between)
{
	struct input_retain retain = { .now = now, .between = between };

	emit(r->s, INPUT_RETAIN, &retain, sizeof(retain), NULL, 0);
}

/* --- start --- */

static bool bpf_is_timed(void)
{
	FILE *f = fopen("/proc/sys/kernel/bpf_stats_enabled", "re");
	int on = 0, n = f ? fscanf(f, "%d", &on) : 0;

	if (f)
		fclose(f);
	return n == 1 && on;
}

/* The facts that all commands share.  The first names the command: a replay needs it. */
static void emit_facts(struct run *r)
{
	struct utsname uts;
	char key[16];

	emit_fact(r->s, "run", "command", r->c->show->command);
	emit_fact(r->s, "run", "version", MMTRACE_VERSION);
	if (uname(&uts) == 0)
		emit_fact(r->s, "run", "kernel", uts.release);
	for (int i = 0; i < r->a->argc; i++) {
		snprintf(key, sizeof(key), "%d", i);
		emit_fact(r->s, "argv", key, r->a->argv[i]);
	}
	if (!bpf_is_timed())
		emit_fact(r->s, "unknown", "bpf_ns", "kernel.bpf_stats_enabled is 0");
	if (r->a->target.command && !r->a->time.interval_given)
		emit_fact(r->s, "option", "quiet_ticks", "");
}

static struct timespec timespec_until(uint64_t until, uint64_t now)
{
	uint64_t ns = until > now ? until - now : 0;

	return (struct timespec){ .tv_sec = (time_t)(ns / CLOCK_SECOND_NS), .tv_nsec = (long)(ns % CLOCK_SECOND_NS) };
}

/* false: the file of the command does not answer, and the run shall end. A signal goes to the child, as
 * to a command; one that waits for its file does not end by it, and is waited for no longer. */
static bool await_exec(struct run *r)
{
	struct pollfd fds[] = { { r->child.result, POLLIN, 0 }, { r->signals, POLLIN, 0 } };
	uint64_t soonest = clock_monotonic_ns() + EXEC_NS, until = r->end > soonest ? r->end : soonest;
	bool signalled = false;

	for (;;) {
		uint64_t now = clock_monotonic_ns();
		struct timespec left = timespec_until(until, now);

		if (ppoll(fds, 2, &left, NULL) > 0 && fds[0].revents)
			return true;
		if (fds[1].revents)
			signals_take(r->signals, &r->child, &signalled);
		if (signalled)
			until = now + EXEC_NS < until ? now + EXEC_NS : until;
		signalled = false;
		if (clock_monotonic_ns() >= until)
			return false;
	}
}

/* What is counted only where it is asked for. Of a replay the rows of records will do. */
static void emit_by(struct run *r)
{
	if (text_has_element(r->a->show.by, "thread"))
		emit_fact(r->s, "option", "by_thread", "");
	if (text_has_element(r->a->show.by, "mode"))
		emit_fact(r->s, "option", "by_mode", "");
}

static int launch(struct run *r, struct error *e)
{
	int err;

	child_go(&r->child);
	if (!await_exec(r)) {
		kill(r->child.pid, SIGKILL); /* it shall not begin later */
		return error_set(e, EXIT_NOT_EXECUTABLE, NULL, "it has not begun by the end of the run: its file does not answer",
				 "cannot run '%s'", r->a->target.command[0]);
	}
	err = child_result(&r->child);
	if (err)
		return error_set(e, err == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE, NULL, strerror(err), "cannot run '%s'",
				 r->a->target.command[0]);
	start_files(r);
	return 0;
}

static void start_clock(struct run *r)
{
	struct input_clock clock = { .t0 = clock_monotonic_ns(), .t0_unix_ns = clock_unix_ns() };
	const struct time_args *t = &r->a->time;

	r->s->t0 = clock.t0;
	r->next_tick = t->interval_ns ? clock.t0 + t->interval_ns : NEVER;
	r->end = t->duration_ns ? clock.t0 + t->duration_ns : NEVER;
	emit(r->s, INPUT_CLOCK, &clock, sizeof(clock), NULL, 0);
}

/* The command has ended, or all targets. */
static bool is_over(struct run *r)
{
	if (r->child.pid)
		return r->child.ended;
	return r->s->type->ended && r->s->type->ended(r->s);
}

/* Asked by an output whose reader is behind. */
static bool is_impatient(void *ctx)
{
	struct run *r = ctx;
	bool signalled = signals_read(r->signals, &r->child);

	r->stop |= signalled;
	return r->out.patience.closing ? signalled : r->stop || is_over(r) || clock_monotonic_ns() >= r->end;
}

static int begin(struct run *r, struct error *e)
{
	int err;

	if (outputs_open(&r->out, r->a, r->c->show, r->m, e) || (r->signals = signals_open(e)) < 0)
		return -1;
	r->end = NEVER;
	r->out.patience = (struct patience){ .wake = r->signals, .over = is_impatient, .ctx = r };
	if (r->a->show.record && !(r->record = record_create(r->a->show.record, e)))
		return -1;
	if (r->a->target.command && (err = child_start(&r->child, r->a->target.command)))
		return rights_fail(e, err, NULL, "cannot start the command");
	r->s->child = r->child.pid;
	emit_facts(r);
	emit_by(r);
	if (source_open(r->s, e))
		return -1;
	child_baseline(&r->child);
	start_clock(r);
	if (r->c->announce)
		r->c->announce(r->a, r->m);
	if (r->s->type->start && r->s->type->start(r->s, e))
		return -1;
	if (!r->child.pid)
		start_files(r); /* whoever reads its first line knows that from now on all is counted */
	if (r->s->type->survey && r->s->type->survey(r->s, e))
		return -1;
	return r->child.pid ? launch(r, e) : 0;
}

/* --- run --- */

static int tick(struct run *r, uint64_t now, struct error *e)
{
	const struct time_args *t = &r->a->time;

	if (r->s->type->read && r->s->type->read(r->s, false, e))
		return -1;
	r->next_tick += t->interval_ns;
	if (r->next_tick < now) /* late: no bunch of tables */
		r->next_tick = now + t->interval_ns;
	emit_tick(r, now, false);
	emit_retain(r, now, false);
	r->stop |= (t->count && ++r->ticks >= t->count) || outputs_failed(&r->out);
	return 0;
}

static void note_over(struct run *r, uint64_t now)
{
	if (r->lingers || !is_over(r))
		return;
	r->lingers = true;
	r->end = now + r->s->linger_ns < r->end ? now + r->s->linger_ns : r->end;
}

static void wait_for_something(struct run *r)
{
	uint64_t now = clock_monotonic_ns(), until = r->end < r->next_tick ? r->end : r->next_tick;
	struct pollfd fds[SOURCE_FDS + OUTPUTS_POLLED + 1] = { { r->signals, POLLIN, 0 } };
	int waiting[OUTPUTS_POLLED], behind = outputs_waiting(&r->out, waiting, OUTPUTS_POLLED);
	nfds_t n = 1;
	struct timespec ts;

	if (r->s->type->drain && now + r->s->period_ns < until)
		until = now + r->s->period_ns;
	ts = timespec_until(until, now);
	for (int i = 0; i < r->s->fd_count; i++)
		fds[n++] = (struct pollfd){ r->s->fds[i], POLLIN, 0 };
	for (int i = 0; i < behind; i++)
		fds[n++] = (struct pollfd){ waiting[i], POLLOUT, 0 };
	ppoll(fds, n, &ts, NULL);
	outputs_push(&r->out);
}

static int step(struct run *r, struct error *e)
{
	uint64_t now;

	note_over(r, clock_monotonic_ns()); /* it may be over already, and nothing would come */
	wait_for_something(r);
	r->stop |= signals_read(r->signals, &r->child);
	if (r->s->type->drain && r->s->type->drain(r->s, e))
		return -1;
	now = clock_monotonic_ns();
	note_over(r, now);
	r->stop |= now >= r->end;
	if (!r->stop && now >= r->next_tick)
		return tick(r, now, e);
	if (!r->stop && r->m->type->over_limit && r->m->type->over_limit(r->m, now))
		emit_retain(r, now, true);
	return 0;
}

/* --- end --- */

/* The kernel's count is of the command with all children it waited for. */
static void emit_rusage(struct run *r)
{
	struct input_rusage ru = { .minor = r->child.minflt - r->child.base_minflt,
				   .major = r->child.majflt - r->child.base_majflt };

	if (r->child.ended && !r->child.unknown && !r->a->target.no_follow)
		emit(r->s, INPUT_RUSAGE, &ru, sizeof(ru), NULL, 0);
}

static int finish(struct run *r, struct error *e)
{
	const struct source_type *type = r->s->type;
	char name[256];

	if ((type->stop && type->stop(r->s, e)) || (type->read && type->read(r->s, true, e)))
		return -1;
	emit_rusage(r);
	emit_tick(r, clock_monotonic_ns(), true);
	r->output_failed = outputs_failed(&r->out);
	if (r->child.pid && !r->child.ended && !r->output_failed)
		fprintf(stderr, "mmtrace: '%s' (pid %d) goes on, not traced any more\n",
			error_escape(name, sizeof(name), r->a->target.command[0]), r->child.pid);
	return 0;
}

static int replay(struct run *r, struct error *e)
{
	if (outputs_open(&r->out, r->a, r->c->show, r->m, e) || source_open(r->s, e))
		return -1;
	emit_by(r);
	return r->s->type->replay(r->s, e);
}

static int run_live(struct run *r, struct error *e)
{
	if (begin(r, e))
		return -1;
	while (!r->stop)
		if (step(r, e))
			return -1;
	return finish(r, e);
}

/* Of a run that went well.  A command runs on though nobody reads of it: its status is waited for. */
static int status_of(struct run *r)
{
	if (r->child.pid && r->output_failed)
		signals_await(r->signals, &r->child);
	if (r->a->show.strict && !r->output_failed && r->c->lost && r->c->lost(r->m))
		return EXIT_LOST;
	if (r->child.ended)
		return child_status(&r->child);
	return r->c->status ? r->c->status(r->m) : EXIT_OK;
}

int run(const struct command *c, struct args *a)
{
	struct run r = { .c = c, .a = a, .m = model_new(c->model), .signals = -1 };
	struct error e = { 0 }, later = { 0 };
	int status = EXIT_FAILED;

	r.s = source_new(c->source, a, r.m, on_input, &r);
	r.s->period_ns = DRAIN_NS;
	if ((c->source->replay ? replay : run_live)(&r, &e) == 0) {
		if (c->conclude && !r.output_failed)
			c->conclude(a, r.m);
		status = status_of(&r);
	}
	source_free(r.s);
	if (outputs_close(&r.out, &later) && !e.code)
		e = later;
	if (record_close(r.record, &later) && !e.code)
		e = later;
	if (e.code) {
		if (r.child.pid && r.output_failed)
			signals_await(r.signals, &r.child);
		error_print(&e);
		status = (int)e.code;
	}
	model_free(r.m);
	return status;
}
