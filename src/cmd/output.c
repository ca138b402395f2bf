/* SPDX-License-Identifier: GPL-2.0 */
#include "cmd/output.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

int output_open(struct output *o, const struct options *opt, struct error *e)
{
	int fd;

	o->f = opt->command && !opt->json ? stderr : stdout; /* CMD's own output stays clean */
	if (opt->output) {
		fd = open(opt->output, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
		o->f = fd < 0 ? NULL : fdopen(fd, "w");
		if (!o->f)
			return error_set(e, EXIT_FAILED, NULL, strerror(errno), "cannot write to '%s'", opt->output);
	}
	o->terminal = isatty(fileno(o->f)) && !opt->json;
	return 0;
}

void output_begin(const struct output *o)
{
	struct stat st;

	if (o->f == stdout || o->f == stderr || fstat(fileno(o->f), &st) || !S_ISREG(st.st_mode))
		return;
	if (ftruncate(fileno(o->f), 0))
		fprintf(stderr, "mmtrace: the output file keeps its old end: %s\n", strerror(errno));
}

void output_fit(const struct output *o, const struct options *opt, struct report *r)
{
	struct winsize ws = { 0 };
	bool two = r->by_process && r->expand_count; /* tables */

	setlocale(LC_CTYPE, "");
	r->ascii = strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
	r->redraw = o->terminal && !opt->command && !opt->trace;
	r->width = o->terminal && ioctl(fileno(o->f), TIOCGWINSZ, &ws) == 0 ? ws.ws_col : 0;
	r->top = 30;
	if (opt->top >= 0)
		r->top = opt->top;
	else if (ws.ws_row) /* the other lines: titles, "(N more", the residual, the cursor's */
		r->top = ws.ws_row > 8 ? (ws.ws_row - 6) / (two ? 2 : 1) : 1;
}

bool output_failed(struct output *o)
{
	if (!ferror(o->f))
		return false;
	if (!o->err)
		o->err = errno ? errno : EIO;
	return true;
}

bool output_reader_gone(const struct output *o)
{
	struct pollfd fd = { fileno(o->f), 0, 0 };

	return o->err == EPIPE || (poll(&fd, 1, 0) > 0 && fd.revents & (POLLERR | POLLHUP));
}

int output_end(struct output *o, struct error *e)
{
	if (fflush(o->f) && !o->err)
		o->err = errno;
	if (!output_failed(o) && !o->err)
		return 0;
	if (output_reader_gone(o))
		return 0;
	return error_set(e, EXIT_FAILED, "free space, or choose another file", strerror(o->err), "cannot write the output");
}
