/* SPDX-License-Identifier: GPL-2.0 */
/* Files of targets are hostile and may hang: mmtrace itself never opens, reads or asks for one.  It
 * asks three small processes, forked before anything large is there:
 *   keeper  starts the other two, and others in their place; opens nothing, so that it is never stuck
 *   opener  keeps the few rights that opening needs, looks into nothing
 *   parser  gets open files from it, has no rights at all, answers what is in them
 * Nobody waits: answers come through opener_fd().  A pair that does not answer in time is killed and left
 * (it may be in a wait that no signal ends), the device of the file it was at is not asked for again,
 * and another pair is started, until too many are stuck.  All end with mmtrace. */
#ifndef OPENER_OPENER_H
#define OPENER_OPENER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "opener/wire.h"

/* How a request ended. */
enum opener_end {
	OPENER_ANSWERED = 1, /* there is an answer; that it could not be opened is one too */
	OPENER_LATE,         /* no answer in time: a process is stuck at this file */
	OPENER_DEVICE_LATE,  /* not asked: another file of its device was late */
	OPENER_DIED,         /* a process was killed or crashed at it */
	OPENER_NONE,         /* not asked: too many are stuck, or died, or none can be started */
};

struct opener;

/* Of r, which is a copy; a, the service's answer, is NULL but for OPENER_ANSWERED.  Both hold until it returns. */
typedef void (*opener_fn)(void *ctx, const struct opener_request *r, enum opener_end end, const void *a);

/* Starts the processes.  The caller's to free; NULL: cannot fork (errno). */
struct opener *opener_start(const struct opener_service *service);
/* Readable when opener_take() has something to do; it also wants to be called now and then, for what is late.
 * Belongs to o. */
int opener_fd(const struct opener *o);
/* The process that the others are children of. */
pid_t opener_keeper(const struct opener *o);
/* Puts a request (the service's, of which r is the beginning), whose id and error are not looked at, into
 * the queue.  false: this device and inode are in it already, or it is full: ask again. */
bool opener_ask(struct opener *o, const struct opener_request *r);
/* Takes answers, and notices what is late or dead: each request that ended is reported once. */
void opener_take(struct opener *o, opener_fn fn, void *ctx);
/* The same until no request is left, or ns have passed. */
void opener_wait(struct opener *o, uint64_t ns, opener_fn fn, void *ctx);
/* Likewise, and what is left is reported as late. */
void opener_finish(struct opener *o, uint64_t ns, opener_fn fn, void *ctx);
/* How many processes were found dead that nobody had killed here. */
unsigned opener_deaths(const struct opener *o);
/* CPU time of those that live. */
uint64_t opener_cpu_ns(const struct opener *o);
/* Ends the processes; takes NULL. */
void opener_free(struct opener *o);

#endif
