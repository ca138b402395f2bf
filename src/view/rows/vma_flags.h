/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VIEW_ROWS_VMA_FLAGS_H
#define VIEW_ROWS_VMA_FLAGS_H

struct tick;

/* VmFlags of smaps ("rd mr gd") in words. */
const char *vma_flags_spelled(const char *flags, const struct tick *t);

#endif
