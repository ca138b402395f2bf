/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VIEW_ROWS_TOP_H
#define VIEW_ROWS_TOP_H

#include "model/top.h"
#include "view/format.h"

extern const struct row_type row_top, row_top_end;
extern const struct text_page page_top;

#endif
