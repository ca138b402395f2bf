/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VIEW_ROWS_HIST_H
#define VIEW_ROWS_HIST_H

#include "model/hist.h"
#include "view/view.h"

extern const struct row_type row_hist, row_hist_start, row_hist_end, event_oom;
extern const struct text_page page_hist;
/* An OOM kill, as an event. */
const struct row_type *hist_event(const struct model *m, const struct input *in, const void **row);

extern const char *const hist_region_names[MMT_REGIONS + 1]; /* the last: none of them */
extern const char *const hist_migrate_names[6];
/* What key `which` (0, 1) of a line stands for, in words; "-": its events do not say so. */
const char *hist_key_text(const struct hist_line *l, int which, const struct tick *t);
/* Do the events of this op give no sizes? */
bool hist_sizes_unknown(uint8_t domain, uint8_t op);
/* An OOM kill as a sentence. */
void oom_text(FILE *f, const struct mmt_oom *o, const char *cause, uint64_t t0);

#endif
