/* SPDX-License-Identifier: GPL-2.0 */
#ifndef GOLDEN_TOP_H
#define GOLDEN_TOP_H

#include <stdbool.h>

/* Shows top, top-json, oom or oom-json; false: the view is another. */
bool golden_top(const char *view);

#endif
