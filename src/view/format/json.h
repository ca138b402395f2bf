/* SPDX-License-Identifier: GPL-2.0 */
/* Values and fields as JSON, for all formats that write some. */
#ifndef VIEW_FORMAT_JSON_H
#define VIEW_FORMAT_JSON_H

#include "view/format.h"

void json_value(struct json *j, const char *key, const struct value *v, enum unit unit);
void json_nest(struct json *j, const char *key, const struct nest *n);
/* All fields of a row that are data, as keys of the object that is open; of both types, of
 * which each may be NULL. */
void json_fields(struct json *j, const struct row_type *type, const struct row_type *more, const void *row,
		 const struct tick *t);

#endif
