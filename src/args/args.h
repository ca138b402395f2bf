/* SPDX-License-Identifier: GPL-2.0 */
/* What the command line says.  One table (options.def) serves all commands, so one
 * struct holds what any of them may be given; a command refuses what is not its own. */
#ifndef ARGS_ARGS_H
#define ARGS_ARGS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "base/error.h"
#include "probe/hook.h"

enum command_id {
#define COMMAND(ID, name, words, help, more) COMMAND_##ID,
#include "args/commands.def"

#define OPTION_ROWS 128 /* of options.def at most */
#undef COMMAND
	COMMAND_COUNT
};

struct command_text { const char *name, *words, *help, *more; };
extern const struct command_text command_texts[COMMAND_COUNT];

#define TARGET_MAX 256 /* processes that a list may name */
#define ALSO_MAX 16
#define WORDS_MAX 32

struct id_list { pid_t id[TARGET_MAX]; int count; };

struct target_args {
	struct id_list pids, tids;
	bool all, no_follow;
	const char *cgroup; /* directory, or NULL */
	char **command;     /* NULL, or CMD ARGS NULL */
	char *shell[4];     /* command, if it is one line for the shell */
};

struct time_args {
	uint64_t duration_ns, interval_ns, count; /* 0: not given */
	bool interval_given; /* a command may set a default */
};

struct also { const char *format, *path; };

struct show_args {
	const char *format; /* of the main output; "text" if none is given */
	const char *by, *sort, *columns, *table, *output, *record; /* NULL: not given */
	struct also also[ALSO_MAX];
	int also_count;
	int top; /* -1: not given */
	bool ascii, no_color, quiet, strict;
};

struct probe_args {
	const char *force[HOOK_COUNT]; /* backend forced, or NULL */
	const char *btf;
	uint64_t ring_bytes, control_bytes; /* 0: default */
	uint32_t rows, sample;              /* 0: not given */
	bool verbose;
};

struct address_range { uint64_t from, to; /* to 0: all */ };

struct fault_args {
	struct id_list expand;
	uint32_t classes; /* bit per enum mmt_class; 0: all */
	bool classes_help;
	struct address_range range;
	bool major, no_processes; /* of trace: what is shown */
	uint64_t min_latency_ns;  /* 0: all */
	struct id_list only;      /* processes; none: all */
	const char *path;         /* glob; NULL: all */
	bool aggregate;
	double max_overhead; /* percent; 0: no limit */
};

/* Call stacks. mode: enum mmt_stack_mode. */
struct stack_args {
	bool user, kernel, both, debuginfod; /* both: -g */
	uint32_t depth, mode; /* depth 0: the most */
	const char *weight;   /* of flame; NULL: faults */
};
struct alloc_args { uint64_t min_size, max_size; /* 0: no limit */ const char *module; };
struct hist_args { bool frees, look_through; const char *by; /* --by, taken from show: the kernel splits by it */ };
struct leak_args { uint64_t older_ns; const char *slab; uint32_t entries; bool stacks; };
struct top_args { bool calls; };
struct layout_args {
	bool wide, kernel, pages;
	struct address_range range; /* of --pages and --range */
	uint64_t walk, addr;        /* --walk, --addr, if they were given */
};

struct args {
	enum command_id command;
	int argc;
	char **argv; /* all of it, argv[0] too */
	struct target_args target;
	struct time_args time;
	struct show_args show;
	struct probe_args probe;
	struct fault_args fault;
	struct alloc_args alloc;
	struct stack_args stack;
	struct hist_args hist;
	struct leak_args leak;
	struct top_args top;
	struct layout_args layout;
	const char *words[WORDS_MAX]; /* that are neither INTERVAL nor COUNT */
	int word_count;
	FILE *recording; /* of replay: the file that the word names, opened once (cmd/replay.c) */
	bool help, version;
	bool given[OPTION_ROWS]; /* by row of options.def: it was on the command line */
};

/* The rows of options.def, by the names of their long options. */
struct option_row {
	int short_name;
	const char *name, *arg;
	int (*parse)(const struct option_row *row, char *value, void *member, struct error *e);
	size_t member; /* offset in struct args */
	uint64_t min, max;
	uint32_t commands; /* bits 1 << enum command_id */
	const char *help;
};
extern const struct option_row option_rows[];
extern const int option_count;

/* Parses; 0, or -1 and e filled. argv stays in use. What options mean together is for the
 * command to check (struct command). */
int args_parse(struct args *a, int argc, char **argv, struct error *e);
/* Was that long option on the command line? */
bool args_given(const struct args *a, const char *name);
/* Is the main output for people? */
bool args_text(const struct args *a);
void args_help(enum command_id command);       /* on stdout */
void args_classes_help(void);                  /* the classes of -F, on stdout */
int args_completion(const char *shell, struct error *e); /* on stdout */
/* Fills e for an option that would do nothing; returns -1. */
int args_useless(struct error *e, const char *option, const char *why);

#endif
