/* SPDX-License-Identifier: GPL-2.0 */
/* Do the words of --sort, --columns, --table and --by name what the command shows? */
#ifndef CMD_CHECK_H
#define CMD_CHECK_H

#include "args/args.h"
#include "view/view.h"

/* -1: e is filled. */
int check_show(const struct args *a, const struct show *show, struct error *e);
/* One of them is "help": lists fields or row types on stdout and returns true. */
bool check_help(const struct args *a, const struct show *show);
/* Exactly one kind of target, at most one if none is needed; -1: e is filled. */
int check_target(const struct args *a, bool needed, struct error *e);

#endif
