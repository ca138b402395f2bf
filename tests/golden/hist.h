/* SPDX-License-Identifier: GPL-2.0 */
#ifndef GOLDEN_HIST_H
#define GOLDEN_HIST_H

#include <stdbool.h>

/* Shows hist or hist-json; false: the view is another. */
bool golden_hist(const char *view);

#endif
