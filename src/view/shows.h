/* SPDX-License-Identifier: GPL-2.0 */
/* What each command shows, live and replayed. */
#ifndef VIEW_SHOWS_H
#define VIEW_SHOWS_H

#include "view/format.h"

extern const struct show show_live, show_trace, show_flame, show_hist, show_leak, show_top, show_layout, show_doctor;

#endif
