/* SPDX-License-Identifier: GPL-2.0 */
/* A view: one format written to one place.  Several may look at one model, none
 * writes it.  Rows reach the format through here (and through group.c). */
#ifndef VIEW_VIEW_H
#define VIEW_VIEW_H

#include "view/format.h"

/* model and show must outlive it; opt's texts too.  out may be set later, before view_start(). */
struct view *view_new(const struct format *format, const struct show *show, const struct model *model,
		      const struct view_options *opt);
void view_free(struct view *v); /* takes NULL; out stays open */

void view_start(struct view *v);
void view_event(struct view *v, const struct row_type *type, const void *row);
/* After the model has had its INPUT_TICK. */
void view_tick(struct view *v);
/* Before INPUT_RETAIN: rows that may be merged are handed over first, where the format wants changes. */
void view_before_retain(struct view *v);
/* After it. */
void view_after_retain(struct view *v);
/* After the last INPUT_TICK. */
void view_end(struct view *v);

#endif
