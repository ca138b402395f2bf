/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VIEW_FORMAT_METRICS_H
#define VIEW_FORMAT_METRICS_H

#include "view/format.h"

/* A label of which there are few values. */
bool metrics_is_label(const struct field *f);
/* All metrics of a row type, with the labels of each row; classic: not OpenMetrics. */
void metrics_put_type(struct view *v, const struct row_type *type, const void **rows, size_t n, bool classic);

#endif
