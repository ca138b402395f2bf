/* SPDX-License-Identifier: GPL-2.0 */
/* Arbitrary bytes as the file that `mmtrace replay` is given: the command itself, with its outputs and
 * files (src/cmd/run.c, outputs.c, src/source/replay.c), for libFuzzer.  The first byte chooses the
 * options.  The kernel is not asked in a replay: what would ask it stands here and ends the program. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cmd/check.h"
#include "cmd/command.h"
#include "cmd/replay.h"
#include "model/doctor.h"
#include "model/fault/session.h"
#include "model/hist.h"
#include "model/leak.h"
#include "model/space.h"
#include "model/top.h"
#include "probe/kernel_btf.h"
#include "probe/plan.h"
#include "probe/rights.h"
#include "view/shows.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

#define REPLAYED(NAME, shown, learned) \
	static const struct command command_##NAME = { .show = &(shown), .model = &(learned) }
REPLAYED(live, show_live, model_fault);
REPLAYED(trace, show_trace, model_fault);
REPLAYED(flame, show_flame, model_fault);
REPLAYED(hist, show_hist, model_hist);
REPLAYED(leak, show_leak, model_leak);
REPLAYED(top, show_top, model_top);
REPLAYED(layout, show_layout, model_space);
REPLAYED(doctor, show_doctor, model_doctor);
const struct command *const commands[COMMAND_COUNT] = {
	[COMMAND_LIVE] = &command_live, [COMMAND_TRACE] = &command_trace, [COMMAND_FLAME] = &command_flame,
	[COMMAND_HIST] = &command_hist, [COMMAND_LEAK] = &command_leak, [COMMAND_TOP] = &command_top,
	[COMMAND_LAYOUT] = &command_layout, [COMMAND_DOCTOR] = &command_doctor,
};

void plan_log(bool verbose)
{
	(void)verbose;
}

void kernel_btf_release(void)
{
}

int rights_check_start(struct error *e)
{
	(void)e;
	abort();
}

int rights_fail(struct error *e, int err, const char *hint, const char *what)
{
	(void)e, (void)err, (void)hint, (void)what;
	abort();
}

/* A file of that content which has a name. */
static int file_of(const unsigned char *data, size_t size, char name[64])
{
	int fd = memfd_create("recording", MFD_CLOEXEC);

	snprintf(name, 64, "/proc/self/fd/%d", fd);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	return fd;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	static const char *const lines[][6] = {
		{ "-o", "/dev/null", "-n", "3", "--also", "json=/dev/null" },
		{ "--json", "-o", "/dev/null", "--also", "csv=/dev/null", "-q" },
		{ "--csv", "-o", "/dev/null", "--also", "text=/dev/full", "-q" },
		{ "--format", "prometheus", "-o", "/dev/null", "--strict", "-q" },
		{ "--by", "comm", "-o", "/dev/null", "--ascii", "-q" },
		{ "-s", "faults", "-o", "/dev/full", "-n", "0" },
	};
	static FILE *words_go; /* what the command says of damage is of no use here */
	char *words[10] = { 0 }, name[64], own[6][32];
	struct args *a = calloc(1, sizeof(*a));
	const struct command *c;
	struct command replayed;
	struct error e = { 0 };
	int fd;

	if (size < 2 || !a) {
		free(a);
		return 0;
	}
	if (!words_go) {
		words_go = fopen("/dev/null", "w");
		stderr = words_go;
	}
	fd = file_of(data + 1, size - 1, name);
	words[0] = "mmtrace";
	words[1] = "replay";
	words[2] = name;
	for (int i = 0; i < 6; i++) {
		snprintf(own[i], sizeof(own[i]), "%s", lines[data[0] % 6][i]); /* the parser cuts some */
		words[3 + i] = own[i];
	}
	if (args_parse(a, 9, words, &e) == 0 && (c = replay_command(a, &e))) {
		replayed = *c;
		replayed.source = &source_replay;
		if (check_show(a, replayed.show, &e) == 0)
			run(&replayed, a);
	}
	if (a->recording)
		fclose(a->recording);
	close(fd);
	free(a);
	return 0;
}
