/* SPDX-License-Identifier: GPL-2.0 */
#include "cmd/outputs.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"

/* --- opening --- */

static FILE *open_file(const char *path, struct error *e)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
	char safe[256];

	if (!f)
		error_set(e, EXIT_FAILED, NULL, strerror(errno), "cannot write to '%s'", error_escape(safe, sizeof(safe), path));
	return f;
}

static struct view_options options_of(const struct args *a, const char *path)
{
	return (struct view_options){
		.path = path, .table = a->show.table, .by = a->show.by, .columns = a->show.columns, .sort = a->show.sort,
		.top = a->show.top, .quiet = a->show.quiet,
		.ascii = a->show.ascii || strcmp(nl_langinfo(CODESET), "UTF-8"),
	};
}

/* A command's own stdout stays clean of what people read. */
static FILE *standard(const struct args *a, const struct format *format)
{
	return a->target.command && format->for_people ? stderr : stdout;
}

/* Can tables be drawn over each other? */
static bool terminal_moves(void)
{
	const char *term = getenv("TERM");

	return term && *term && strcmp(term, "dumb");
}

static int add(struct outputs *o, const struct args *a, const char *name, const char *path, const struct show *show,
	       const struct model *m, struct error *e)
{
	struct output *out = &o->list[o->count];
	struct view_options opt = options_of(a, path);
	const struct format *format = format_find(name);

	out->path = path;
	if (!path)
		out->f = standard(a, format);
	else if (!format->rewrites && !(out->f = open_file(path, e)))
		return -1;
	out->terminal = out->f && isatty(fileno(out->f)) && format->for_people;
	opt.terminal = out->terminal;
	opt.redraw = out->terminal && terminal_moves() && !a->target.command && !show->event;
	out->view = view_new(format, show, m, &opt);
	out->view->out = out->f;
	o->count++;
	return 0;
}

int outputs_open(struct outputs *o, const struct args *a, const struct show *show, const struct model *m, struct error *e)
{
	o->list = xcalloc((size_t)a->show.also_count + 1, sizeof(*o->list));
	if (add(o, a, a->show.format ? a->show.format : "text", a->show.output, show, m, e))
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
	fclose(f);
	if (o->err || rename(name, o->path)) {
		o->err = o->err ? o->err : errno;
		unlink(name);
	}
	free(name);
}

/* --- what happens --- */

static void note_error(struct output *o)
{
	if (o->f && ferror(o->f) && !o->err)
		o->err = errno ? errno : EIO;
	if (!o->err)
		o->err = o->view->err;
}

/* The terminal may have another size now. */
static void fit(struct output *o)
{
	struct winsize ws = { 0 };

	if (!o->terminal || ioctl(fileno(o->f), TIOCGWINSZ, &ws))
		return;
	o->view->opt.width = ws.ws_col;
	o->view->opt.height = ws.ws_row;
}

static void each(struct outputs *o, void (*show)(struct view *v), bool moment)
{
	for (int i = 0; i < o->count; i++) {
		struct output *out = &o->list[i];

		if (out->err)
			continue;
		fit(out);
		if (out->view->format->rewrites && out->path && moment)
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
		FILE *f = o->list[i].path ? o->list[i].f : NULL;
		struct stat st;

		if (f && fstat(fileno(f), &st) == 0 && S_ISREG(st.st_mode) && ftruncate(fileno(f), 0))
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
	struct pollfd fd = { o->f ? fileno(o->f) : -1, 0, 0 };

	return o->err == EPIPE || (o->f && poll(&fd, 1, 0) > 0 && fd.revents & (POLLERR | POLLHUP));
}

bool outputs_failed(struct outputs *o)
{
	return o->list[0].err || reader_gone(&o->list[0]);
}

int outputs_close(struct outputs *o, struct error *e)
{
	int failed = 0;

	for (int i = 0; i < o->count; i++) {
		struct output *out = &o->list[i];

		if (out->f && fflush(out->f) && !out->err)
			out->err = errno;
		note_error(out);
		if (out->err && !reader_gone(out) && !failed)
			failed = error_set(e, EXIT_FAILED, "free space, or choose another file", strerror(out->err),
					   "cannot write %s%s", out->path ? "to " : "the output", out->path ? out->path : "");
		view_free(out->view);
		if (out->path && out->f)
			fclose(out->f);
	}
	free(o->list);
	*o = (struct outputs){ 0 };
	return failed;
}
