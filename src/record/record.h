/* SPDX-License-Identifier: GPL-2.0 */
/* A file of inputs: what a run learned, in order.  Plain for now: a header, then
 * for each input 16 bytes (kind u32, head u32, body u64, little endian) and both
 * parts, each padded to 8.  An end mark shows that it is whole, and by a sum that nothing in it was
 * changed. */
#ifndef RECORD_RECORD_H
#define RECORD_RECORD_H

#include <stdio.h>

#include "base/error.h"
#include "input/input.h"

#define RECORD_BODY_MAX (1ull << 30) /* bytes; a longer one is damage */

/* --- writing --- */

struct record_writer;

/* Opens path, of which nothing is lost before record_start(); NULL and e. */
struct record_writer *record_create(const char *path, struct error *e);
/* Empties the file: what was put before waits in memory until then. Takes NULL. */
void record_start(struct record_writer *w);
/* Errors are kept for record_close(). */
void record_put(struct record_writer *w, const struct input *in);
/* Writes the end mark; 0, or -1 and e if anything could not be written. A file that was never
 * started is as it was: one that was not there goes again. Takes NULL. */
int record_close(struct record_writer *w, struct error *e);

/* --- reading --- */

struct record_reader { FILE *f; unsigned char *head, *body; size_t head_room, body_room; uint64_t sum; };

enum record_state {
	RECORD_INPUT,   /* *in holds until the next call */
	RECORD_END,     /* whole */
	RECORD_CUT,     /* the file ends before its end mark */
	RECORD_CHANGED, /* whole, but not as it was written */
	RECORD_DAMAGED, /* what follows makes no sense */
};

/* f stays the caller's. -1 and e: no recording, or of another version. */
int record_open(struct record_reader *r, FILE *f, struct error *e);
enum record_state record_next(struct record_reader *r, struct input *in);
void record_end(struct record_reader *r);

#endif
