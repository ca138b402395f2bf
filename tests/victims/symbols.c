/* SPDX-License-Identifier: GPL-2.0 */
/* src/sym/user.h by lines: `map PID` announces what a process has mapped for execution, `gone PID` does as if it had
 * ended since, `inlined` begins anew with DWARF, `debuginfod` with servers, `kernel` with the kernel's symbols,
 * `since NS` says when processes began, `ask PID ADDRESS...` prints a line for each address: module, offset, functions
 * with their lines, or why there is no name.  Addresses of a process that has ended are looked up in what was
 * mapped when it was announced. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "sym/user.h"

#define MAPPINGS 4096

struct mapping { int pid; uint64_t start, end, offset; uint32_t module; };

static struct mapping mappings[MAPPINGS];
static unsigned count;
static uint64_t since;

static void map_line(struct user_symbols *u, int pid, bool gone, char *line)
{
	unsigned major, minor;
	uint64_t start, end, offset, ino;
	char perm[8];
	int at = 0;
	struct user_file f = { .pid = gone ? INT32_MAX : pid };
	struct stat st;

	line[strcspn(line, "\n")] = '\0';
	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %7s %" SCNx64 " %x:%x %" SCNu64 " %n", &start, &end, perm, &offset,
		   &major, &minor, &ino, &at) < 7 || perm[2] != 'x' || count == MAPPINGS)
		return;
	f.start = start;
	f.end = end;
	f.ino = ino;
	f.dev = major << 20 | minor;
	f.path = line + at;
	if (!gone && stat(f.path, &st) == 0 && st.st_ino == ino) {
		f.size = (uint64_t)st.st_size;
		f.ctime_ns = (uint64_t)st.st_ctim.tv_sec * 1000000000ull + (uint64_t)st.st_ctim.tv_nsec;
	}
	mappings[count++] = (struct mapping){ pid, start, end, offset, ino ? user_module(u, &f) : 0 };
}

static void map(struct user_symbols *u, int pid, bool gone)
{
	char path[64], line[4096];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		map_line(u, pid, gone, line);
	if (f)
		fclose(f);
	user_resolve(u, NULL, 0, 5000000000ull, NULL, NULL); /* waits until the files are open */
	puts("mapped");
}

static struct user_place place_of(int pid, uint64_t address)
{
	if (address >> 63)
		return (struct user_place){ .kind = USER_KERNEL, .address = address };
	for (unsigned i = 0; i < count; i++)
		if (mappings[i].pid == pid && mappings[i].module &&
		    address - mappings[i].start < mappings[i].end - mappings[i].start)
			return (struct user_place){ .kind = USER_FILE, .module = mappings[i].module,
						    .address = address - mappings[i].start + mappings[i].offset };
	return (struct user_place){ .kind = USER_JIT, .pid = pid, .address = address, .started_unix_ns = since };
}

static void on_name(void *ctx, size_t i, const struct user_place *place, const struct user_name *n)
{
	(void)ctx, (void)i, (void)place;
	printf("%s\t+0x%" PRIx64 "%s", n->module, n->offset, n->approximate ? "~" : "");
	if (!n->count)
		printf("\t!%s", user_why_text(n->why));
	for (unsigned k = 0; k < n->count; k++)
		printf("\t%s@%s:%u", n->frame[k].function, n->frame[k].source ? n->frame[k].source : "", n->frame[k].line);
	putchar('\n');
}

static void ask(struct user_symbols *u, char *words)
{
	static struct user_place places[10000];
	int pid = (int)strtol(words, &words, 10);
	size_t n = 0;

	while (*words == ' ' && n < sizeof(places) / sizeof(places[0]))
		places[n++] = place_of(pid, strtoull(words + 1, &words, 16));
	user_resolve(u, places, n, 30000000000ull, on_name, NULL);
}

static struct user_symbols *begin(const char *with, const struct ksym_table *kernel)
{
	const struct user_options options = { .inlined = !strcmp(with, "inlined"), .debuginfod = !strcmp(with, "debuginfod"),
					      .kernel = kernel };
	struct user_symbols *u = user_start(&options);

	if (!u)
		exit(1);
	count = 0;
	return u;
}

int main(void)
{
	struct ksym_table *kernel = NULL;
	struct user_symbols *u = begin("", NULL);
	static char line[200000];

	setvbuf(stdout, NULL, _IOLBF, 0);
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		if (!strncmp(line, "map ", 4)) {
			map(u, atoi(line + 4), false);
		} else if (!strncmp(line, "gone ", 5)) {
			map(u, atoi(line + 5), true);
		} else if (!strncmp(line, "ask ", 4)) {
			ask(u, line + 4);
		} else if (!strcmp(line, "inlined") || !strcmp(line, "debuginfod")) {
			user_free(u);
			u = begin(line, NULL);
		} else if (!strncmp(line, "since ", 6)) {
			since = strtoull(line + 6, NULL, 10);
		} else if (!strcmp(line, "kernel")) {
			user_free(u);
			kernel = kernel ? kernel : ksym_load(NULL);
			u = begin(line, kernel);
		} else if (!strcmp(line, "counts")) {
			struct user_counts c = user_counts(u);

			printf("%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", c.asked, c.named, c.deaths, c.late);
		}
	}
	user_free(u);
	ksym_free(kernel);
	return 0;
}
