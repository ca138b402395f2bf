/* SPDX-License-Identifier: GPL-2.0 */
#include "cmd/outputs.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <langinfo.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/lines.h"
#include "view/format/text.h"

/* --- opening --- */

static int open_file(const char *path, bool *created, struct error *e)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	char safe[256];

	*created = fd >= 0;
	if (fd < 0)
		fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	if (fd < 0)
		error_set(e, EXIT_FAILED, NULL, strerror(errno), "cannot write to '%s'", error_escape(safe, sizeof(safe), path));
	return fd;
}

static bool is_regular(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

/* A stream on o->fd: of a regular file its own, else one that does not wait for the reader. */
static int stream_open(struct output *o, struct patience *p, struct error *e)
{
	if (is_regular(o->fd)) {
		o->f = lines_open(o->path ? o->fd : fcntl(o->fd, F_DUPFD_CLOEXEC, 3), &o->file_err);
	} else if ((o->sink = sink_open(o->fd, isatty(o->fd) || o->fd == STDERR_FILENO, p))) {
		o->f = sink_stream(o->sink);
	}
	return o->f ? 0 : error_set(e, EXIT_FAILED, NULL, strerror(errno), "cannot write the output");
}

static struct view_options options_of(const struct args *a, const char *path)
{
	return (struct view_options){
		.path = path, .table = a->show.table, .by = a->show.by, .columns = a->show.columns, .sort = a->show.sort,
		.weight = a->stack.weight,
		.top = a->show.top, .quiet = a->show.quiet,
		.ascii = a->show.ascii || strcmp(nl_langinfo(CODESET), "UTF-8"),
	};
}

/* A command's own stdout stays clean of what people read. */
static int standard(const struct args *a, const struct format *format)
{
	return a->target.command && format->for_people ? STDERR_FILENO : STDOUT_FILENO;
}

/* Can tables be drawn over each other? */
static bool terminal_moves(void)
{
	const char *term = getenv("TERM");

	return term && *term && strcmp(term, "dumb");
}

bool outputs_redraw(const struct args *a)
{
	return args_text(a) && !a->show.quiet && !a->target.command && !a->show.output && isatty(STDOUT_FILENO) &&
	       terminal_moves();
}

static int add(struct outputs *o, const struct args *a, const char *name, const char *path, const struct show *show,
	       const struct model *m, struct error *e)
{
	struct output *out = &o->list[o->count];
	const struct format *format = format_find(name);
	struct stat st; /* a device, FIFO or link, as /dev/stdout is, stays: it gets the metrics at the end */
	bool stays = path && format->rewrites && !lstat(path, &st) && !S_ISREG(st.st_mode);
	struct view_options opt = options_of(a, stays ? NULL : path);

	*out = (struct output){ .path = path, .fd = -1 };
	if (!path)
		out->fd = standard(a, format);
	else if ((stays || !format->rewrites) && (out->fd = open_file(path, &out->created, e)) < 0)
		return -1;
	if (out->fd >= 0 && stream_open(out, &o->patience, e))
		return -1;
	out->terminal = out->fd >= 0 && isatty(out->fd) && format->for_people;
	opt.terminal = out->terminal;
	opt.redraw = out->terminal && terminal_moves() && !a->target.command && !(show->page && show->page->words_apart);
	out->view = view_new(format, show, m, &opt);
	out->view->out = out->f;
	o->count++;
	return 0;
}

/* Messages must not hold up a run either, whoever writes them. */
static void messages_open(struct outputs *o)
{
	o->real_stderr = stderr;
	if (!is_regular(STDERR_FILENO) && (o->messages = sink_open(STDERR_FILENO, true, &o->patience)))
		stderr = sink_stream(o->messages);
}

/* What is left of them nobody reads. */
static void messages_close(struct outputs *o)
{
	if (!o->messages)
		return;
	stderr = o->real_stderr;
	sink_close(o->messages);
}

int outputs_open(struct outputs *o, const struct args *a, const struct show *show, const struct model *m,
		 struct error *e)
{
	o->list = xcalloc((size_t)a->show.also_count + 1, sizeof(*o->list));
	o->patience.wake = -1;
	messages_open(o);
	if (add(o, a, a->show.format, a->show.output, show, m, e))
		return -1;
	for (int i = 0; i < a->show.also_count; i++)
		if (add(o, a, a->show.also[i].format, a->show.also[i].path, show, m, e))
			return -1;
	return 0;
}

/* --- files that are replaced as a whole --- */

static char *temporary_name(const char *path)
{
	char *name = NULL;

	return asprintf(&name, "%s.%d.tmp", path, (int)getpid()) < 0 ? NULL : name;
}

/* Who reads the file sees a whole one, and may be another user: 0644. */
static void replace(struct output *o, void (*show)(struct view *v))
{
	char *name = temporary_name(o->path);
	FILE *f = name ? fopen(name, "wxe") : NULL;

	if (!f) {
		o->err = o->err ? o->err : errno;
		free(name);
		return;
	}
	o->view->out = f;
	show(o->view);
	o->view->out = NULL;
	if (fchmod(fileno(f), 0644) || fflush(f) || ferror(f))
		o->err = o->err ? o->err : errno ? errno : EIO;
	if (fclose(f) && !o->err)
		o->err = errno;
	if (o->err || rename(name, o->path)) {
		o->err = o->err ? o->err : errno;
		unlink(name);
	}
	free(name);
}

/* --- what happens --- */

static void note_error(struct output *o)
{
	int known = o->sink ? sink_error(o->sink) : o->file_err;

	if (o->f && ferror(o->f) && !o->err)
		o->err = known ? known : errno ? errno : EIO;
	if (o->err || !o->view->err)
		return;
	o->err = o->view->err;
	o->err_type = o->view->err_type;
}

/* The terminal may have another size now. */
static void fit(struct output *o)
{
	struct winsize ws = { 0 };

	if (!o->terminal || ioctl(o->fd, TIOCGWINSZ, &ws))
		return;
	o->view->opt.width = ws.ws_col;
	o->view->opt.height = ws.ws_row;
}

/* On a screen nobody misses a table that the next one replaces. */
static bool is_behind(const struct output *o, bool moment)
{
	return moment && o->view->opt.redraw && !o->view->model->ended && sink_waits(o->sink) >= 0;
}

static void each(struct outputs *o, void (*show)(struct view *v), bool moment)
{
	for (int i = 0; i < o->count; i++) {
		struct output *out = &o->list[i];

		if (out->err || is_behind(out, moment))
			continue;
		fit(out);
		if (out->view->format->rewrites && out->path && !out->f && moment)
			replace(out, show);
		else if (out->f)
			show(out->view);
		note_error(out);
	}
}

void outputs_start(struct outputs *o)
{
	if (o->started)
		return;
	o->started = true;
	for (int i = 0; i < o->count; i++) {
		const struct output *out = &o->list[i];

		if (out->path && out->fd >= 0 && is_regular(out->fd) && ftruncate(out->fd, 0))
			o->list[i].err = errno;
	}
	each(o, view_start, false);
}

void outputs_event(struct outputs *o, const struct row_type *type, const void *row)
{
	outputs_start(o);
	for (int i = 0; i < o->count; i++) {
		if (o->list[i].f && !o->list[i].err)
			view_event(o->list[i].view, type, row);
		if (o->list[i].f && type->urgent)
			fflush(o->list[i].f);
		note_error(&o->list[i]);
	}
}

void outputs_tick(struct outputs *o)
{
	outputs_start(o);
	each(o, view_tick, true);
}

void outputs_before_retain(struct outputs *o)
{
	each(o, view_before_retain, false);
}

void outputs_after_retain(struct outputs *o)
{
	each(o, view_after_retain, false);
}

void outputs_end(struct outputs *o)
{
	outputs_start(o);
	each(o, view_end, true);
}

/* Of a pipe without readers the kernel says so, also if nothing was written since. */
static bool reader_gone(const struct output *o)
{
	struct pollfd fd = { o->fd, 0, 0 };

	return o->err == EPIPE || (o->fd >= 0 && poll(&fd, 1, 0) > 0 && fd.revents & (POLLERR | POLLHUP));
}

bool outputs_failed(struct outputs *o)
{
	return o->list[0].err || reader_gone(&o->list[0]);
}

int outputs_waiting(const struct outputs *o, int *fds, int max)
{
	int n = 0;

	for (int i = 0; i < o->count && n < max; i++)
		if (o->list[i].sink && (fds[n] = sink_waits(o->list[i].sink)) >= 0)
			n++;
	return n;
}

void outputs_push(struct outputs *o)
{
	for (int i = 0; i < o->count; i++)
		if (o->list[i].sink)
			sink_push(o->list[i].sink);
	if (o->messages)
		sink_push(o->messages);
}

static int report(const struct output *o, uint64_t lost, struct error *e)
{
	const char *hint = "free space, or choose another file";
	char what[300], why[100];

	if (o->err == EFBIG)
		hint = "raise the limit of the size of files (ulimit -f)";
	snprintf(what, sizeof(what), "%s%s%s%s", o->path ? "to " : "the output", o->path ? o->path : "",
		 o->err_type ? "." : "", o->err_type ? o->err_type : "");
	if (!lost)
		return error_set(e, EXIT_FAILED, hint, strerror(o->err), "cannot write %s", what);
	snprintf(why, sizeof(why), "its reader takes nothing; %" PRIu64 " bytes were not written", lost);
	return error_set(e, EXIT_FAILED, NULL, why, "cannot write %s", what);
}

static int output_close(struct output *o, struct error *e)
{
	uint64_t lost = 0;
	bool gone;

	if (o->f)
		fflush(o->f);
	note_error(o);
	view_free(o->view);
	if (o->sink)
		lost = sink_close(o->sink);
	gone = reader_gone(o);
	if (!o->sink && o->f) {
		if (fclose(o->f) && !o->err) /* some file systems say only now that there is no room */
			o->err = o->file_err ? o->file_err : errno;
	} else if (o->path && o->fd >= 0) {
		close(o->fd);
	}
	return (o->err || lost) && !gone ? report(o, lost, e) : 0;
}

int outputs_close(struct outputs *o, struct error *e)
{
	struct error other;
	int failed = 0;

	o->patience.closing = true;
	messages_close(o);
	for (int i = 0; i < o->count && !o->started; i++)
		if (o->list[i].created)
			unlink(o->list[i].path); /* nothing was traced: there is nothing to show for it */
	for (int i = 0; i < o->count; i++)
		failed |= output_close(&o->list[i], failed ? &other : e);
	free(o->list);
	*o = (struct outputs){ 0 };
	return failed;
}
