/* SPDX-License-Identifier: GPL-2.0 */
/* Where a command writes: the main output and those of --also, each a view with a
 * file of its own. */
#ifndef CMD_OUTPUTS_H
#define CMD_OUTPUTS_H

#include "args/args.h"
#include "base/error.h"
#include "cmd/sink.h"
#include "view/view.h"

struct output {
	struct view *view;
	FILE *f;          /* NULL: opened anew at each tick (format.rewrites) */
	struct sink *sink; /* below f, unless it is a regular file; NULL: none */
	int fd;           /* of f; -1: none */
	const char *path; /* NULL: stdout or stderr */
	bool created;     /* it was not there before */
	int file_err;     /* the same of a regular file, set by its stream */
	int err;          /* errno of the first write that failed */
	const char *err_type; /* it was to FILE.TYPE; NULL: to FILE */
	bool terminal;
};

struct outputs {
	struct output *list;
	int count;
	bool started;
	struct sink *messages; /* below stderr while the run goes on; NULL: none */
	FILE *real_stderr;
	struct patience patience; /* set by who runs; all zero but wake = -1: waits for readers for ever */
};

/* Opens files, of which nothing is lost before outputs_start(). -1: e is filled. */
int outputs_open(struct outputs *o, const struct args *a, const struct show *show, const struct model *m,
		 struct error *e);
/* Will stdout be a screen whose tables are drawn over each other? */
bool outputs_redraw(const struct args *a);
/* Empties the files: from now on nothing but a kill keeps them from being written. */
void outputs_start(struct outputs *o);
void outputs_event(struct outputs *o, const struct row_type *type, const void *row);
void outputs_tick(struct outputs *o);
void outputs_before_retain(struct outputs *o);
void outputs_after_retain(struct outputs *o);
void outputs_end(struct outputs *o);
/* Descriptors of outputs whose reader is behind, to poll for POLLOUT, at most `max`; then outputs_push(). */
int outputs_waiting(const struct outputs *o, int *fds, int max);
void outputs_push(struct outputs *o);
/* The main one cannot be written any more, or nobody reads it. */
bool outputs_failed(struct outputs *o);
/* Flushes and closes all, waiting for readers that go on reading. 0, or -1 and e where
 * something could not be written; a reader that has gone is no failure. */
int outputs_close(struct outputs *o, struct error *e);

#endif
