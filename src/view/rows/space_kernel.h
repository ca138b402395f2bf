/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VIEW_ROWS_SPACE_KERNEL_H
#define VIEW_ROWS_SPACE_KERNEL_H

#include "model/space.h"
#include "view/field.h"

extern const struct row_type row_region, row_place;

#endif
