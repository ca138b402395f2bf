/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VIEW_FORMAT_METRICS_H
#define VIEW_FORMAT_METRICS_H

#include "view/format.h"

/* A label of which there are few values. */
bool metrics_is_label(const struct field *f);
/* What a name ends in, beside the type's and the field's own. */
struct metric { const struct field *field; const char *inner; enum unit unit; bool counter; };
/* HELP, TYPE and UNIT. */
void metrics_put_help(struct view *v, const struct row_type *type, const struct metric *m, bool classic);
/* One line; outer: the value of one label more, named as the field; NULL: none. */
void metrics_put_line(struct view *v, const struct row_type *type, const struct metric *m, const void *row,
		      const char *outer, double number);
/* Of a field whose values are objects of objects ("class"): a metric for each number in them. */
void metrics_put_nested(struct view *v, const struct row_type *type, const struct field *f, const void **rows, size_t n,
			bool classic);
#define SERIES_MAX 1000 /* rows of a type; of the others only their number is written */
/* All metrics of a row type, with the labels of each row; classic: not OpenMetrics. */
void metrics_put_type(struct view *v, const struct row_type *type, const void **rows, size_t n, bool classic);

#endif
