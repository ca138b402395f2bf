/* SPDX-License-Identifier: GPL-2.0 */
/* mmtrace's side: a queue whose first requests are with a pair of processes.  They answer in
 * order, so that the oldest is the one that they are at. */
#include "opener/opener.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "host/procfs.h"
#include "opener/processes.h"

#define QUEUE 1024u  /* requests; a power of two */
#define WINDOW 16u   /* of them with the processes: what waits in their sockets is small */
#define LATE_NS 2000000000ull
#define BUSY_NS (5 * LATE_NS) /* for those that run, or wait for a processor */
#define STUCK_MAX 4  /* pairs that are left stuck */
#define DEATHS_MAX 8 /* pairs that died, or were killed at work; more are not started: something kills them all */
#define DEVICES_MAX 64
#define END_TRIES 200 /* ms */

struct pair { int ask, answer; pid_t opener, parser; }; /* ask < 0: none */

struct opener {
	int epoll, keeper;
	pid_t keeper_pid;
	struct pair now, stuck[STUCK_MAX];
	unsigned stuck_count, deaths;
	const struct opener_service *service;
	uint8_t *queue;  /* QUEUE requests, of the service's size */
	uint8_t *ended;        /* the request that is reported */
	uint8_t *answer, *raw; /* one of each */
	unsigned first, count, sent; /* the first `sent` are with the processes */
	uint64_t since, looked;      /* the oldest of them is the oldest since; last look at the processes */
	uint64_t next_id;
	uint32_t late_device[DEVICES_MAX];
	unsigned late_devices;
};

static struct opener_request *queued(struct opener *o, unsigned i)
{
	return (struct opener_request *)(o->queue + (o->first + i) % QUEUE * o->service->request_size);
}

/* --- processes --- */

static int watch(struct opener *o, int fd)
{
	return epoll_ctl(o->epoll, EPOLL_CTL_ADD, fd, &(struct epoll_event){ .events = EPOLLIN });
}

static void pair_close(struct pair *p)
{
	if (p->ask >= 0)
		close(p->ask);
	if (p->answer >= 0)
		close(p->answer);
	*p = (struct pair){ .ask = -1, .answer = -1 };
}

static bool keeper_lives(const struct opener *o)
{
	return o->keeper >= 0;
}

/* The other ends are all closed: whoever held them is gone. */
static bool is_hung_up(int fd)
{
	char byte;

	return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

static void keeper_lost(struct opener *o)
{
	close(o->keeper);
	o->keeper = -1;
	o->deaths++;
	waitpid(o->keeper_pid, NULL, WNOHANG);
}

/* Whatever runs is killed; with descriptors, others are started. */
static bool keeper_order(struct opener *o, const int *fds)
{
	struct keeper_order order = { .start = fds != NULL };

	if (!keeper_lives(o))
		return false;
	if (!message_send(o->keeper, &order, sizeof(order), fds, fds ? 2 : 0, MSG_DONTWAIT))
		return true;
	keeper_lost(o);
	return false;
}

static void pair_start(struct opener *o)
{
	int ask[2], answer[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ask))
		return;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, answer)) {
		close(ask[0]);
		close(ask[1]);
		return;
	}
	o->now = (struct pair){ .ask = ask[0], .answer = answer[0] };
	o->sent = 0;
	if (watch(o, ask[0]) || watch(o, answer[0]) || !keeper_order(o, (int[]){ ask[1], answer[1] }))
		pair_close(&o->now);
	close(ask[1]);
	close(answer[1]);
}

struct opener *opener_start(const struct opener_service *service)
{
	pid_t self = getpid(), pid;
	struct opener *o;
	int two[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, two))
		return NULL;
	pid = fork();
	if (!pid)
		keeper_run(two[1], self, service);
	close(two[1]);
	if (pid < 0) {
		close(two[0]);
		return NULL;
	}
	o = xcalloc(1, sizeof(*o));
	o->service = service;
	o->queue = xcalloc(QUEUE, service->request_size);
	o->ended = xcalloc(1, service->request_size);
	o->answer = xcalloc(2, service->answer_size);
	o->raw = o->answer + service->answer_size;
	o->keeper = two[0];
	o->keeper_pid = pid;
	o->now = (struct pair){ .ask = -1, .answer = -1 };
	o->epoll = epoll_create1(EPOLL_CLOEXEC);
	watch(o, o->keeper);
	pair_start(o);
	return o;
}

int opener_fd(const struct opener *o)
{
	return o->epoll;
}

pid_t opener_keeper(const struct opener *o)
{
	return o->keeper_pid;
}

unsigned opener_deaths(const struct opener *o)
{
	return o->deaths;
}

static uint64_t cpu_of(pid_t pid)
{
	struct timespec t;
	clockid_t clock;

	if (pid <= 0 || clock_getcpuclockid(pid, &clock) || clock_gettime(clock, &t))
		return 0;
	return (uint64_t)t.tv_sec * CLOCK_SECOND_NS + (uint64_t)t.tv_nsec;
}

uint64_t opener_cpu_ns(const struct opener *o)
{
	return keeper_lives(o) ? cpu_of(o->keeper_pid) + cpu_of(o->now.opener) + cpu_of(o->now.parser) : 0;
}

/* It kills the others and ends.  One that does not (stopped by somebody) is killed, and takes them with it. */
static void keeper_end(struct opener *o)
{
	close(o->keeper);
	for (int i = 0; i < END_TRIES; i++) {
		if (waitpid(o->keeper_pid, NULL, WNOHANG))
			return;
		usleep(1000);
	}
	kill(o->keeper_pid, SIGKILL);
}

void opener_free(struct opener *o)
{
	if (!o)
		return;
	if (keeper_lives(o))
		keeper_end(o);
	pair_close(&o->now);
	for (unsigned i = 0; i < o->stuck_count; i++)
		pair_close(&o->stuck[i]);
	close(o->epoll);
	free(o->queue);
	free(o->ended);
	free(o->answer);
	free(o);
}

/* --- requests --- */

static bool device_is_late(const struct opener *o, uint32_t dev)
{
	for (unsigned i = 0; i < o->late_devices; i++)
		if (o->late_device[i] == dev)
			return true;
	return o->late_devices == DEVICES_MAX; /* so many: none is trusted */
}

bool opener_ask(struct opener *o, const struct opener_request *r)
{
	if (o->count == QUEUE)
		return false;
	for (unsigned i = 0; i < o->count; i++) {
		struct opener_request *q = queued(o, i);

		if (q->ino != r->ino || q->dev != r->dev || q->edition != r->edition)
			continue;
		if (i >= o->sent && !q->path[0] && r->path[0])
			memcpy(q, r, o->service->request_size); /* it can be found when its process has ended */
		return false;
	}
	memcpy(queued(o, o->count++), r, o->service->request_size);
	return true;
}

/* The oldest request has ended. */
static void end_first(struct opener *o, enum opener_end end, const void *a, opener_fn fn, void *ctx)
{
	const struct opener_request *r = memcpy(o->ended, queued(o, 0), o->service->request_size);

	o->first = (o->first + 1) % QUEUE;
	o->count--;
	o->sent -= o->sent > 0;
	o->since = clock_monotonic_ns();
	fn(ctx, r, end, a);
}

/* --- looking after them --- */

static void take_reports(struct opener *o)
{
	struct keeper_report report;
	long n = 0;

	while (keeper_lives(o) &&
	       (n = message_receive(o->keeper, &report, sizeof(report), NULL, MSG_DONTWAIT)) == sizeof(report)) {
		o->now.opener = report.opener;
		o->now.parser = report.parser;
	}
	if (keeper_lives(o) && n != -EAGAIN)
		keeper_lost(o);
}

/* false: the pair is of no use any more. */
static bool take_answers(struct opener *o, opener_fn fn, void *ctx)
{
	const struct opener_service *service = o->service;
	long n;

	while ((n = message_receive(o->now.answer, o->raw, service->answer_size, NULL, MSG_DONTWAIT)) > 0) {
		if (!o->sent || !service->decode(o->raw, (size_t)n, queued(o, 0)->id, o->answer))
			return false; /* nobody asked for that: whatever answers is not what was started */
		end_first(o, OPENER_ANSWERED, o->answer, fn, ctx);
	}
	return n == -EAGAIN && !is_hung_up(o->now.ask);
}

/* One that only waits for a processor is not stuck. */
static bool is_runnable(pid_t pid)
{
	struct procfs_stat st;

	return pid > 0 && !procfs_stat_read(pid, &st) && st.state == 'R';
}

static bool is_late(struct opener *o)
{
	uint64_t now = clock_monotonic_ns(), limit = LATE_NS;

	if (now - o->looked > LATE_NS / 2)
		o->since = now; /* it is us who were away: stopped, or busy */
	o->looked = now;
	if (is_runnable(o->now.opener) || is_runnable(o->now.parser))
		limit = BUSY_NS;
	return o->sent && now - o->since > limit;
}

static void pair_died(struct opener *o, opener_fn fn, void *ctx)
{
	bool at_work = o->sent > 0;

	o->deaths++;
	pair_close(&o->now);
	keeper_order(o, NULL); /* the other one */
	if (at_work)
		end_first(o, OPENER_DIED, NULL, fn, ctx);
	o->sent = 0;
}

static void pair_stuck(struct opener *o, opener_fn fn, void *ctx)
{
	uint32_t dev = queued(o, 0)->dev;

	if (!device_is_late(o, dev))
		o->late_device[o->late_devices++] = dev;
	keeper_order(o, NULL);
	/* its sockets show when it is gone; one that is hung up would wake the main loop all the time */
	epoll_ctl(o->epoll, EPOLL_CTL_DEL, o->now.ask, NULL);
	epoll_ctl(o->epoll, EPOLL_CTL_DEL, o->now.answer, NULL);
	o->stuck[o->stuck_count++] = o->now;
	o->now = (struct pair){ .ask = -1, .answer = -1 };
	end_first(o, OPENER_LATE, NULL, fn, ctx);
	o->sent = 0;
}

/* It uses a processor and comes to no end: the file is to blame and not the device, and it can be killed. */
static void pair_spins(struct opener *o, opener_fn fn, void *ctx)
{
	pair_close(&o->now);
	keeper_order(o, NULL);
	end_first(o, OPENER_LATE, NULL, fn, ctx);
	o->sent = 0;
}

static void forget_unstuck(struct opener *o)
{
	for (unsigned i = 0; i < o->stuck_count;) {
		struct pair *p = &o->stuck[i];

		while (recv(p->answer, o->raw, o->service->answer_size, MSG_DONTWAIT) > 0)
			; /* too late */
		if (!is_hung_up(p->ask) || !is_hung_up(p->answer)) {
			i++;
			continue;
		}
		pair_close(p);
		*p = o->stuck[--o->stuck_count];
	}
}

static bool is_up(struct opener *o)
{
	if (o->now.ask < 0 && keeper_lives(o) && o->stuck_count < STUCK_MAX && o->deaths < DEATHS_MAX)
		pair_start(o);
	return o->now.ask >= 0;
}

static void send_queued(struct opener *o, opener_fn fn, void *ctx)
{
	while (o->count && !o->sent && device_is_late(o, queued(o, 0)->dev))
		end_first(o, OPENER_DEVICE_LATE, NULL, fn, ctx);
	while (o->sent < (o->service->window ? o->service->window : WINDOW) && o->sent < o->count) {
		struct opener_request *r = queued(o, o->sent);

		if (device_is_late(o, r->dev))
			return; /* once it is the first */
		r->id = ++o->next_id;
		r->error = 0;
		if (message_send(o->now.ask, r, o->service->request_size, NULL, 0, MSG_DONTWAIT))
			return; /* no room, or dead: that is noticed elsewhere */
		if (!o->sent++)
			o->since = clock_monotonic_ns();
	}
}

void opener_take(struct opener *o, opener_fn fn, void *ctx)
{
	take_reports(o);
	forget_unstuck(o);
	if (o->now.ask >= 0 && !take_answers(o, fn, ctx))
		pair_died(o, fn, ctx);
	else if (o->now.ask >= 0 && is_late(o))
		(is_runnable(o->now.parser) ? pair_spins : pair_stuck)(o, fn, ctx);
	if (o->count && is_up(o))
		send_queued(o, fn, ctx);
	while (o->count && o->now.ask < 0)
		end_first(o, OPENER_NONE, NULL, fn, ctx);
}

void opener_wait(struct opener *o, uint64_t ns, opener_fn fn, void *ctx)
{
	uint64_t until = clock_monotonic_ns() + ns, now;
	struct pollfd p = { o->epoll, POLLIN, 0 };

	opener_take(o, fn, ctx);
	while (o->count && (now = clock_monotonic_ns()) < until) {
		poll(&p, 1, (int)((until - now) / 1000000) + 1);
		opener_take(o, fn, ctx);
	}
}

void opener_finish(struct opener *o, uint64_t ns, opener_fn fn, void *ctx)
{
	opener_wait(o, ns, fn, ctx);
	while (o->count)
		end_first(o, OPENER_LATE, NULL, fn, ctx);
}
