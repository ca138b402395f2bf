/* SPDX-License-Identifier: GPL-2.0 */
/* A command joins what it shows, what it learns, and where that comes from. */
#ifndef CMD_COMMAND_H
#define CMD_COMMAND_H

#include "args/args.h"
#include "model/model.h"
#include "source/source.h"
#include "view/view.h"

struct command {
	const struct show *show;
	const struct model_type *model;
	const struct source_type *source;
	/* What options mean together, defaults that depend on others. -1: e is filled. NULL: nothing to check. */
	int (*check)(struct args *a, struct error *e);
	/* The format where none is given, of a replay too; NULL: as it is. */
	void (*choose)(struct args *a);
	/* Words on stderr when tracing has begun; NULL: none. */
	void (*announce)(const struct args *a, const struct model *m);
	/* Words on stderr at the end of a run that went well; NULL: none. */
	void (*conclude)(const struct args *a, const struct model *m);
	/* Is something missing, for --strict? */
	bool (*lost)(const struct model *m);
	/* Exit status where nothing failed; NULL: 0. */
	int (*status)(const struct model *m);
};

/* By enum command_id; NULL for those that are no views (completion). */
extern const struct command *const commands[COMMAND_COUNT];

/* The one loop.  Returns the exit status; errors are printed. */
int run(const struct command *c, struct args *a);

#endif
