/* SPDX-License-Identifier: GPL-2.0 */
/* --by KEY[,KEY]: rows that agree in one or two labels become one, for every
 * command and format.  Fields are merged as they say (enum merge). */
#ifndef VIEW_GROUP_H
#define VIEW_GROUP_H

#include "view/format.h"

struct group;

/* table: the row type, NULL: the main one.  by was checked by group_check().
 * busy_only: rows that are quiet (row_type.quiet) are left out, as people's tables do. */
struct group *group_new(const struct show *show, const char *table, const char *by, bool busy_only);
/* For a table without --columns: what it cannot show, and is not sorted by, is not merged. */
void group_narrow(struct group *g, const char *sort);
void group_free(struct group *g); /* takes NULL */
/* NULL: by is fine; else why not, of the given type. */
const char *group_check(const struct row_type *type, const char *by);
/* The same for a user, who may have asked for keys of different row types. */
const char *group_refusal(const struct show *show, const struct row_type *type, const char *by);
/* The type of its rows, before there are any. */
const struct row_type *group_type(const struct group *g);
/* Groups what the model holds now; the one row type of groups, and NULL. It and
 * its rows hold until the next call. */
const struct row_type *const *group_types(struct group *g, const struct model *m, const struct tick *t);
/* What its each() wants as the model. */
const struct model *group_model(const struct group *g);

#endif
