/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VIEW_ROWS_DOCTOR_H
#define VIEW_ROWS_DOCTOR_H

#include "model/doctor.h"
#include "view/format.h"

extern const struct row_type row_candidate, row_machine, row_doctor_end;
extern const struct text_page page_doctor;

#endif
