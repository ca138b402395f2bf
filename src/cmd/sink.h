/* SPDX-License-Identifier: GPL-2.0 */
/* A stream whose reader may be slow or stall: what it does not take waits in a bounded
 * queue, signals and the end of the run are heard meanwhile, and what was never written
 * is counted. */
#ifndef CMD_SINK_H
#define CMD_SINK_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Shared by the sinks of a run. */
struct patience {
	int wake;                 /* readable when over() may have changed; -1: none */
	bool (*over)(void *ctx);  /* shall tracing end? Then nothing is waited for that holds it up. NULL: never */
	void *ctx;
	bool closing;             /* tracing has ended: over() is true for a further signal, and then all is given up */
};

struct sink;

/* A stream that writes to fd, which must stay open until sink_close(); NULL: errno. Of regular
 * files the kernel takes all there is: they need none. */
struct sink *sink_open(int fd, bool lines, struct patience *p);
FILE *sink_stream(struct sink *s);
/* errno of the first write that failed; 0: none did. */
int sink_error(const struct sink *s);
/* To poll for POLLOUT, and call sink_push() then; -1: nothing waits. */
int sink_waits(const struct sink *s);
void sink_push(struct sink *s);
/* Waits for the reader while it goes on reading. Bytes that it did not take. */
uint64_t sink_close(struct sink *s);

#endif
